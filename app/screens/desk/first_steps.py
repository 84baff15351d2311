"""The first steps of a tenant: which there are for somebody, and which are done. One statement, however many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.features import can
from app.host import Step, registry
from app.identity.principal import Principal
from app.screens.desk.models import FirstStepsHidden
from app.tenancy.configuration import by_configuration


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as it stands."""

    title: str
    words: str
    href: str
    is_done: bool


def sees(session: Session, person: Principal) -> bool:
    """Those who set a tenant up see its first steps, until they put them away."""
    is_admin = person.is_owner or "admin" in person.roles
    return is_admin and not by_configuration(session, person, "first_steps_hidden", _are_hidden)


def progress_of(session: Session, person: Principal) -> list[StepLine]:
    """The steps this person may do, with what is done."""
    steps = sorted(registry().steps.values(), key=lambda one: one.order)
    offered = [one for one in steps if can(*one.permission.rsplit(".", 1), person).allowed]
    asked = [(one, made) for one in offered if (made := _made(one)) is not None]
    if not asked:
        return []
    done = session.execute(select(*(exists(made) for _step, made in asked))).one()
    root = request.script_root
    return [
        StepLine(str(one.title), str(one.words), root + one.path, is_done)
        for (one, _made), is_done in zip(asked, done, strict=True)
    ]


def hide(session: Session) -> None:
    """Put them away for the whole tenant. Flushes; the edge commits."""
    if not _are_hidden(session):
        session.add(FirstStepsHidden())
        session.flush()


def _made(step: Step) -> Any:
    """A select of what shows that the step is done; None when its plugin cannot say it."""
    return select(step.done.id) if isinstance(step.done, type) else step.done()


def _are_hidden(session: Session) -> bool:
    return session.scalar(select(FirstStepsHidden.id).limit(1)) is not None
