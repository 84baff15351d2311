"""The way back from a SAML identity provider, in two steps.

It posts its answer from its own site, so the browser sends us none of its cookies along. What arrives is verified by
itself, kept in the row of the sign-in that it answers, and led on to a page of ours, which the cookie does reach: only
in the browser that began does anybody come in. The first step therefore trusts no cookie, sets none and shows nothing.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.identity.access import PUBLIC, access, without_csrf
from app.identity.pending import nonce_of, vouch
from app.identity.refusal import SignInRefusedError
from app.identity.sign_in_page import Page
from app.identity.views import root_path
from app.identity.ways import Identity
from app.sso.calling import Disappointed
from app.sso.pages import begun_here, client_of, come_in, not_there, refusal, turned_away, unverified, way_back
from app.sso.saml import Saml
from app.sso.saml_response import NotSignedIn

log = logging.getLogger(__name__)

saml = Blueprint("saml", __name__)
_STATE = re.compile(r"[\w-]{20,100}")
_UNASKED, _REFUSED = "unasked", "refused"


@saml.post("/login/saml/<key>/acs")
@access(PUBLIC)
@without_csrf
def answer(key: str) -> BaseResponse:
    """Where the provider has the browser post its answer; always leads on to `arrive`."""
    client: Saml = client_of(key, "saml")
    state = request.form.get("RelayState", "")
    if not _STATE.fullmatch(state):
        return _on(key, said=_UNASKED)
    nonce = nonce_of(state, client.provider.way)
    if nonce is None:
        return _on(key, state)  # Nobody waits for it, or it has come already: nothing is verified twice.
    try:
        found = client.identity(request.form.get("SAMLResponse", ""), way_back(client), nonce)
    except NotSignedIn as no:
        log.warning("sign-in refused: %s says %s", client.settings.name, no)
        return _on(key, state, _REFUSED)
    except Disappointed as error:
        refusal(client, error)
        return _on(key, state)
    vouch(
        state, client.provider.way, subject=found.subject, email=found.email,
        first_name=found.first_name, last_name=found.last_name,
    )  # fmt: skip
    return _on(key, state)


@saml.get("/login/saml/<key>/arrive")
@access(PUBLIC)
def arrive(key: str) -> BaseResponse | Page:
    """The browser comes back by itself: once, where it left, as whoever was verified."""
    client: Saml = client_of(key, "saml")
    said, begun = request.args.get("said"), None
    try:
        if said == _UNASKED:
            name = client.settings.name
            raise SignInRefusedError(_("Sign-ins begin here, not at %(name)s. Choose it below.", name=name), 400)
        begun = begun_here(client, request.args.get("state", ""))
        if begun.vouched is None:
            raise not_there(client) if said == _REFUSED else unverified(client)
        return come_in(Identity(way=client.provider.way, issuer=client.provider.issuer, **begun.vouched), begun)
    except SignInRefusedError as refused:
        return turned_away(refused, begun)


@saml.get("/login/saml/<key>/metadata")
@access(PUBLIC)
def metadata(key: str) -> Response:
    """What the provider's administrator registers."""
    client: Saml = client_of(key, "saml")
    return Response(client.metadata(), mimetype="application/samlmetadata+xml")


def _on(key: str, state: str = "", said: str = "") -> BaseResponse:
    given = {name: value for name, value in (("state", state), ("said", said)) if value}
    return redirect(root_path(f"/login/saml/{key}/arrive?{urlencode(given)}"), 303)
