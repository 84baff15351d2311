"""Leaving for another site to sign in there, and coming back: the same for every kind of provider.

What differs is how a provider answers: see `openid_pages` and `saml_pages`.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any, Protocol

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.identity.access import PUBLIC, SIGNED_IN, access
from app.identity.admission import admit
from app.identity.identities import link
from app.identity.pending import MINUTES, begin, take
from app.identity.principal import principal
from app.identity.problems import IdentityError
from app.identity.refusal import SignInRefusedError, SignInUnavailableError
from app.identity.replies import safe_target
from app.identity.resend import FIELD, unpacked
from app.identity.sessions import is_https
from app.identity.sign_in import Admitted, note_sign_in
from app.identity.sign_in_page import Page, sign_in_page
from app.identity.throttle import TooManyAttemptsError, address_key, count_arrival, forgive_address
from app.identity.tokens import new_session_token
from app.identity.views import locked_words, sign_in
from app.identity.ways import Identity, Provider
from app.sso.calling import Disappointed
from app.tenancy.paths import ROOT

log = logging.getLogger(__name__)

EXTENSION = "tenantry.sso"
COOKIE = "tenantry_sign_in"
MOST_TYPED = 64_000
"""What is longer is not carried over another site: the browser keeps a draft of its own."""
sso = Blueprint("sso", __name__)


class Client(Protocol):
    """What we are to one provider. Both methods raise `Disappointed`."""

    provider: Provider
    back: str
    """The last part of the address to which the browser is sent back."""

    def prepare(self) -> None:
        """See whether people can be sent there at all."""

    def address(self, way_back: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in; `nonce` and `verifier` are kept here and compared with the answer."""


@sso.post("/login/<any(oidc, saml):kind>/<key>")
@access(PUBLIC)
def leave(kind: str, key: str) -> BaseResponse | Page:
    """Begin: note what belongs together, and send the browser to the provider."""
    client = client_of(key, kind)
    target, typed = safe_target(request.form.get("next")), unpacked(request.form.get(FIELD))
    packed = typed.packed() if typed else ""
    try:
        count_arrival(address_key(request.remote_addr or ""))
    except TooManyAttemptsError as locked:
        return sign_in_page(
            status=429, target=target, typed=packed, problem=locked_words(locked.wait),
            headers={"Retry-After": str(locked.wait)},
        )  # fmt: skip
    try:
        return _go(client, target, packed)
    except SignInRefusedError as refused:
        return sign_in_page(status=refused.status, target=target, typed=packed, problem=refused.words)


@sso.post("/profile/ways/<key>")
@access(SIGNED_IN)
def add(key: str) -> BaseResponse:
    """Begin in the same way, to add the provider to one's own account."""
    person = principal() or abort(401)
    try:
        return _go(client_of(key), url_for("profile.show"), account_id=person.account_id)
    except SignInRefusedError as refused:
        flash(refused.words, "danger")
        return redirect(url_for("profile.show"), 303)


def begun_here(client: Client, state: str) -> Any:
    """What was noted when this browser left, once. Raises `SignInRefusedError` when it did not, or long ago."""
    begun = take(state, client.provider.way, request.cookies.get(_cookie(), "-"))
    if begun is None:
        raise SignInRefusedError(
            _("This sign-in was begun in another browser, has been used, or took too long. Begin again."), 400
        )
    return begun


def come_in(identity: Identity, begun: Any) -> BaseResponse:
    """Go on as whom the provider names, or add it to the account that asked. Raises `SignInRefusedError`."""
    if begun.account_id is not None:
        return _add(identity, begun.account_id, begun.target)
    admitted = Admitted(admit(identity), identity.way)
    forgive_address(address_key(request.remote_addr or ""))
    note_sign_in(admitted, request.remote_addr or "")
    return sign_in(admitted, begun.target, unpacked(begun.typed))


def turned_away(refused: SignInRefusedError, begun: Any = None) -> BaseResponse | Page:
    """The page that says why; what was typed and where one wanted to go stay on it."""
    if begun is None:
        return sign_in_page(status=refused.status, problem=refused.words)
    if begun.account_id is not None:
        flash(refused.words, "danger")
        return redirect(begun.target, 303)
    return sign_in_page(status=refused.status, target=begun.target, typed=begun.typed, problem=refused.words)


def refusal(client: Client, error: Disappointed) -> SignInRefusedError:
    """A provider's failure in words for people; what it was stands in the log."""
    log.error("The provider %s cannot be used: %s", client.provider.key, error)
    return SignInUnavailableError(client.provider.label) if error.silent else unverified(client)


def unverified(client: Client) -> SignInRefusedError:
    """What it says may be somebody else's invention."""
    words = _("What %(name)s says cannot be verified. Begin again, or tell the operator.", name=client.provider.label)
    return SignInRefusedError(words, 400)


def not_there(client: Client) -> SignInRefusedError:
    """The provider itself says no: a wrong password there, a button to cancel."""
    return SignInRefusedError(_("You were not signed in at %(name)s.", name=client.provider.label), 403)


def client_of(key: str, kind: str = "") -> Any:
    """The client of a provider, of this kind when one is named; else 404."""
    clients: dict[str, Client] = current_app.extensions[EXTENSION]
    found = clients.get(key)
    if found is None or kind not in ("", found.provider.kind):
        abort(404)
    return found


def way_back(client: Client) -> str:
    """What is registered at the provider: at the host where people are, for the cookie of their session is its own."""
    scheme, provider = "https" if is_https() else "http", client.provider
    root = request.environ.get(ROOT, "")
    return f"{scheme}://{request.host}{root}/login/{provider.kind}/{provider.key}/{client.back}"


def _go(client: Client, target: str, typed: str = "", account_id: int | None = None) -> BaseResponse:
    """A page that leads on by itself: browsers forbid a form of ours to end at another site, even by a redirect."""
    browser = request.cookies.get(_cookie()) or new_session_token()
    nonce, verifier = new_session_token(), secrets.token_urlsafe(48)
    try:
        client.prepare()
        state = begin(
            client.provider.way,
            browser=browser,
            account_id=account_id,
            nonce=nonce,
            verifier=verifier,
            target=target,
            typed=typed if len(typed) <= MOST_TYPED else "",
        )
        address = client.address(way_back(client), state, nonce, verifier)
    except Disappointed as error:
        raise refusal(client, error) from error
    page = render_template("identity/leaving.html", name=client.provider.label, address=address)
    response = make_response(page, 200, {"Refresh": f"0; url={address}", "Cache-Control": "no-store"})
    response.set_cookie(
        _cookie(), browser, max_age=MINUTES * 60, path="/", httponly=True, samesite="Lax", secure=is_https()
    )
    return response


def _add(identity: Identity, account_id: int, target: str) -> BaseResponse:
    person = principal()
    if person is None or person.account_id != account_id:
        raise SignInRefusedError(_("You were signed out meanwhile. Begin again."), 400)
    try:
        link(account_id, identity)
    except IdentityError as refused:
        raise SignInRefusedError(refused.message, 403) from refused
    flash(_("From now on you can sign in that way too."), "success")
    return redirect(target, 303)


def _cookie() -> str:
    """`__Host-` keeps neighbouring hosts from planting one."""
    return f"__Host-{COOKIE}" if is_https() else COOKIE
