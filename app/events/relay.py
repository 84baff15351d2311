"""From the outbox to jobs: each event to each of its handlers, one event of an aggregate at a time.

Everything about one tenant happens in one transaction inside that tenant, so a relay that dies leaves nothing half
done, and any number of relays may run: what one of them holds is skipped by the others. The next event of an aggregate
is handed over when the last handler of the one before has settled it (see `handling`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from threading import Event
from typing import Any
from uuid import UUID

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import func, select, text, tuple_, update
from sqlalchemy.orm import Session, aliased

from app.data import Scope, db, platform_session, scope
from app.events.models import DONE, RUNNING, WAITING, DomainEvent, EventHandling
from app.host import registry
from app.host.events import ANY
from app.host.happenings import Listener
from app.jobs import enqueue
from app.jobs.person import refused_here
from app.tenancy.models import TenantPlugin

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.2
"""An empty outbox costs one probe of an index. (NOTIFY would make every commit wait for the one before.)"""
BATCH = 500
"""Events of one tenant that are handed over at once; the next tenant comes after them."""
JOB = "events.handle"

_TENANTS = text("""
    WITH RECURSIVE waiting AS (
        (SELECT tenant_id FROM domain_event WHERE state = 'waiting' ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT e.tenant_id FROM domain_event e WHERE e.state = 'waiting' AND e.tenant_id > w.tenant_id
                ORDER BY e.tenant_id LIMIT 1)
        FROM waiting w WHERE w.tenant_id IS NOT NULL)
    SELECT t.id, t.locale FROM waiting w JOIN tenant t ON t.id = w.tenant_id ORDER BY t.id""")


def relay() -> int:
    """Hand over what waits, a batch of each tenant. Returns how many events were moved on."""
    with platform_session("the relay asks which tenants have events") as session:
        tenants = session.execute(_TENANTS).all()
    moved = 0
    for tenant_id, language in tenants:
        with scope(Scope(tenant_id, via="system")), force_locale(language):
            moved += hand_over(db.session())
            db.session.commit()
    return moved


def run_relay(app: Flask, stop: Event) -> None:
    """Be a relay until `stop` is set. The database may come and go."""
    complained = ""
    while not stop.is_set():
        moved, began = 0, time.monotonic()
        try:
            with app.app_context():
                moved = relay()
            complained = ""
        except Exception as error:
            if type(error).__name__ != complained:
                complained = type(error).__name__
                log.warning("the relay of events waits for the database: %s", complained)
        if moved < BATCH:  # events that wait for others are looked at each time: that may take a fifth of the time
            stop.wait(max(LOOK_SECONDS if not moved else 0.0, 4 * (time.monotonic() - began)))


def hand_over(session: Session, aggregate: tuple[str, UUID] | None = None) -> int:
    """Hand over what may go next in the tenant in force, or of one aggregate. Returns the number of events moved on."""
    wanted = wanted_here(session)
    moved = 0 if aggregate else _settle_unwanted(session, wanted)
    while events := list(session.scalars(_next_events(aggregate))):
        _give_jobs(session, events, wanted)
        session.flush()
        moved += len(events)
        if not aggregate or any(event.state == RUNNING for event in events):
            break  # of one aggregate, what nobody wants is passed over until something runs
    return moved


def _give_jobs(session: Session, events: Sequence[DomainEvent], wanted: Mapping[str, Collection[Listener]]) -> None:
    """Jobs are given their events in the order in which all of them lock events, so none waits for one behind it."""
    waiting: dict[str, list[UUID]] = {}
    for event in events:
        listeners = wanted.get(event.name, ())
        event.state = RUNNING if listeners else DONE
        for listener in listeners:
            handling = EventHandling(event_id=event.id, handler=listener.key)
            session.add(handling)
            waiting.setdefault(listener.key, []).append(handling.id)
    for key, ids in waiting.items():
        size = registry().happenings.listeners[key].handler.batch
        for start in range(0, len(ids), size):
            enqueue(JOB, *ids[start : start + size])


def wanted_here(session: Session) -> Mapping[str, Collection[Listener]]:
    """By event name, the handlers that the tenant in force wants to run: those of plugins and features that are on."""
    installed = registry()
    on = set(session.scalars(select(TenantPlugin.plugin_key).where(TenantPlugin.state == "on"))) | installed.always_on
    found: dict[str, list[Listener]] = {}
    for listener in installed.happenings.listeners.values():
        if listener.plugin in on and not (listener.key in installed.covering and refused_here(listener.key)):
            for name in _names(listener):
                found.setdefault(name, []).append(listener)
    return found


def _names(listener: Listener) -> Collection[str]:
    handler = listener.handler
    if handler.event_name != ANY:
        return (handler.event_name,)
    named = handler.wanted() if handler.wanted is not None else None
    return registry().happenings.types if named is None else named


def _settle_unwanted(session: Session, wanted: Collection[str]) -> int:
    """What nobody listens to is done as it stands; it stays in the log."""
    idle = (
        select(DomainEvent.id).where(DomainEvent.state == WAITING, DomainEvent.name.not_in(list(wanted)))
        .order_by(DomainEvent.told_at, DomainEvent.id).limit(BATCH * 10).with_for_update(skip_locked=True)
    )  # fmt: skip
    ids = list(session.scalars(idle))
    if ids:
        done = update(DomainEvent).where(DomainEvent.id.in_(ids)).values(state=DONE, settled_at=func.now())
        session.execute(done, execution_options={"synchronize_session": False})
    return len(ids)


def _next_events(aggregate: tuple[str, UUID] | None) -> Any:
    """Waiting events before which no other event of their aggregate is open, locked; what others hold is left out."""
    earlier = aliased(DomainEvent)
    blocked = select(earlier.id).where(
        earlier.aggregate_type == DomainEvent.aggregate_type,
        earlier.aggregate_id == DomainEvent.aggregate_id,
        earlier.state.in_((WAITING, RUNNING)),
        tuple_(earlier.told_at, earlier.id) < tuple_(DomainEvent.told_at, DomainEvent.id),
    )
    of_one = (DomainEvent.aggregate_type == aggregate[0], DomainEvent.aggregate_id == aggregate[1]) if aggregate else ()
    return (
        select(DomainEvent).where(DomainEvent.state == WAITING, ~blocked.exists(), *of_one)
        .order_by(DomainEvent.told_at, DomainEvent.id).limit(BATCH).with_for_update(skip_locked=True, of=DomainEvent)
    )  # fmt: skip
