"""Signing in over the API: a name and a password against a token of one hour, bound to one tenant.

    POST /api/v1/security/login   {"username": ..., "password": ..., "tenant": "acme", "scopes": ["read"]}
    POST /api/v1/security/logout  (with the token: revokes it)

It asks the same places as the sign-in page (our passwords, the directory), and goes through the same throttle.
`tenant` may be left out below `/t/<slug>/` and by members of a single tenant; `scopes` may be left out for everything
the person may do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _

from app.identity.access import PUBLIC, SIGNED_IN, access, without_csrf
from app.identity.api_tokens import issue_token, revoke_token
from app.identity.members import tenant_for
from app.identity.principal import principal
from app.identity.problems import IdentityError
from app.identity.refusal import SignInRefusedError, SignInUnavailableError
from app.identity.replies import not_found, problem
from app.identity.scopes import EVERYTHING
from app.identity.sign_in import check_credentials
from app.identity.throttle import TooManyAttemptsError
from app.identity.views import locked_words
from app.tenancy.paths import SLUG

LIFETIME = timedelta(hours=1)
security_api = Blueprint("security_api", __name__, url_prefix="/api/v1/security")


@security_api.post("/login")
@access(PUBLIC)
@without_csrf
def login() -> Any:
    """Exchange a name and a password for a token."""
    body = _body()
    wrong = _mistake(body)
    if wrong:
        return problem(422, _("Cannot be used"), wrong, "invalid")
    try:
        admitted = check_credentials(body["username"], body["password"], request.remote_addr or "")
    except TooManyAttemptsError as locked:
        return problem(
            429, _("Too many attempts"), locked_words(locked.wait), "too_many_attempts", Retry_After=str(locked.wait)
        )
    except SignInUnavailableError as silent:
        return problem(503, _("Not signed in"), silent.words, "directory_unavailable", Retry_After="10")
    except SignInRefusedError as refused:
        code = "wrong_credentials" if refused.status == 401 else "not_admitted"
        more = {"WWW_Authenticate": 'Bearer realm="tenantry"'} if refused.status == 401 else {}
        return problem(refused.status, _("Not signed in"), refused.words, code, **more)
    return _token(admitted.account_id, body)


@security_api.post("/logout")
@access(SIGNED_IN)
def logout() -> Any:
    """Revoke the token that this request carries."""
    person = principal()
    if person is None or person.token_id is None or not revoke_token(UUID(str(person.token_id)), person.account_id):
        return problem(422, _("Cannot be used"), _("Send the token that is to be revoked."), "no_token")
    return Response(status=204)


def _body() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:  # a thousand brackets: not JSON that anybody means
        return None


def _token(account_id: int, body: dict[str, Any]) -> Any:
    slug = request.environ.get(SLUG) or body.get("tenant")
    tenant_id, found = tenant_for(account_id, slug)
    if tenant_id is None:
        if slug:
            return not_found()
        return problem(422, _("Cannot be used"), _('Name the tenant: {"tenant": "…"}.'), "tenant_missing")
    scopes = body.get("scopes") or [EVERYTHING]
    try:
        token, info = issue_token(account_id, tenant_id, "API sign-in", scopes, LIFETIME, kind="sign_in")
    except IdentityError as refused:
        return problem(422, _("Cannot be used"), refused.message, "invalid")
    answer = jsonify(
        access_token=token,
        token_type="Bearer",  # noqa: S106
        expires_in=int(LIFETIME.total_seconds()),
        expires_at=info.expires_at.isoformat(),
        tenant=found,
        scopes=list(info.scopes),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _mistake(body: Any) -> str:
    """What is wrong with the request's body, empty when nothing is."""
    if not request.is_json or not isinstance(body, dict):
        return str(_("Send a JSON object with username and password."))
    for name in ("username", "password"):
        if not _is_text(body.get(name)) or not body[name]:
            return str(_("“%(name)s” must be a text.", name=name))
    if body.get("tenant") is not None and not _is_text(body["tenant"]):
        return str(_("“%(name)s” must be a text.", name="tenant"))
    scopes = body.get("scopes") or []
    if not isinstance(scopes, list) or not all(map(_is_text, scopes)):
        return str(_("“scopes” must be a list of texts."))
    return ""


def _is_text(value: Any) -> bool:
    """A text of sensible length that can be written as UTF-8: JSON can also spell halves of characters."""
    if not isinstance(value, str) or len(value) > 320:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
