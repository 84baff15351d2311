"""Running a handler: what it writes, the note that it ran and the end of its job are one transaction.

So a worker that is killed at any moment leaves an effect once or not at all. An error is kept with the event, and tried
again with growing pauses; when the attempts are used up, the event waits for a person and the next one of its aggregate
goes on.
"""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.data import Record, current_tenant_id, db, utcnow
from app.data.scope import current_scope, enter_scope, leave_scope
from app.data.session import EXPLICIT
from app.events.coding import load
from app.events.models import DEAD, DONE, WAITING, DomainEvent, EventHandling
from app.events.relay import JOB, hand_over
from app.host import JobRun, Occurrence, registry
from app.host.at_work import working
from app.jobs import enqueue
from app.jobs.person import refused_here

log = logging.getLogger(__name__)
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 3600.0


Found = tuple[EventHandling, DomainEvent]


def handle(run: JobRun, *handling_ids: str) -> None:
    """The job of one handler and one event, or a handful of them: together, or, when one fails, each by itself.

    Events are settled last, because another handler's job may wait for the same ones.
    """
    session = db.session()
    found = _waiting(session, [UUID(one) for one in handling_ids])
    if len(found) > 1 and _together(session, found):
        settle(session, [event for _handling, event in found])
        return
    handled = [event for handling, event in found if _handle(session, handling, event)]
    settle(session, handled)


def _waiting(session: Session, ids: Sequence[UUID]) -> list[Found]:
    """What is still to be done, held until it is, in the order of its events."""
    found = session.execute(
        select(EventHandling, DomainEvent).join(DomainEvent, DomainEvent.id == EventHandling.event_id)
        .where(EventHandling.id.in_(ids), EventHandling.state == WAITING)
        .order_by(DomainEvent.told_at, DomainEvent.id).with_for_update(of=EventHandling)
    )  # fmt: skip
    return [(row[0], row[1]) for row in found]


def _together(session: Session, found: Sequence[Found]) -> bool:
    """Run a handler on many events in one savepoint. False, and nothing is written, when one of them cannot be handled.

    What the events tell of is read at once, so that a handler that asks for it need not go to the database.
    """
    if any(_why_not(handling, event) for handling, event in found):
        return False
    read = _aggregates(session, [event for _handling, event in found])
    try:
        with session.begin_nested():
            for handling, event in found:
                _run(handling, event)
    except Exception:  # whose it was is found out, and told, when each runs by itself
        return False
    finally:
        read.clear()
    _done(session, [handling for handling, _event in found])
    return True


def _aggregates(session: Session, events: Sequence[DomainEvent]) -> list[Record]:
    """The records that events tell of, as far as they are there; the session knows them as long as they are held."""
    ids: dict[str, set[UUID]] = defaultdict(set)
    for event in events:
        if event.aggregate_id is not None and event.aggregate_type in registry().entries:
            ids[event.aggregate_type].add(event.aggregate_id)
    models = {kind: registry().entries[kind].model for kind in ids}
    return [
        row for kind, model in models.items() for row in session.scalars(select(model).where(model.id.in_(ids[kind])))
    ]


def _handle(session: Session, handling: EventHandling, event: DomainEvent) -> bool:
    """Run a handler on its event. Is it through with it, for good or ill?"""
    reason = _why_not(handling, event)
    if reason:
        _bury(handling, reason)
    elif _attempt(session, handling, event):
        _done(session, [handling])
        return True
    session.flush()
    return handling.state != WAITING


def _why_not(handling: EventHandling, event: DomainEvent) -> str:
    """Why the handler cannot run here, in words; empty when it can."""
    listener = registry().happenings.listeners.get(handling.handler)
    if listener is None or event.name not in registry().happenings.types:
        return str(_("The plugin that told or wanted this event is not installed any more."))
    return refused_here(handling.handler) or ""


_DONE = text("""
    UPDATE event_handling SET state = 'done', attempts = attempts + 1, done_at = now(), due_at = NULL,
        version = version + 1, updated_at = now() WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[]))""")


def _done(session: Session, handlings: Sequence[EventHandling]) -> None:
    session.execute(_DONE, {"tenant": current_tenant_id(), "ids": [one.id for one in handlings]})


def _run(handling: EventHandling, event: DomainEvent) -> None:
    told = Occurrence(
        event.id, event.name, event.created_at, event.aggregate_type, event.aggregate_id, event.created_by,
        handling.attempts + 1, event.request_id,
    )  # fmt: skip
    kind = registry().happenings.types[event.name].event
    listener = registry().happenings.listeners[handling.handler]
    with working(listener.plugin), _under(event.request_id):
        listener.handler.run(load(kind, event.payload), told)
        if listener.handler.batch == 1:  # many together write together, and lead to nothing further
            db.session.flush()


@contextmanager
def _under(request_id: str | None) -> Iterator[None]:
    """What a handler does is the doing of whatever led to its event."""
    token = enter_scope(replace(current_scope(), request_id=request_id))
    try:
        yield
    finally:
        leave_scope(token)


