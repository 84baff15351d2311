"""Many leads scored again: all of them when a rule changes, the open ones every night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.sdk import Handler, Job, JobRun, Schedule, _l, enqueue, session
from plugins.crm.models import Lead
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.scoring.points import score
from plugins.crm.services.scoring.rules import known

ALL, OPEN = "crm.score_leads", "crm.score_open"
CHUNK = 500


def jobs() -> list[Job]:
    return [
        Job(ALL, score_all, _l("Score all leads again"), timeout=3600, unique=True),
        Job(OPEN, score_open, _l("Score open leads again"), timeout=3600, unique=True, priority="low", keep_days=2),
    ]


def schedules() -> list[Schedule]:
    return [Schedule("crm.scores_of_the_night", OPEN, "20 2 * * *")]


def handlers() -> list[Handler]:
    kinds, changes = ("score_rule", "score_condition"), ("created", "updated", "deleted")
    return [
        Handler(f"crm.{kind}_{one}", rules_changed, f"score_after_{kind}_{one}") for kind in kinds for one in changes
    ]


def rules_changed(event: Any, occurrence: Any) -> None:
    """The handler of every change of a rule: all leads are scored again, once for several changes."""
    enqueue(ALL)


def score_anew() -> None:
    """Rules mean what the version that runs makes of them, so a new version scores all leads again, by its job."""
    if known().rules:
        enqueue(ALL)


def score_all(run: JobRun) -> dict[str, int]:
    """The job for all leads, closed ones too, for their rules were changed on purpose."""
    return _in_steps(run, [Lead.is_live()])


def score_open(run: JobRun) -> dict[str, int]:
    """The job of the night. What was won or lost keeps the score it had then, or past figures would change."""
    return _in_steps(run, is_open()) if known().rules else {}


def _in_steps(run: JobRun, which: Sequence[Any]) -> dict[str, int]:
    """Commits in steps. Taken up again it finds what was done done, for leads whose score stays are not written."""
    done, changed = 0, 0
    for leads in _chunks(which):
        changed += score(leads)
        done += len(leads)
        session.commit()
        run.progress(done)
    return {"leads": done, "changed": changed}


def _chunks(which: Sequence[Any]) -> Iterator[Sequence[Lead]]:
    last = UUID(int=0)
    while True:
        wanted = select(Lead).where(*which, Lead.id > last).order_by(Lead.id).limit(CHUNK).with_for_update()
        leads = session.scalars(wanted).all()
        if not leads:
            return
        last = leads[-1].id
        yield leads
