"""Today: the next actions of one person, in the order in which they should be done, each with the reason why.

Answers that customers wait for, follow-ups and tasks that are due, appointments of the day, leads nobody owns yet,
leads that went stale. Each kind is asked for by an index and stops after a few rows, so the page
costs the same with ten leads or a million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    lateral,
    literal_column,
    null,
    select,
    true,
    union_all,
)

from app.sdk import Contact, Prepared, _l, reach, read_columns, session
from plugins.crm.models import Appointment, Lead, ResponseTarget, Stage, Task
from plugins.crm.services import clock, people
from plugins.crm.services.open_leads import is_open, is_stale
from plugins.crm.services.words import clock_words, span_words

EACH = 25
"""Items of one kind at most: more is not a day's work."""
_READ = EACH + 1
"""Rows of one kind that are read: with one more than is shown it is known that there is more."""
SOON = timedelta(minutes=30)
NOW, OVERDUE, LATER, NEW, STALE = range(5)
"""The order of the queue: what runs or is about to, what is late, what comes later today, what is nobody's, what was
forgotten."""
URGENT = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
REASONS = {
    "follow_up_late": _l("The follow-up is overdue by %(time)s."),
    "follow_up_later": _l("To be followed up today at %(time)s."),
    "task_late": _l("The task is overdue by %(time)s."),
    "task_later": _l("The task is due today at %(time)s."),
    "appointment_over": _l("The appointment is over: what came of it?"),
    "appointment_on": _l("The appointment is on now, until %(time)s."),
    "appointment_soon": _l("The appointment begins in %(time)s."),
    "appointment_later": _l("Appointment today at %(time)s."),
    "answer_late": _l("The answer is late by %(time)s."),
    "answer_soon": _l("Answer within %(time)s."),
    "answer_later": _l("To be answered today by %(time)s."),
    "nobody_late": _l("Nobody looks after this lead; the answer is late by %(time)s."),
    "nobody_soon": _l("Nobody looks after this lead; answer within %(time)s."),
    "nobody": _l("Nobody looks after this lead; it waits for %(time)s."),
    "stale": _l("Nothing happened for %(time)s; it stands in “%(stage)s”."),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One next action. `kind` and `id` name the record, `why` says why it is here."""

    kind: str
    id: UUID
    title: str
    about: str
    rank: tuple[int, int, datetime]
    why: str
    contact: UUID | None = None
    """Whom it is about, where that is somebody's lead."""
    score: int | None = None

    @property
    def group(self) -> int:
        return self.rank[0]


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole page: the items in order, and the kinds of which there are more than are shown."""

    items: tuple[Item, ...]
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """Whose day it is, when it is now, when it ends there, and the words of whoever reads."""

    me: UUID
    now: datetime
    end: datetime
    zone: ZoneInfo
    locale: str

    def clock(self, moment: datetime) -> str:
        """The time of the day."""
        return clock_words(moment, self.zone)

    def since(self, moment: datetime) -> str:
        """How long ago it was."""
        return span_words(moment, self.now)

    def item(
        self, kind: str, row: Sequence[Any], rank: tuple[int, int, datetime], reason: str, time: str = "",
        stage: str = "",
    ) -> Item:  # fmt: skip
        """An item from a row that begins with id and title and ends with the contact, what stands beside it and the
        lead's score."""
        title, contact, about, score = row[1], row[-3], row[-2], row[-1]
        beside = about if kind != "stale" and about and about not in title else ""
        return Item(kind, row[0], title, beside, rank, _why(self.locale, reason, time, stage), contact, score)


@lru_cache(maxsize=5_000)
def _why(locale: str, reason: str, time: str, stage: str) -> str:
    return str(REASONS[reason]) % {"time": time, "stage": stage}


def queue(now: datetime) -> Queue:
    """The queue of the person at hand; empty for somebody who is no member here."""
    me = people.my_membership()
    if me is None:
        return Queue((), ())
    zone = people.my_zone()
    day = Day(me, now, clock.day_bounds(clock.today(now, zone), zone)[1], zone, str(get_locale() or "en"))
    items: list[Item] = []
    more = []
    for kinds, model, ask in _SOURCES:
        for kind, rows in _by_kind(kinds, _rows(model, ask, day)):
            items += [_READERS[kind](row, day) for row in rows[:EACH]]
            if len(rows) > EACH:
                more.append(kind)
    return Queue(tuple(_once(sorted(items, key=lambda item: item.rank))), tuple(more))


def _by_kind(kinds: Sequence[str], rows: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The rows of each kind. Where one statement asks for several, its last column says which."""
    if len(kinds) == 1:
        yield kinds[0], rows
        return
    for kind in kinds:
        yield kind, [row[:-1] for row in rows if row[-1] == kind]


def _once(items: Iterable[Item]) -> Iterator[Item]:
    """Of several reasons to turn to a lead, the first one."""
    seen: set[UUID] = set()
    for item in items:
        if item.id not in seen:
            seen.add(item.id)
            yield item


Conditions = Sequence[ColumnElement[bool]]
Ask = Callable[[Conditions], Select[Any]]
_CONTACT: Any = Lead.contact_id  # type: ignore[attr-defined]
_ME, _NOW, _END = (
    bindparam("me", type_=Uuid()), bindparam("now", type_=DateTime(timezone=True)),
    bindparam("end", type_=DateTime(timezone=True)),
)  # fmt: skip


def _rows(model: Any, ask: Ask, day: Day) -> Sequence[Any]:
    """What the person at hand reaches of one kind. The statement of those without rules of their own is kept."""
    surface = reach(model)
    if not surface.may("read"):
        return ()
    within = surface.conditions()
    values = {"me": day.me, "now": day.now, "end": day.end}
    if surface.is_plain(within):
        return _kept(model, ask).rows(session(), **values)
    is_mine = ask is not _unassigned
    return read_columns(session(), ask(within), keep_plan=is_mine, **values)


@cache
def _kept(model: Any, ask: Ask) -> Prepared:
    return Prepared(ask([model.is_live()]))


def _last(within: Conditions) -> ColumnElement[bool]:
    """Reach, asked of the few rows that are mine already: said so that no index is weighed for it, which takes longer
    than to read them."""
    return and_(true(), *within).is_(true())


def _due(within: Conditions) -> Select[Any]:
    """My leads to be followed up and those to be answered: one statement, each half an index range of its own."""
    halves = union_all(
        _mine("follow_up", Lead.next_follow_up_at, cast(null(), Integer), within),
        _mine("answer", Lead.respond_by, _warned_before(), within),
    ).subquery()
    return select(halves).order_by(halves.c.at, halves.c.id)


def _mine(kind: str, at: Any, warn: Any, within: Conditions) -> Select[Any]:
    """My open leads for which `at` comes today; the kind stands last."""
    due = select(
        Lead.id, Lead.title, at.label("at"), Lead.priority, warn.label("warn"), _CONTACT, Contact.full_name, Lead.score,
        literal_column(f"'{kind}'", String).label("kind"),
    )  # fmt: skip
    return (
        due.outerjoin(Contact, Contact.id == Lead.contact_id)
        .where(Lead.assigned_to_id == _ME, at < _END, *is_open(), _last(within))
        .order_by(at, Lead.id)
        .limit(_READ)
    )


def _warned_before() -> Any:
    """The minutes before which the lead's target warns; null without one."""
    target = select(ResponseTarget.warn_minutes).where(ResponseTarget.id == Lead.response_target_id)
    return target.correlate(Lead).scalar_subquery()


def _read_answer(row: Sequence[Any], day: Day) -> Item:
    later = (LATER, _waiting(row[3]), row[2])
    return _pressing("answer", "answer", row, day) or day.item("answer", row, later, "answer_later", day.clock(row[2]))


def _pressing(kind: str, reason: str, row: Sequence[Any], day: Day) -> Item | None:
    """A lead whose answer is late, or due within the minutes of its target; None where there is time."""
    at, urgency = row[2], _waiting(row[3])
    if at is not None and at <= day.now:
        return day.item(kind, row, (OVERDUE, urgency, at), f"{reason}_late", day.since(at))
    if at is not None and at <= day.now + timedelta(minutes=row[4] or 0):
        return day.item(kind, row, (NOW, urgency, at), f"{reason}_soon", span_words(day.now, at))
    return None


def _waiting(priority: str) -> int:
    """Somebody waits: that goes before what is only planned."""
    return min(URGENT[priority], URGENT["high"])


def _tasks(within: Conditions) -> Select[Any]:
    due = select(Task.id, Task.title, Task.due_at, Task.priority, _CONTACT, Lead.title, Lead.score)
    return (
        due.outerjoin(Lead, Lead.id == Task.lead_id)
        .where(Task.assignee_id == _ME, Task.state == "open", Task.due_at < _END, *within)
        .order_by(Task.due_at, Task.id)
        .limit(_READ)
    )


def _read_due(kind: str, row: Sequence[Any], day: Day) -> Item:
    """What is due at a moment: a follow-up or a task."""
    at, urgency = row[2], URGENT[row[3]]
    if at <= day.now:
        return day.item(kind, row, (OVERDUE, urgency, at), f"{kind}_late", day.since(at))
    return day.item(kind, row, (LATER, urgency, at), f"{kind}_later", day.clock(at))


def _appointments(within: Conditions) -> Select[Any]:
    found = select(
        Appointment.id, Appointment.title, Appointment.scheduled_at, Appointment.ends_at, _CONTACT, Lead.title,
        Lead.score,
    )  # fmt: skip
    mine = Appointment.assignee_id == _ME, Appointment.status == "scheduled", Appointment.scheduled_at < _END
    return (
        found.join(Lead, Lead.id == Appointment.lead_id).where(Lead.is_live(), *mine, *within)
        .order_by(Appointment.scheduled_at, Appointment.id)
        .limit(_READ)
    )  # fmt: skip


def _read_appointment(row: Sequence[Any], day: Day) -> Item:
    at, end, urgency = row[2], row[3], URGENT["high"]
    if end <= day.now:
        return day.item("appointment", row, (OVERDUE, urgency, at), "appointment_over")
    if at <= day.now:
        return day.item("appointment", row, (NOW, urgency, at), "appointment_on", day.clock(end))
    if at <= day.now + SOON:
        return day.item("appointment", row, (NOW, urgency, at), "appointment_soon", span_words(day.now, at))
    return day.item("appointment", row, (LATER, urgency, at), "appointment_later", day.clock(at))


def _unassigned(within: Conditions) -> Select[Any]:
    """Those that are to be answered first, then the oldest."""
    found = select(
        Lead.id,
        Lead.title,
        Lead.respond_by,
        Lead.priority,
        _warned_before(),
        Lead.created_at,
        _CONTACT,
        Contact.full_name,
        Lead.score,
    )
    nobodys = found.outerjoin(Contact, Contact.id == Lead.contact_id).where(Lead.assigned_to_id.is_(None))
    return nobodys.where(*is_open(), *within).order_by(Lead.respond_by_sort, Lead.id).limit(_READ)


def _read_unassigned(row: Sequence[Any], day: Day) -> Item:
    new = (NEW, URGENT[row[3]], row[5])
    return _pressing("unassigned", "nobody", row, day) or day.item("unassigned", row, new, "nobody", day.since(row[5]))


def _stale(within: Conditions) -> Select[Any]:
    """From each stage the first few: an index range of one person, stage and time."""
    left = lateral(
        select(Lead.id, Lead.title, Lead.last_activity_at, Lead.priority, _CONTACT, Lead.score)
        .where(Lead.assigned_to_id == _ME, *is_open(), *is_stale(_NOW), _last(within))
        .order_by(Lead.last_activity_at_sort).limit(_READ).correlate(Stage)
    )  # fmt: skip
    found = select(
        left.c.id, left.c.title, left.c.last_activity_at, left.c.priority, left.c.contact_id, Stage.name, left.c.score
    )
    staged = found.select_from(Stage).join(left, true()).where(Stage.kind == "open")
    return staged.order_by(left.c.last_activity_at, left.c.id).limit(_READ)


def _read_stale(row: Sequence[Any], day: Day) -> Item:
    return day.item("stale", row, (STALE, URGENT[row[3]], row[2]), "stale", day.since(row[2]), row[5])


_SOURCES: tuple[tuple[tuple[str, ...], Any, Ask], ...] = (
    (("follow_up", "answer"), Lead, _due),
    (("task",), Task, _tasks),
    (("appointment",), Appointment, _appointments),
    (("unassigned",), Lead, _unassigned),
    (("stale",), Lead, _stale),
)
_READERS: dict[str, Callable[[Sequence[Any], Day], Item]] = {
    "follow_up": partial(_read_due, "follow_up"),
    "answer": _read_answer,
    "task": partial(_read_due, "task"),
    "appointment": _read_appointment,
    "unassigned": _read_unassigned,
    "stale": _read_stale,
}
