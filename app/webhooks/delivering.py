"""Sending what waits for one endpoint, in order of its due time, by at most two jobs at a time.

An endpoint that does not answer is left in peace for a while that grows to an hour, so a dead one costs a worker one
request an hour, and nobody else waits. Each delivery has its own schedule of ten attempts over three days.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from app.data import db, utcnow
from app.data.secrets import CannotOpen
from app.events import publish
from app.host import JobRun
from app.outbound import Answer, Forbidden, Unanswered, send
from app.webhooks import signing
from app.webhooks.endpoints import policy, reseal, secrets_of
from app.webhooks.happenings import EndpointDisabled
from app.webhooks.models import (
    ACTIVE,
    DELIVERED,
    DISABLED,
    FAILED,
    IS_WAITING,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from app.webhooks.outbox import give_up, resume

log = logging.getLogger(__name__)

SCHEDULE = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds after each failed attempt; one attempt more than there are pauses."""
LONGEST_REST = 3600.0
PATIENCE = timedelta(days=5)
"""An endpoint that fails for so long, without one success, is switched off."""
CONCURRENCY = 2
"""Requests to one endpoint at the same time."""
LEASE = timedelta(seconds=90)
DEADLINE = 15.0
TURN = 30.0
"""Seconds of one job: then it lets others have their turn and comes back."""
SHOWN_BODY = 4_000
SHOWN_HEAD = 4_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request."""

    ok: bool
    words: str
    answer: Answer | None = None
    retry_after: float = 0
    gone: bool = False

    @property
    def dead(self) -> bool:
        """The endpoint itself is unwell, not merely unhappy with this message."""
        return not self.ok and (self.answer is None or self.answer.status >= 500 or self.answer.status == 429)


def deliver_waiting(run: JobRun, endpoint_id: str) -> int:
    """The job of one endpoint: send what is due, then see that a job comes back for the rest. Returns how many."""
    session, sent = db.session(), 0
    end = time.monotonic() + TURN
    while time.monotonic() < end and (delivery := _take(session, UUID(endpoint_id))) is not None:
        session.commit()  # the lease is visible before anything leaves
        outcome, head = _attempt(session, delivery)
        _note(session, delivery, outcome, head)
        session.commit()
        sent += 1
        run.check()
    _come_back(session, UUID(endpoint_id))
    return sent


def _take(session: Session, endpoint_id: UUID) -> WebhookDelivery | None:
    """Lease the next delivery that is due; the endpoint's row is held meanwhile, so that the count is true."""
    now = func.now()
    resting = WebhookEndpoint.resting_until
    may = select(WebhookEndpoint.id).where(
        WebhookEndpoint.id == endpoint_id, WebhookEndpoint.state == ACTIVE, or_(resting.is_(None), resting <= now)
    )
    if session.scalar(may.with_for_update()) is None or _busy_until(session, endpoint_id) is not None:
        return None
    found = session.scalar(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == endpoint_id, IS_WAITING,
            WebhookDelivery.next_attempt_at <= now,
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < now),
        )
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id).limit(1).with_for_update()
    )  # fmt: skip
    if found is not None:
        found.lease_until = utcnow() + LEASE
    return found


def _busy_until(session: Session, endpoint_id: UUID) -> datetime | None:
    """When the endpoint is asked by as many as it may be: the moment the first of these leases ends."""
    leased = select(WebhookDelivery.lease_until).where(
        WebhookDelivery.endpoint_id == endpoint_id,
        IS_WAITING,
        WebhookDelivery.lease_until > func.now(),
    )
    ends = [one for one in session.scalars(leased) if one is not None]
    return min(ends) if len(ends) >= CONCURRENCY else None


def _attempt(session: Session, delivery: WebhookDelivery) -> tuple[Outcome, str]:
    """Send one request, outside any transaction. Returns what came of it and the head that was sent."""
    endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id)
    url, body = endpoint.url, delivery.body.encode()
    try:
        secrets = secrets_of(endpoint)
    except CannotOpen as error:
        return Outcome(False, str(error)), f"POST {url}"
    signed = signing.headers(secrets, str(delivery.message_id), int(time.time()), body)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Tenantry-Webhooks/1.0", **signed}
    session.commit()
    shown = "\n".join([f"POST {url}", *(f"{name}: {value}" for name, value in headers.items())])
    try:
        return outcome_of(send(policy(), "POST", url, headers, body, deadline=DEADLINE, body_limit=SHOWN_BODY)), shown
    except Forbidden as refusal:
        return Outcome(False, str(refusal)), shown
    except Unanswered as silence:
        return Outcome(False, _("No answer: %(reason)s.", reason=silence)), shown


def outcome_of(answer: Answer) -> Outcome:
    """What an answer means: 2xx alone is success, a redirect is not followed, 410 says that nobody lives there."""
    wait = answer.header("retry-after") if answer.status in (429, 503) else ""
    seconds = float(wait) if wait.isascii() and wait.isdigit() else 0.0
    return Outcome(
        200 <= answer.status < 300, str(answer.status), answer, min(seconds, SCHEDULE[-1]), answer.status == 410
    )