def _attempt(session: Session, handling: EventHandling, event: DomainEvent) -> bool:
    """Run it in a savepoint, so that an error takes its writes back and can be noted all the same. Did it succeed?"""
    try:
        with session.begin_nested():
            _run(handling, event)
    except Exception as error:
        log.warning("The handler %s failed on the event %s.", handling.handler, event.id, exc_info=error)
        attempts = registry().happenings.listeners[handling.handler].handler.attempts
        _note(handling, attempts, f"{type(error).__name__}: {error}"[:2000])
        return False
    return True


def _note(handling: EventHandling, attempts: int, error: str) -> None:
    handling.attempts += 1
    if handling.attempts >= attempts:
        _bury(handling, error)
        return
    pause = pause_after(handling.attempts)
    handling.last_error, handling.due_at = error, utcnow() + timedelta(seconds=pause)
    enqueue(JOB, handling.id, delay=pause)


def _bury(handling: EventHandling, error: str) -> None:
    handling.state, handling.last_error, handling.due_at = DEAD, error, None


def pause_after(attempts: int) -> float:
    """Seconds before the next attempt: four times as long each time, and scattered."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 4.0 ** (attempts - 1)) * random.uniform(0.8, 1.2)  # noqa: S311


_LOCK = text("""
    SELECT FROM domain_event WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[]))
    ORDER BY told_at, id FOR UPDATE""")
_SETTLE = text("""
    UPDATE domain_event e SET settled_at = now(), version = version + 1, updated_at = now(),
        state = CASE WHEN EXISTS (SELECT FROM event_handling h WHERE h.tenant_id = e.tenant_id
                                  AND h.event_id = e.id AND h.state = 'dead') THEN 'dead' ELSE 'done' END
    WHERE e.tenant_id = :tenant AND e.id = ANY(CAST(:ids AS uuid[])) AND e.state = 'running'
      AND NOT EXISTS (SELECT FROM event_handling h WHERE h.tenant_id = e.tenant_id
                      AND h.event_id = e.id AND h.state = 'waiting')
    RETURNING e.aggregate_type, e.aggregate_id, EXISTS (
        SELECT FROM domain_event n WHERE n.tenant_id = e.tenant_id AND n.state = 'waiting'
        AND n.aggregate_type = e.aggregate_type AND n.aggregate_id = e.aggregate_id)""")


def settle(session: Session, events: Sequence[DomainEvent]) -> None:
    """Events whose last handler is through are settled, and the next ones of their aggregates go on."""
    if not events:
        return
    these = {"tenant": current_tenant_id(), "ids": [event.id for event in events]}
    session.execute(_LOCK, these)  # before the look: of two handlers that end at once, the second one sees the first
    for kind, key, has_next in session.execute(_SETTLE, these).all():
        if has_next and key is not None:
            hand_over(session, (kind, key))


_LOST = text("""
    SELECT h.id FROM event_handling h
    WHERE h.state = 'waiting' AND h.tenant_id = :tenant AND coalesce(h.due_at, h.updated_at) < now() - :patience
      AND NOT EXISTS (SELECT FROM job j WHERE j.tenant_id = h.tenant_id AND j.name = 'events.handle'
                      AND j.state IN ('delayed', 'pending', 'leased', 'running') AND j.args @> to_jsonb(h.id::text))
    LIMIT 1000""")
PATIENCE = timedelta(minutes=10)


def bury_lost(session: Session, tenant_id: UUID, patience: timedelta = PATIENCE) -> int:
    """Handlers whose job was parked (it ended its worker three times) or cancelled: they wait for a person."""
    lost = list(session.scalars(_LOST, {"tenant": tenant_id, "patience": patience}))
    for handling in session.scalars(select(EventHandling).where(EventHandling.id.in_(lost)).with_for_update()):
        _bury(handling, _("The job of this handler was parked or cancelled: it is not tried again by itself."))
        session.flush()
        settle(session, [session.get_one(DomainEvent, handling.event_id)])
    return len(lost)


def sweep(run: JobRun) -> int:
    """The job that looks for such handlers in the tenant in force."""
    return bury_lost(db.session(), current_tenant_id())


KEEP = timedelta(days=30)


def purge(run: JobRun) -> int:
    """Forget what was settled well more than a month ago; what failed stays until somebody has looked at it."""
    session = db.session()
    removed = 0
    old = (
        select(DomainEvent.id).where(DomainEvent.state == DONE, DomainEvent.created_at < func.now() - KEEP)
        .order_by(DomainEvent.id).limit(5_000)
    )  # fmt: skip
    while ids := list(session.scalars(old)):
        session.execute(
            DomainEvent.__table__.delete().where(DomainEvent.id.in_(ids)),  # type: ignore[attr-defined]
            execution_options={EXPLICIT: True},
        )
        removed += len(ids)
        run.check()
    return removed
