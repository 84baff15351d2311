"""What nobody waits for: runs whose job was lost, and logs that are old."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from app.automations.clock import PAUSE, wake
from app.automations.models import MOMENT, ON, SCHEDULE, WAITING, Automation, AutomationRun
from app.automations.running import bury_lost
from app.data import db
from app.host import JobRun

SWEEP = "automations.sweep"
FORGET = "automations.forget"
CHUNK = 5_000


def sweep(run: JobRun) -> int:
    """Runs that nothing moves any more wait for a person; the clock is wound where it should go and does not."""
    timed = Automation.state == ON, Automation.trigger.in_((MOMENT, SCHEDULE))
    if db.session.scalars(select(Automation.id).where(*timed).limit(1)).first() is not None:
        wake(PAUSE)
    return bury_lost()


def forget(run: JobRun) -> int:
    """Forget runs that ended longer ago than their automation keeps them."""
    forgotten = 0
    for key, days in db.session.execute(select(Automation.id, Automation.keep_days)).all():
        old = select(AutomationRun.id).where(
            AutomationRun.automation_id == key, AutomationRun.state != WAITING,
            AutomationRun.created_at < func.now() - timedelta(days=days),
        ).order_by(AutomationRun.id).limit(CHUNK)  # fmt: skip
        while ids := list(db.session.scalars(old)):
            db.session.execute(
                delete(AutomationRun).where(AutomationRun.id.in_(ids)),
                execution_options={"synchronize_session": False},
            )
            forgotten += len(ids)
            run.check()
    return forgotten
