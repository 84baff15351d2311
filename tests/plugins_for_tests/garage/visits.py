"""A board over a relation: visits stand in the bays of a hall, which say what a visit must have to come in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, literal_column

from app.sdk import (
    Choice,
    FieldErrors,
    Lanes,
    Mapped,
    Member,
    Money,
    Record,
    Resource,
    Timeline,
    belongs_to,
    choice,
    integer,
    moment,
    money,
    session,
    tags,
    text,
    timeline_rows,
)
from tests.plugins_for_tests.garage.models import Diary


class Hall(Record):
    """What the bays of a board are chosen by."""

    __archive__ = True

    name: Mapped[str] = text(sortable=True)
    position: Mapped[int] = integer(default=0, sortable=True)


class Bay(Record):
    """A lane."""

    __archive__ = True
    __label__ = "name"

    hall = belongs_to(Hall, required=True)
    name: Mapped[str] = text(sortable=True)
    position: Mapped[int] = integer(default=0)
    share: Mapped[int | None] = integer(minimum=0, maximum=100)
    colour: Mapped[str] = choice(Choice("grey"), Choice("blue"), Choice("green"), default="grey")
    needs: Mapped[list[str]] = tags()


class Visit(Record):
    """A card."""

    __soft_delete__ = True
    __label__ = "title"
    __table_args__ = (Index("ix_visit_totals", "tenant_id", "bay_id", "fee_currency", "fee_minor", "seats"),)

    title: Mapped[str] = text(sortable=True)
    bay = belongs_to(Bay)
    fee: Mapped[Money | None] = money()
    seats: Mapped[int | None] = integer()
    reason: Mapped[str | None] = text()
    driver = belongs_to(Member)
    due_at: Mapped[datetime | None] = moment(sortable=True)


class VisitStep(Record):
    """Something that was done during a visit; it is told on the visit's timeline."""

    __audited__ = False

    visit = belongs_to(Visit, required=True, on_delete="cascade")
    what: Mapped[str] = text()


def check_visit(visit: Visit, is_new: bool) -> None:
    """A bay may ask for fields, and a closed one takes no visits at all."""
    bay = session.get(Bay, visit.bay_id) if visit.bay_id is not None else None
    if bay is None:
        return
    if "closed" in bay.needs:
        raise ValueError(f"{bay.name} is closed.")
    missing = [name for name in bay.needs if getattr(visit, name) in (None, "")]
    if missing:
        raise FieldErrors(dict.fromkeys(missing, f"{bay.name} needs it."))


def resources() -> list[Resource]:
    return [
        Resource(Hall, list="name position", sort="position", order=60),
        Resource(
            Bay,
            list="hall name position colour",
            lanes=Lanes("position", "colour", weight="share", scope="hall"),
            order=61,
        ),
        Resource(
            Visit,
            list="title bay fee seats driver due_at created_at",
            search="title",
            board="bay",
            board_totals="fee seats",
            calendar="due_at",
            timeline=True,
            owner_field="driver",
            before_save=check_visit,
            order=62,
        ),
    ]


def timelines() -> list[Timeline]:
    return [
        Timeline("garage.steps", "Steps", VisitStep, steps, lambda facts: f"Did: {facts['what']}", icon="bolt"),
        Timeline("garage.diaries", "Diaries", Diary, diaries, lambda facts: f"Wrote: {facts['title']}"),
        Timeline("garage.broken", "Broken", VisitStep, broken, lambda facts: "Never."),
    ]


def steps(record: Any) -> Any:
    if not isinstance(record, Visit):
        return None
    return timeline_rows(VisitStep, VisitStep.created_at, what=VisitStep.what).where(VisitStep.visit_id == record.id)


def diaries(record: Any) -> Any:
    return (
        timeline_rows(Diary, Diary.created_at, title=Diary.title).where(Diary.title == record.title)
        if isinstance(record, Visit)
        else None
    )


def broken(record: Any) -> Any:
    """Fails in Python or in the database, for the visits that ask for it."""
    if not isinstance(record, Visit) or not record.title.startswith("Broken"):
        return None
    if record.title == "Broken in Python":
        raise RuntimeError("This timeline is broken.")
    rows = timeline_rows(VisitStep, VisitStep.created_at, x=literal_column("1/0"))
    return rows.where(VisitStep.visit_id == record.id)
