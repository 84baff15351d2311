"""Who was refused: told to the tenants concerned, after the answer is sent, in a transaction of its own.

It is kept from becoming a weapon: one person is told of once a minute for the same thing and a limited number of times
an hour in each process, so nobody can fill a log; and the work is done when the caller already has the answer, so the
time of an answer does not say whether an account exists.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Lock

from blinker import ANY
from flask import Flask, Response, current_app, g, request
from sqlalchemy import select

from app.audit.changes import Remark
from app.audit.collecting import notice
from app.data import platform_session
from app.data.scope import current_scope, enter_scope, leave_scope
from app.identity.principal import Principal
from app.identity.refusal import sign_in_refused
from app.identity.who import Who
from app.tenancy.models import Membership

log = logging.getLogger(__name__)

SAME_THING_SECONDS = 60
AN_HOUR = 3600
MOST_AN_HOUR = 60
_MOST_PEOPLE = 10_000


class Brake:
    """How often somebody is told of in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._seen: dict[object, list[tuple[float, str]]] = {}

    def lets_through(self, who: object, what: str) -> bool:
        """Whether this is to be told: not the same thing again within a minute, not too much within an hour."""
        now = self._clock()
        with self._lock:
            told = [one for one in self._seen.get(who, ()) if one[0] > now - AN_HOUR]
            again = any(at > now - SAME_THING_SECONDS and thing == what for at, thing in told)
            if again or len(told) >= MOST_AN_HOUR:
                return False
            if len(self._seen) >= _MOST_PEOPLE:
                self._seen.clear()
            self._seen[who] = [*told, (now, what)]
            return True


def init_refusals(app: Flask) -> None:
    """Listen to sign-ins that fail and to answers that refuse."""
    brake = app.extensions["tenantry.refusals"] = Brake()

    @sign_in_refused.connect_via(ANY)
    def refused(_sender: object, account_id: int, reason: str) -> None:
        if current_app._get_current_object() is app and brake.lets_through(account_id, reason):  # type: ignore[attr-defined]
            g.tenantry_sign_in_refused = (account_id, f"access.sign_in_{reason}")

    app.after_request(_look_at)


def _look_at(response: Response) -> Response:
    """Tell of a refusal once the answer has been sent."""
    attempt = g.pop("tenantry_sign_in_refused", None)
    if attempt is not None:
        _tell_later(response, lambda: _tell_of_sign_in(*attempt))
    elif response.status_code in (403, 404):
        _look_at_person(response)
    return response


def _look_at_person(response: Response) -> None:
    who: Who | None = g.get("tenantry_who")
    person = who.principal if who is not None else None
    if who is None or person is None or who.tenant is None:
        return
    if response.status_code == 404 and who.belongs:
        return  # a record that is not there, or an address that never was
    brake: Brake = current_app.extensions["tenantry.refusals"]
    if not brake.lets_through(person.uid, f"{who.tenant.id} {request.endpoint}"):
        return
    action = "access.forbidden" if who.belongs else "access.stranger"
    remark = Remark(who.tenant.id, action, details={"method": request.method, "path": request.path[:500]})
    # An outsider's name is none of this tenant's business: the account's id is enough to ask the operator.
    _tell_later(response, lambda: _tell([remark]), person if who.belongs else None)


def _tell_later(response: Response, tell: Callable[[], None], person: Principal | None = None) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    environ, scope = dict(request.environ), replace(current_scope(), tenant_id=None)

    def work() -> None:
        try:
            # The request's own context is gone by then; its facts (address, request id) are not.
            with app.request_context(environ):
                g.tenantry_principal = person
                token = enter_scope(scope)
                try:
                    tell()
                finally:
                    leave_scope(token)
        except Exception:
            log.exception("A refusal could not be written to the audit log.")

    response.call_on_close(work)


def _tell(remarks: Iterable[Remark]) -> None:
    with platform_session("a refusal is told although its request was rolled back") as session:
        notice(session, remarks)


def _tell_of_sign_in(account_id: int, action: str) -> None:
    """To every tenant the account is a live member of; without one, the structured log alone has it. Whoever typed is
    unknown, so the account is what it is about, not who did it."""
    with platform_session("a sign-in concerns every tenant of the account") as session:
        wanted = select(Membership.tenant_id, Membership.account_uid, Membership.name).where(
            Membership.account_id == account_id, Membership.is_active, Membership.left_at.is_(None)
        )
        for tenant_id, uid, name in session.execute(wanted).all():
            notice(session, [Remark(tenant_id, action, label=name, details={"account": str(uid)})])
