"""When targets, working times or holidays change, leads that wait are looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.sdk import Handler, Job, JobRun, _l, enqueue, session
from plugins.crm.models import Lead
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.response.waiting import wait

JOB = "crm.retarget"
CHUNK = 200
SOURCES = ("response_target", "holiday", "working_time")


def jobs() -> list[Job]:
    return [Job(JOB, retarget, _l("Set again by when leads are answered"), timeout=3600, unique=True)]


def handlers() -> list[Handler]:
    return [
        Handler(f"crm.{name}_{change}", changed, f"retarget_after_{name}_{change}")
        for name in SOURCES
        for change in ("created", "updated", "deleted")
    ]


def changed(event: Any, occurrence: Any) -> None:
    """The handler of every such change: one job for several of them."""
    enqueue(JOB)


def retarget(run: JobRun) -> int:
    """The job. Commits in steps and may be begun again; the moment since which somebody waits stays. Returns how many
    leads wait."""
    done, last = 0, UUID(int=0)
    while leads := _chunk(last):
        for lead in leads:
            wait(lead, lead.waiting_since)
        done, last = done + len(leads), leads[-1].id
        session.commit()
        run.progress(done)
    return done


def _chunk(last: UUID) -> Sequence[Any]:
    waiting = select(Lead).where(*is_open(), Lead.respond_by.is_not(None), Lead.id > last)
    return session.scalars(waiting.order_by(Lead.id).limit(CHUNK).with_for_update()).all()
