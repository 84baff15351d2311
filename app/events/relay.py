"""From the outbox to jobs: each event to each of its handlers, one event of an aggregate at a time.

Everything about one tenant happens in one transaction inside that tenant, so a relay that dies leaves nothing half
done, and any number of relays may run: what one of them holds is skipped by the others. The next event of an aggregate
is handed over when the last handler of the one before has settled it (see `handling`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any
from uuid import UUID

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.data import Scope, current_tenant_id, db, platform_session, scope, uuid7
from app.data.bulk import insert_many
from app.events.models import RUNNING, EventHandling
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
PAGE = 2_000
"""Waiting events of a tenant that are looked at together."""
LONGEST_PAUSE = 2.0
"""Seconds between two rounds that moved little: of events that wait for others, or of a database that is away."""
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
                reason = getattr(error, "orig", None) or error
                log.warning("the relay of events waits for the database: %s: %s", complained, reason)
        if moved < BATCH:  # events that wait for others are looked at each time: that may take a fifth of the time
            pause = max(LOOK_SECONDS if not moved else 0.0, 4 * (time.monotonic() - began))
            stop.wait(min(pause, LONGEST_PAUSE))


def hand_over(session: Session, aggregate: tuple[str, UUID] | None = None) -> int:
    """Hand over what may go next in the tenant in force, or of one aggregate. Returns the number of events moved on."""
    wanted = wanted_here(session)
    idle, free = _first_of(session, *aggregate, wanted) if aggregate else _first_of_all(session, wanted)
    moved = 0
    if idle:  # what nobody listens to is done as it stands; it stays in the log
        moved += len(_take(session, _DONE, idle))
    if free:
        moved += _give_jobs(session, _take(session, _RUN, free[:BATCH]), wanted)
    return moved


def _give_jobs(session: Session, events: Sequence[Any], wanted: Mapping[str, Collection[Listener]]) -> int:
    """Jobs are given their events in the order in which all of them lock events, so none waits for one behind it."""
    waiting: dict[str, list[UUID]] = {}
    rows: list[dict[str, Any]] = []
    for event in sorted(events, key=lambda row: (row.told_at, row.id)):
        for listener in wanted[event.name]:
            rows.append({"id": uuid7(), "event_id": event.id, "handler": listener.key})
            waiting.setdefault(listener.key, []).append(rows[-1]["id"])
    insert_many(session, EventHandling, rows)
    for key, ids in waiting.items():
        size = registry().happenings.listeners[key].handler.batch
        for start in range(0, len(ids), size):
            enqueue(JOB, *ids[start : start + size])
    return len(events)


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


_IN_ORDER = {switch: text(f"SET LOCAL enable_sort = {switch}") for switch in ("off", "on")}
"""A page is read along an index and never sorted. Left alone, PostgreSQL believes its statistics: when those are of an
hour in which no event was waiting, it finds reading all of them, for each of them again, as cheap as anything."""
_BLOCKED = """
    (SELECT true FROM domain_event b WHERE b.tenant_id = :tenant AND b.aggregate_type = e.aggregate_type
     AND b.aggregate_id = e.aggregate_id AND b.state IN ('waiting', 'running')
     AND (b.told_at, b.id) < (e.told_at, e.id)
     AND (b.state = 'running' OR b.name = ANY(CAST(:wanted AS text[])))
     ORDER BY b.told_at, b.id LIMIT 1) IS TRUE AS blocked"""
"""Whether an event of the same aggregate must go first. The order says which index (see `_IN_ORDER`). States are
written out, not given: PostgreSQL plans a statement that it has seen often without its values, and then no index of
the open events alone would do."""
_PAGE = text(f"""
    SELECT e.id, e.name, e.told_at, {_BLOCKED}
    FROM (SELECT id, name, told_at, aggregate_type, aggregate_id FROM domain_event
          WHERE tenant_id = :tenant AND state = 'waiting' AND (told_at, id) > (:told_at, CAST(:id AS uuid))
          ORDER BY told_at, id LIMIT {PAGE}) e
    ORDER BY e.told_at, e.id""")
_OF_ONE = text("""
    SELECT id, name, state FROM domain_event
    WHERE tenant_id = :tenant AND aggregate_type = :type AND aggregate_id = :key AND state IN ('waiting', 'running')
    ORDER BY told_at, id""")
_HELD = """
    WITH held AS (SELECT id FROM domain_event
                  WHERE tenant_id = :tenant AND id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'
                  ORDER BY told_at, id FOR UPDATE SKIP LOCKED)
    UPDATE domain_event e SET {change}, version = version + 1, updated_at = now()
    FROM held WHERE e.tenant_id = :tenant AND e.id = held.id RETURNING e.id, e.name, e.told_at"""
_RUN = text(_HELD.format(change="state = 'running'"))
_DONE = text(_HELD.format(change="state = 'done', settled_at = now()"))
_BEGINNING = {"told_at": datetime.min.replace(tzinfo=UTC), "id": UUID(int=0)}


def _first_of_all(session: Session, wanted: Collection[str]) -> tuple[list[UUID], list[UUID]]:
    """Ids of waiting events that nobody wants, and of those that may go, in the order in which they were told.

    They are read a page at a time until there are enough: so a round costs the same however many events wait, and an
    aggregate with thousands of them does not keep the others from going.
    """
    values = {"tenant": current_tenant_id(), "wanted": list(wanted), **_BEGINNING}
    idle: list[UUID] = []
    free: list[UUID] = []
    is_last = False
    session.execute(_IN_ORDER["off"])
    while not is_last and len(free) < BATCH:
        page = session.execute(_PAGE, values).all()
        idle += [row.id for row in page if row.name not in wanted]
        free += [row.id for row in page if row.name in wanted and not row.blocked]
        is_last = len(page) < PAGE
        values |= {} if is_last else {"told_at": page[-1].told_at, "id": page[-1].id}
    session.execute(_IN_ORDER["on"])
    return idle, free


def _first_of(session: Session, kind: str, key: UUID, wanted: Collection[str]) -> tuple[list[UUID], list[UUID]]:
    """The same of one aggregate: at most one event of it may go."""
    idle: list[UUID] = []
    for row in session.execute(_OF_ONE, {"tenant": current_tenant_id(), "type": kind, "key": key}):
        if row.state == RUNNING or row.name in wanted:
            return idle, [] if row.state == RUNNING else [row.id]
        idle.append(row.id)
    return idle, []


def _take(session: Session, change: Any, ids: Sequence[UUID]) -> Sequence[Any]:
    """Move waiting events on; those that another relay holds are left to it."""
    return session.execute(change, {"tenant": current_tenant_id(), "ids": list(ids)}).all()
