"""The job of a run: its steps, each with its place in the log as one transaction, in the name of a member.

So a worker that is killed at any moment leaves a step done once or not at all, and the run goes on where it stopped.
What is refused in words is not tried again by itself; an error is, with growing pauses, and is then kept for a person.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from app.automations.acting import in_the_name_of, member_of
from app.automations.conditions import meets
from app.automations.models import (
    BUTTON,
    DONE,
    FAILED,
    ON,
    SCHEDULE,
    STOPPED,
    WAITING,
    Automation,
    AutomationOutcome,
    AutomationRun,
)
from app.automations.starting import JOB
from app.automations.steps import STEPS, Doing, Said, Waits
from app.data import Record, current_tenant_id, db, utcnow
from app.events.handling import pause_after
from app.host import JobRun
from app.host.at_work import working
from app.host.extending import entry_here
from app.identity.principal import Principal
from app.jobs import enqueue
from app.messaging.notifying import notify
from app.screens.reading import Surface

log = logging.getLogger(__name__)
ATTEMPTS = 5
STOPPED_NOTICE = "automations.stopped"


class Refused(ValueError):
    """The run cannot go on, in words."""


def run(job: JobRun, run_id: str) -> None:
    """Do the steps of a run until it ends, waits or fails. Each step is committed by itself."""
    while (row := _held(UUID(run_id))) is not None:
        goes_on = _advance(row)
        if not goes_on:
            return
        db.session.commit()
        job.check()


def _held(run_id: UUID) -> AutomationRun | None:
    """The run, locked until this step is committed; None when there is nothing to do now."""
    statement = select(AutomationRun).where(AutomationRun.id == run_id).with_for_update()
    row = db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.state != WAITING or (row.due_at is not None and row.due_at > utcnow()):
        return None
    return row


def _advance(row: AutomationRun) -> bool:
    """One step. Does the run go on at once?"""
    automation = db.session.get_one(Automation, row.automation_id)
    try:
        with db.session.begin_nested():
            said = _step(automation, row)
    except Refused as refused:
        if automation.state != ON:  # whoever switched it off knows
            _end(row, STOPPED, str(refused))
            return False
        _end(row, FAILED, str(refused))
        _tell(automation, row, str(refused))
        return False
    except Exception as error:
        return _failed(automation, row, error)
    return _noted(row, said)


def _step(automation: Automation, row: AutomationRun) -> Said:
    """Find who acts and on what, then do it. Raises Refused with a sentence."""
    person = _person(automation)
    with in_the_name_of(person, row.id):
        surface, record = find(automation, person, row.target_id)
        if row.position == 0 and not row.record_label:
            row.record_label = str(record)[:255]
        if row.position == 0 and not _meets(surface, record, automation):
            return Said("", ends=True)
        if row.position >= len(row.plan):
            return Said("")
        return do(automation, surface, record, row.plan[row.position], f"automation:{row.id}:{row.position}")


def _person(automation: Automation) -> Principal:
    if automation.state != ON:
        raise Refused(_("The automation is switched off."))
    person = member_of(automation)
    if person is None:
        raise Refused(_("The member that the automation runs as has left."))
    return person


def find(automation: Automation, person: Principal, record_id: UUID | None) -> tuple[Surface, Record]:
    """The record as the member sees it, locked. Raises Refused with a sentence."""
    entry = entry_here(automation.resource)
    if entry is None:
        raise Refused(_("The records that it is for are not here (any more): their plugin is off or gone."))
    surface = Surface(entry, db.session(), person)
    if not surface.may("read"):
        what = entry.resource.plural_words
        raise Refused(_("The member that the automation runs as may not read these records: %(what)s.", what=what))
    record = surface.get(record_id, lock=True) if record_id is not None else None
    if record is None:
        raise Refused(_("The record is not there any more, or out of reach of the member that the automation runs as."))
    return surface, record


def _meets(surface: Surface, record: Record, automation: Automation) -> bool:
    try:
        return meets(surface, record, automation.conditions)
    except ValueError as error:
        raise Refused(_("The conditions cannot be asked any more: %(why)s", why=error)) from None


def do(automation: Automation, surface: Surface, record: Record, step: dict[str, object], key: str) -> Said:
    """Do one step. Raises Refused with a sentence."""
    kind = STEPS.get(str(step["kind"]))
    if kind is None:
        raise Refused(_("There is no step of this kind."))
    try:
        with working(surface.entry.plugin.name):
            said = kind.run(Doing(automation, surface, record, key, utcnow()), step["settings"])  # type: ignore[arg-type]
            db.session.flush()
    except ValueError as error:
        raise Refused(str(error)) from None
    return said


def _noted(row: AutomationRun, said: Said) -> bool:
    """Write down what was done, and what comes next."""
    if row.position < len(row.plan) and said.words:
        step = row.plan[row.position]
        outcome = AutomationOutcome(number=row.position + 1, kind=step["kind"], words=said.words[:5_000])
        outcome.run_id, outcome.fields = row.id, list(said.fields)
        db.session.add(outcome)
    row.position, row.attempts, row.reason = row.position + 1, 0, None
    if said.ends and not said.words and row.trigger not in (BUTTON, SCHEDULE):
        db.session.delete(row)  # nobody looks for what was not meant
        return False
    if said.ends:
        _end(row, STOPPED, said.words or _("The conditions do not hold."))
        return False
    if row.position >= len(row.plan):
        _end(row, DONE)
        return False
    if isinstance(said, Waits) and said.until is not None:
        row.due_at = said.until
        enqueue(JOB, row.id, delay=max(1.0, (said.until - utcnow()).total_seconds()))
        return False
    return True


def _end(row: AutomationRun, state: str, reason: str | None = None) -> None:
    row.state, row.reason, row.ended_at, row.due_at = state, (reason or "")[:2_000] or None, utcnow(), None


def _failed(automation: Automation, row: AutomationRun, error: Exception) -> bool:
    """Try it again later, or keep it for a person."""
    log.warning("The automation %s failed on %s.", automation.id, row.target_id, exc_info=error)
    row.attempts += 1
    words = _("An error: %(kind)s", kind=type(error).__name__)
    if row.attempts >= ATTEMPTS:
        _end(row, FAILED, words)
        _tell(automation, row, words)
        return False
    pause = pause_after(row.attempts)
    row.reason, row.due_at = words, utcnow() + timedelta(seconds=pause)
    enqueue(JOB, row.id, delay=pause)
    return False


def _tell(automation: Automation, row: AutomationRun, words: str) -> None:
    """Its owner hears of it, once a day for each automation."""
    title = _l("The automation “%(name)s” could not go on", name=automation.name)
    notify(
        [automation.runs_as_id], STOPPED_NOTICE, title, words, target=automation,
        dedupe=f"{automation.id}:{utcnow():%Y-%m-%d}",
    )  # fmt: skip


_LOST = text("""
    SELECT r.id FROM automation_run r
    WHERE r.tenant_id = :tenant AND r.state = 'waiting' AND r.due_at < now() - :patience
      AND NOT EXISTS (SELECT FROM job j WHERE j.tenant_id = r.tenant_id AND j.name = 'automations.run'
                      AND j.state IN ('delayed', 'pending', 'leased', 'running') AND j.args @> to_jsonb(r.id::text))
    LIMIT 1000""")
PATIENCE = timedelta(minutes=10)


def bury_lost(patience: timedelta = PATIENCE) -> int:
    """Runs whose job was parked (it ended its worker three times) or cancelled: they wait for a person."""
    lost = list(db.session.scalars(_LOST, {"tenant": current_tenant_id(), "patience": patience}))
    for row in db.session.scalars(select(AutomationRun).where(AutomationRun.id.in_(lost)).with_for_update()):
        _end(row, FAILED, _("The job of this run was parked or cancelled: it is not tried again by itself."))
    return len(lost)
