"""Runs begin here: once for each thing that sets an automation off, within limits, and never in a circle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.automations.models import FAILED, HELD, STOPPED, WAITING, Automation, AutomationRun, AutomationStep
from app.data import current_tenant_id, db, utcnow, uuid7
from app.jobs import enqueue
from app.messaging.notifying import notify
from app.messaging.receivers import members_with_role

JOB = "automations.run"
MOST_AN_HOUR = 1_000
"""Runs of one tenant; what is more is held back, for a person to let go."""
DEEPEST = 5
"""Runs that lead to each other."""
HELD_BACK = "automations.held_back"
CHUNK = 500
"""Rows of one statement: PostgreSQL takes 65,535 values at once."""


def start(automation: Automation, records: Sequence[UUID], key: str, behind: UUID | None = None) -> int:
    """Write a run for each record, and wake a worker. `key` names what happened; `behind` is the run whose doing it
    was. Returns how many are new."""
    parent = db.session.get(AutomationRun, behind) if behind is not None else None
    plan = plan_of(automation)
    left = MOST_AN_HOUR - runs_of_last_hour() if records else 0
    rows = []
    for at, record_id in enumerate(records):
        row = _row(automation, record_id, f"{key}:{record_id}"[:200], parent, plan)
        reason = _circle(automation, record_id, parent)
        if reason:
            row |= {"state": STOPPED, "reason": reason, "ended_at": utcnow()}
        elif at >= left:
            row |= {"state": HELD, "reason": _held_words(), "ended_at": utcnow()}
        rows.append(row)
    return _write(rows)


def plan_of(automation: Automation) -> list[dict[str, Any]]:
    """The steps as they are now."""
    found = db.session.scalars(
        select(AutomationStep).where(AutomationStep.automation_id == automation.id)
        .order_by(AutomationStep.position, AutomationStep.id)
    )  # fmt: skip
    return [{"kind": one.kind, "settings": one.settings or {}} for one in found]


def runs_of_last_hour() -> int:
    """Runs that began in the last hour, held ones left out: keys lead with their time, so few rows are read."""
    since = uuid7(utcnow() - timedelta(hours=1))
    counted = select(func.count()).select_from(AutomationRun)
    return int(db.session.scalar(counted.where(AutomationRun.id > since, AutomationRun.state != HELD)) or 0)


def _circle(automation: Automation, record_id: UUID, parent: AutomationRun | None) -> str:
    """Why a run that another one led to would go round in a circle; empty when it would not."""
    if parent is None:
        return ""
    if parent.depth + 1 >= DEEPEST:
        return str(_("Not run: automations set each other off more than %(count)s times in a row.", count=DEEPEST))
    before = select(AutomationRun.id).where(
        AutomationRun.root_id == parent.root_id, AutomationRun.automation_id == automation.id,
        AutomationRun.target_id == record_id,
    )  # fmt: skip
    if db.session.scalars(before.limit(1)).first() is not None:
        return str(_("Not run: this automation led to the change itself."))
    return ""


def _row(
    automation: Automation, record_id: UUID, key: str, parent: AutomationRun | None, plan: list[dict[str, Any]]
) -> dict[str, Any]:
    row_id = uuid7()
    return {
        "id": row_id, "tenant_id": current_tenant_id(), "automation_id": automation.id, "key": key, "plan": plan,
        "automation_name": automation.name, "target_type": automation.resource, "target_id": record_id,
        "record_label": "", "trigger": automation.trigger, "state": WAITING, "reason": None, "ended_at": None,
        "due_at": utcnow(), "depth": parent.depth + 1 if parent is not None else 0,
        "root_id": parent.root_id if parent is not None else row_id,
    }  # fmt: skip


def _write(rows: list[dict[str, Any]]) -> int:
    written: set[UUID] = set()
    for first in range(0, len(rows), CHUNK):
        once = insert(AutomationRun).values(rows[first : first + CHUNK])
        once = once.on_conflict_do_nothing(constraint="uq_automation_run_once")
        written.update(db.session.scalars(once.returning(AutomationRun.id)))
    new = [row for row in rows if row["id"] in written]
    for row in new:
        if row["state"] == WAITING:
            enqueue(JOB, row["id"])
    if any(row["state"] == HELD for row in new):
        tell_of_limit()
    return len(new)


def tell_of_limit() -> None:
    """Owners and admins hear of it once an hour."""
    notify(
        members_with_role("owner", "admin"), HELD_BACK, _l("Automations are held back"),
        _l("More than %(count)s runs in an hour: what is more waits in the log, to be let go by you.",
           count=MOST_AN_HOUR),
        dedupe=f"{utcnow():%Y-%m-%d-%H}",
    )  # fmt: skip


def _held_words() -> str:
    return str(_("More than %(count)s runs in an hour.", count=MOST_AN_HOUR))


def again(rows: Sequence[AutomationRun]) -> str:
    """The action that lets runs go on where they stopped: failed ones, and those held back."""
    fit = [row for row in rows if row.state in (FAILED, HELD)]
    if not fit:
        raise ValueError(_("Only what failed or was held back can be tried again."))
    for row in fit:
        row.state, row.reason, row.attempts, row.ended_at, row.due_at = WAITING, None, 0, None, utcnow()
        enqueue(JOB, row.id)
    return str(_("Tried again: %(count)s.", count=len(fit)))
