"""The way back from an OpenID provider: once, in the browser that left, with a code exchanged for who this is."""

from __future__ import annotations

import logging

from flask import Blueprint, request
from werkzeug.wrappers import Response as BaseResponse

from app.identity.access import PUBLIC, access
from app.identity.refusal import SignInRefusedError
from app.identity.sign_in_page import Page
from app.identity.ways import Identity
from app.sso.calling import Disappointed
from app.sso.openid import OpenId
from app.sso.pages import begun_here, client_of, come_in, not_there, refusal, turned_away, way_back

log = logging.getLogger(__name__)

openid = Blueprint("openid", __name__)


@openid.get("/login/oidc/<key>/callback")
@access(PUBLIC)
def arrive(key: str) -> BaseResponse | Page:
    """Where the provider sends the browser."""
    client: OpenId = client_of(key, "oidc")
    begun = None
    try:
        begun = begun_here(client, request.args.get("state", ""))
        return come_in(_identity(client, begun.nonce, begun.verifier), begun)
    except SignInRefusedError as refused:
        return turned_away(refused, begun)


def _identity(client: OpenId, nonce: str, verifier: str) -> Identity:
    """Who came back. Raises `SignInRefusedError`."""
    if request.args.get("error"):
        log.warning("sign-in refused: %s says %s", client.settings.name, request.args["error"][:100])
        raise not_there(client)
    try:
        client.check_issuer(request.args.get("iss"))
        return client.identity(request.args.get("code", ""), way_back(client), nonce, verifier)
    except Disappointed as error:
        raise refusal(client, error) from error
