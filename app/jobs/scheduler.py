"""The scheduler: enqueues jobs by the clock, in every tenant that has the plugin on.

Any number may run; each round is led by the one that gets the advisory lock of its transaction. The jobs of a tick and
the step to the next tick are that same transaction, so a leader that dies in the middle has done nothing, and the
job's row is unique for its tick, so nobody can do it twice.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from threading import Event
from typing import Any
from uuid import UUID

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.data import Scope, platform_session, scope
from app.host import Schedule, registry
from app.jobs.enqueue import row_values
from app.jobs.models import JobSchedule, QueuedJob
from app.jobs.person import refused_here
from app.jobs.presence import Presence
from app.jobs.ticks import catch_up, ticks
from app.jobs.waking import wake_dispatcher
from app.tenancy.models import Tenant, TenantPlugin

log = logging.getLogger(__name__)
LOCK = 7_240_118_002
LONGEST_SLEEP = 2.0
SYNC_SECONDS = 60.0
AT_ONCE = 500
_LEAD = text("SELECT pg_try_advisory_xact_lock(:key)")
_NOW = text("SELECT now()")


def schedule_jobs(app: Flask, stop: Event) -> None:
    """Be a scheduler until `stop` is set."""
    presence = Presence(app, "scheduler")
    synced = float("-inf")
    while not stop.is_set():
        try:
            presence.beat()
            if time.monotonic() - synced > SYNC_SECONDS:
                synced = time.monotonic() if sync(app) else synced
            pause = tick(app)
        except Exception as error:
            log.warning("the scheduler waits for the database: %s", type(error).__name__)
            pause = 0.5
        stop.wait(pause)
    presence.leave()


def tick(app: Flask, now: datetime | None = None) -> float:
    """Enqueue what is due. Returns how many seconds nothing will be. `now` is for tests."""
    with app.app_context():
        with platform_session("schedules of all tenants share the clock") as session:
            if not session.scalar(_LEAD, {"key": LOCK}):
                return LONGEST_SLEEP
            moment: datetime = now or session.scalar(_NOW)
            enqueued = sum(_step(session, row, language, moment) for row, language in session.execute(_due(moment)))
            session.flush()
            following: datetime | None = session.scalar(select(func.min(JobSchedule.next_at)))
        if enqueued:
            wake_dispatcher()
    if following is None:
        return LONGEST_SLEEP
    return min(LONGEST_SLEEP, max(0.01, float((following - moment).total_seconds())))


def _due(now: datetime) -> Any:
    due = select(JobSchedule, Tenant.locale).join(Tenant, Tenant.id == JobSchedule.tenant_id)
    return due.where(JobSchedule.next_at <= now).order_by(JobSchedule.next_at).limit(AT_ONCE)


def _step(session: Session, row: JobSchedule, language: str, now: datetime) -> int:
    """Enqueue the ticks of one schedule in one tenant, and move on to the next one."""
    schedule = registry().schedules.get(row.name)
    if schedule is None:
        session.delete(row)
        return 0
    chosen, following = catch_up(*_rule(row.rule), row.next_at, now, schedule.catch_up)
    if _is_closed(row.tenant_id, schedule):
        chosen = []
    for moment in chosen:
        session.execute(_job(row.tenant_id, schedule, language, moment))
    row.last_at = chosen[-1] if chosen else row.last_at
    if following is None:
        session.delete(row)
    else:
        row.next_at = following
    return len(chosen)


def _is_closed(tenant_id: UUID, schedule: Schedule) -> bool:
    """Whether a feature that covers the job is off: then no tick is due. That the plugin is on, the rows tell."""
    if schedule.job not in registry().covering:
        return False
    with scope(Scope(tenant_id, via="system")):
        return refused_here(schedule.job) is not None


def _job(tenant_id: UUID, schedule: Schedule, language: str, moment: datetime) -> Any:
    with force_locale(language):
        values = row_values(registry().jobs[schedule.job], list(schedule.args))
    values |= {"tenant_id": tenant_id, "schedule": schedule.name, "tick_at": moment}
    return insert(QueuedJob).values(**values).on_conflict_do_nothing()


def sync(app: Flask, now: datetime | None = None) -> bool:
    """Bring the rows in line with what is declared, switched on, and each tenant's time zone. False for followers."""
    with app.app_context(), platform_session("schedules of all tenants share the clock") as session:
        if not session.scalar(_LEAD, {"key": LOCK}):
            return False
        moment: datetime = now or session.scalar(_NOW)
        wanted = _wanted(session)
        rows = {(row.tenant_id, row.name): row for row in session.scalars(select(JobSchedule))}
        for key in rows.keys() - wanted.keys():
            session.execute(delete(JobSchedule).where(JobSchedule.tenant_id == key[0], JobSchedule.name == key[1]))
        for key, rule in wanted.items():
            row = rows.get(key)
            if row is not None and row.rule == rule:
                continue
            first = next(ticks(*_rule(rule), moment), None)
            if first is None:
                continue
            if row is None:
                session.add(JobSchedule(tenant_id=key[0], name=key[1], rule=rule, next_at=first))
            else:
                row.rule, row.next_at = rule, first
    return True


def _wanted(session: Session) -> dict[tuple[UUID, str], str]:
    """The rule of every schedule in every tenant: cron's five fields and the zone."""
    known = registry()
    on: dict[UUID, set[str]] = {}
    for tenant_id, plugin in session.execute(
        select(TenantPlugin.tenant_id, TenantPlugin.plugin_key).where(TenantPlugin.state == "on")
    ):
        on.setdefault(tenant_id, set()).add(plugin)
    found = {}
    for tenant_id, zone in session.execute(select(Tenant.id, Tenant.timezone).where(Tenant.deleted_at.is_(None))):
        plugins = known.always_on | on.get(tenant_id, set())
        for name, schedule in known.schedules.items():
            if name.partition(".")[0] in plugins:
                found[tenant_id, name] = f"{schedule.cron} {zone if schedule.zone == 'tenant' else schedule.zone}"
    return found


def _rule(text: str) -> tuple[str, str]:
    cron, _blank, zone = text.rpartition(" ")
    return cron, zone
