"""The door of every request: find out who asks, enter the tenant's scope, refuse what is not declared as allowed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, make_response, request
from werkzeug.wrappers import Response

from app.data.scope import Scope, enter_scope, leave_scope
from app.identity.access import OPERATOR, PUBLIC, SIGNED_IN, rule_of
from app.identity.principal import Principal
from app.identity.replies import ask_to_sign_in, forbidden, is_api, not_found, unavailable
from app.identity.resend import ask_to_sign_in_again, typed_form
from app.identity.sessions import COOKIE
from app.identity.tokens import API_TOKEN_PREFIX
from app.identity.ways import PROXY, ways
from app.identity.who import Who, find_who
from app.tenancy.paths import SLUG

log = logging.getLogger(__name__)

Decide = Callable[[str, str], Any]
"""`decide("contacts.contact", "read")` -> an object with `allowed` and `reason` (see `app.features.can`)."""
_DECIDE = "tenantry.decide"
NOBODY = Who(None, None)


def init_gate(app: Flask, decide: Decide | None = None) -> None:
    """Guard every request of the application. Must be called before anything else registers a `before_request`."""
    if decide is not None:
        use_decision(app, decide)
    app.before_request(open_door)
    app.teardown_request(close_door)


def use_decision(app: Flask, decide: Decide) -> None:
    """Let `app.features.can` decide about resources; without it a permission alone is enough."""
    app.extensions[_DECIDE] = decide


def open_door() -> Response | None:
    """Resolve the caller, enter the scope, enforce the view's rule."""
    endpoint = request.endpoint
    rule = rule_of(current_app, endpoint) if endpoint else PUBLIC
    if rule == PUBLIC and not request.environ.get(SLUG):
        g.tenantry_identify = lambda: identify(PUBLIC).principal
        _enter(NOBODY)
        return None
    who = identify(rule)
    if rule == PUBLIC and is_for_strangers():
        who = Who(None, who.tenant)
    g.tenantry_who = who
    person = g.tenantry_principal = who.principal
    _enter(who)
    if rule == PUBLIC:
        return not_found() if endpoint and _is_lost(who) else None
    if person is None:
        typed = None if is_api() else typed_form()
        return make_response(ask_to_sign_in_again(typed)) if typed else ask_to_sign_in()
    if _is_lost(who):
        return not_found()
    if rule is None:
        log.error("The view %s declares no access rule, so nobody may call it.", endpoint)
        return forbidden()
    return _enforce(rule, person)


def close_door(_error: BaseException | None = None) -> None:
    """Leave the scope that this request entered."""
    token = g.pop("tenantry_scope", None)
    if token is not None:
        leave_scope(token)


def identify(rule: str | None) -> Who:
    """Ask the database who this is, unless nothing that was sent can name anybody."""
    bearer = bearer_token()
    cookie = None if bearer else request.cookies.get(COOKIE)
    slug = request.environ.get(SLUG)
    host = None if slug else tenant_host()
    if bearer and not bearer.startswith(API_TOKEN_PREFIX):
        return NOBODY
    if not (bearer or cookie) and (rule != PUBLIC or not (slug or host)):
        return NOBODY
    who = find_who(cookie, bearer, slug, host)
    return who if still_vouched_for(who.principal) else Who(None, who.tenant)


def still_vouched_for(person: Principal | None) -> bool:
    """Whether a session that the proxy's word began has that word behind this request too: neither another person at
    the same browser nor anybody past the proxy goes on with it."""
    if person is None or person.way != PROXY:
        return True
    named = ways().asserted()
    return named is not None and (person.email == named.email or person.username == named.username)


def bearer_token() -> str | None:
    """The token of `Authorization: Bearer ...`; empty-handed for every other scheme."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def tenant_host() -> str | None:
    """The host name of the request when it may belong to a tenant: not the platform's own, no bare number or word."""
    host = (urlsplit(f"//{request.host}").hostname or "").lower()
    settings = current_app.config.get("TENANTRY")
    own = urlsplit(getattr(settings, "public_url", "")).hostname
    may_be = "." in host and not host.replace(".", "").isdigit() and host != own
    return host[:253] if may_be else None


def decide(resource: str, verb: str) -> Any:
    """The decision of `app.features.can`, or of the permissions alone where it is not installed."""
    return current_app.extensions.get(_DECIDE, _by_permission)(resource, verb)


class _Plain:
    """The decision of permissions alone."""

    def __init__(self, allowed: bool) -> None:
        self.allowed = allowed
        self.reason = ""


def _by_permission(resource: str, verb: str) -> _Plain:
    person = g.get("tenantry_principal")
    return _Plain(person is not None and person.may(resource, verb))


def _enter(who: Who) -> None:
    person = who.principal
    tenant = person.tenant if person else who.tenant
    entered = Scope(
        tenant_id=tenant.id if tenant else None,
        actor_id=person.uid if person else None,
        via="rest" if is_api() else "screen",
        request_id=g.get("request_id") or request.environ.get("tenantry.request_id"),
    )
    g.tenantry_scope = enter_scope(entered)


def is_for_strangers() -> bool:
    """Whether a plugin offers this page to strangers (`/crm/public/...`): there everybody is one, so that members see
    what their visitors see."""
    return request.path.split("/")[2:3] == ["public"]


def _is_lost(who: Who) -> bool:
    """A tenant was named and it does not exist, or the person is not a member of it."""
    if request.environ.get(SLUG) and who.tenant is None:
        return True
    return who.tenant is not None and who.principal is not None and not who.belongs


def _has_on(person: Principal, resource: str) -> bool:
    return person.tenant is not None and resource.partition(".")[0] in person.tenant.plugins


def _enforce(rule: str, person: Principal) -> Response | None:
    if person.token_id is not None and (person.tenant is None or not is_api()):
        # A token is for programs and for its own tenant; it never opens a screen.
        return not_found() if person.tenant is None else forbidden()
    if rule == SIGNED_IN:
        return None
    if rule == OPERATOR:
        return None if person.is_operator else forbidden()
    if person.tenant is None and not person.is_operator:
        return not_found()
    resource, _, verb = rule.rpartition(".")
    decision = decide(resource, verb)
    if decision.allowed:
        return None
    if getattr(decision, "gate", "") == "installed" and _has_on(person, resource):
        return unavailable(str(decision.reason))
    # What is switched off, or lives in no tenant, is not there; what a role lacks is there and refused.
    if getattr(decision, "gate", "") in ("installed", "plugin", "tenant", "switch", "flag"):
        return not_found()
    return forbidden(str(decision.reason or ""))
