"""Signing in at an OpenID provider, and adding one to an account: there and back."""

from __future__ import annotations

import logging

from authlib.common.security import generate_token
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
from app.identity.ways import Identity
from app.sso.calling import Disappointed
from app.sso.openid import OpenId
from app.tenancy.paths import ROOT

log = logging.getLogger(__name__)

EXTENSION = "tenantry.openid"
COOKIE = "tenantry_sign_in"
MOST_TYPED = 64_000
"""What is longer is not carried over another site: the browser keeps a draft of its own."""
sso = Blueprint("sso", __name__)


@sso.post("/login/oidc/<key>")
@access(PUBLIC)
def leave(key: str) -> BaseResponse | Page:
    """Begin: note what belongs together, and send the browser to the provider."""
    provider = _provider(key)
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
        return _go(provider, target, packed)
    except SignInRefusedError as refused:
        return sign_in_page(status=refused.status, target=target, typed=packed, problem=refused.words)


@sso.post("/profile/ways/<key>")
@access(SIGNED_IN)
def add(key: str) -> BaseResponse:
    """Begin in the same way, to add the provider to one's own account."""
    person = principal() or abort(401)
    try:
        return _go(_provider(key), url_for("profile.show"), account_id=person.account_id)
    except SignInRefusedError as refused:
        flash(refused.words, "danger")
        return redirect(url_for("profile.show"), 303)


@sso.get("/login/oidc/<key>/callback")
@access(PUBLIC)
def arrive(key: str) -> BaseResponse | Page:
    """The way back: once, in the browser that left, with a code that is exchanged for who this is."""
    provider = _provider(key)
    begun = take(request.args.get("state", ""), provider.provider.way, request.cookies.get(_cookie(), "-"))
    if begun is None:
        words = _("This sign-in was begun in another browser, has been used, or took too long. Begin again.")
        return sign_in_page(status=400, problem=words)
    try:
        identity = _identity(provider, begun.nonce, begun.verifier)
        if begun.account_id is not None:
            return _add(identity, begun.account_id, begun.target)
        admitted = Admitted(admit(identity), identity.way)
    except SignInRefusedError as refused:
        if begun.account_id is not None:
            flash(refused.words, "danger")
            return redirect(begun.target, 303)
        return sign_in_page(status=refused.status, target=begun.target, typed=begun.typed, problem=refused.words)
    forgive_address(address_key(request.remote_addr or ""))
    note_sign_in(admitted, request.remote_addr or "")
    return sign_in(admitted, begun.target, unpacked(begun.typed))


def _go(provider: OpenId, target: str, typed: str = "", account_id: int | None = None) -> BaseResponse:
    """A page that leads on by itself: browsers forbid a form of ours to end at another site, even by a redirect."""
    browser = request.cookies.get(_cookie()) or new_session_token()
    nonce, verifier = new_session_token(), generate_token(64)
    try:
        provider.metadata()
    except Disappointed as error:
        raise _refusal(provider, error) from error
    state = begin(
        provider.provider.way,
        browser=browser,
        account_id=account_id,
        nonce=nonce,
        verifier=verifier,
        target=target,
        typed=typed if len(typed) <= MOST_TYPED else "",
    )
    try:
        address = provider.address(_way_back(provider), state, nonce, verifier)
    except Disappointed as error:
        raise _refusal(provider, error) from error
    page = render_template("identity/leaving.html", name=provider.settings.name, address=address)
    response = make_response(page, 200, {"Refresh": f"0; url={address}", "Cache-Control": "no-store"})
    response.set_cookie(
        _cookie(), browser, max_age=MINUTES * 60, path="/", httponly=True, samesite="Lax", secure=is_https()
    )
    return response


def _identity(provider: OpenId, nonce: str, verifier: str) -> Identity:
    """Who came back. Raises `SignInRefusedError`."""
    name = provider.settings.name
    if request.args.get("error"):
        log.warning("sign-in refused: %s says %s", name, request.args["error"][:100])
        raise SignInRefusedError(_("You were not signed in at %(name)s.", name=name), 403)
    try:
        provider.check_issuer(request.args.get("iss"))
        return provider.identity(request.args.get("code", ""), _way_back(provider), nonce, verifier)
    except Disappointed as error:
        raise _refusal(provider, error) from error


def _refusal(provider: OpenId, error: Disappointed) -> SignInRefusedError:
    name = provider.settings.name
    log.error("The provider %s cannot be used: %s", provider.settings.key, error)
    if error.silent:
        return SignInUnavailableError(name)
    return SignInRefusedError(
        _("What %(name)s says cannot be verified. Begin again, or tell the operator.", name=name), 400
    )


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


def _provider(key: str) -> OpenId:
    providers: dict[str, OpenId] = current_app.extensions[EXTENSION]
    return providers.get(key) or abort(404)


def _way_back(provider: OpenId) -> str:
    """What is registered at the provider: at the host where people are, for the cookie of their session is its own."""
    scheme = "https" if is_https() else "http"
    return f"{scheme}://{request.host}{request.environ.get(ROOT, '')}/login/oidc/{provider.settings.key}/callback"


def _cookie() -> str:
    """`__Host-` keeps neighbouring hosts from planting one."""
    return f"__Host-{COOKIE}" if is_https() else COOKIE