def _note(session: Session, delivery: WebhookDelivery, outcome: Outcome, head: str) -> None:
    delivery.attempts += 1
    delivery.lease_until = None
    delivery.last_status = outcome.answer.status if outcome.answer else None
    session.add(_attempt_row(delivery, outcome, head))
    endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id, with_for_update=True, populate_existing=True)
    if outcome.ok:
        delivery.state, delivery.next_attempt_at = DELIVERED, None
        if endpoint.failures:
            _remember(session, endpoint, failing_since=None, resting_until=None, failures=0)
        return
    _schedule(delivery, outcome)
    _blame(session, endpoint, outcome)


def _schedule(delivery: WebhookDelivery, outcome: Outcome) -> None:
    if delivery.attempts > len(SCHEDULE):
        delivery.state, delivery.next_attempt_at = FAILED, None
        return
    pause = max(SCHEDULE[delivery.attempts - 1] * _scatter(), outcome.retry_after)
    delivery.next_attempt_at = utcnow() + timedelta(seconds=pause)


def _blame(session: Session, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    """Note that the endpoint fails; switch it off when it is gone, or has failed for too long."""
    since, rest = endpoint.failing_since or utcnow(), endpoint.resting_until
    if outcome.dead:
        grown = min(SCHEDULE[0] * 2.0 ** min(endpoint.failures, 20), LONGEST_REST)
        rest = utcnow() + timedelta(seconds=max(grown * _scatter(), outcome.retry_after))
    _remember(session, endpoint, failing_since=since, resting_until=rest, failures=endpoint.failures + 1)
    if outcome.gone:
        disable(session, endpoint, _("It answered 410: nobody lives there any more."))
    elif utcnow() - since > PATIENCE:
        disable(session, endpoint, _("It failed for %(days)s days without one success.", days=PATIENCE.days))


def _remember(session: Session, endpoint: WebhookEndpoint, **values: Any) -> None:
    """Keep how the endpoint fares without a new version of it: a form that is open meanwhile can still be saved."""
    kept = update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint.id).values(**values)
    session.execute(kept, execution_options={"synchronize_session": False})
    session.expire(endpoint)


def disable(session: Session, endpoint: WebhookEndpoint, reason: str) -> None:
    """Switch an endpoint off and tell the tenant: by an event, and on the screens."""
    if endpoint.state == DISABLED:
        return
    endpoint.state, endpoint.disabled_reason = DISABLED, reason
    session.flush()
    give_up(endpoint.id)
    publish(EndpointDisabled(endpoint.id, endpoint.url, reason), endpoint)
    log.warning("The webhook endpoint %s is switched off: %s", endpoint.id, reason)


def _scatter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311


def _attempt_row(delivery: WebhookDelivery, outcome: Outcome, head: str) -> WebhookAttempt:
    answer = outcome.answer
    return WebhookAttempt(
        delivery_id=delivery.id,
        number=delivery.attempts,
        outcome=outcome.words[:255],
        milliseconds=answer.milliseconds if answer else None,
        request_head=head[:SHOWN_HEAD],
        response_head=_plain("\n".join(f"{k}: {v}" for k, v in answer.headers), SHOWN_HEAD) if answer else None,
        response_body=_plain(answer.body.decode("utf-8", "replace"), SHOWN_BODY) if answer else None,
    )


def _plain(text: str, limit: int) -> str:
    """Text that PostgreSQL can hold."""
    return text.replace("\x00", "\ufffd")[:limit]


def _come_back(session: Session, endpoint_id: UUID) -> None:
    """A job for the next delivery that waits, when its time and the endpoint's rest are over."""
    endpoint = session.get(WebhookEndpoint, endpoint_id, populate_existing=True)
    if endpoint is None or endpoint.state != ACTIVE:
        return
    free = func.min(func.greatest(WebhookDelivery.next_attempt_at, WebhookDelivery.lease_until))
    due = func.greatest(free, endpoint.resting_until, _busy_until(session, endpoint_id))
    wait = session.scalar(
        select(case((free.is_not(None), func.extract("epoch", due - func.now())))).where(
            WebhookDelivery.endpoint_id == endpoint_id, IS_WAITING
        )
    )
    if wait is not None:
        resume(endpoint_id, max(0.0, float(wait)))


def sweep(run: JobRun) -> int:
    """Wake endpoints whose deliveries are long overdue (a job of theirs was cancelled, or failed for good), and move
    their secrets to the newest key."""
    reseal()
    session = db.session()
    overdue = (
        select(WebhookDelivery.endpoint_id)
        .distinct()
        .where(IS_WAITING, WebhookDelivery.next_attempt_at < func.now() - timedelta(minutes=5))
    )
    found = list(session.scalars(overdue))
    for endpoint_id in found:
        resume(endpoint_id)
    return len(found)
