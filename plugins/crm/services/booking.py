"""Booking: nobody has two appointments at once, and what did not take place is tried again.

Whoever books for a person holds that person's row until the transaction ends, so of many who want the same time one
wins and the others are told, with the next time that is free. The exclusion constraint of the table stands behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import inspect, select

from app.sdk import Doubt, FieldError, Member, _, session, setting, utcnow
from plugins.crm.models import Absence, Appointment, Lead
from plugins.crm.services import clock, clocks, people, slots
from plugins.crm.services.differences import changes
from plugins.crm.services.holidays import holidays
from plugins.crm.services.words import moment_words

LONGEST = timedelta(hours=24)
HEARD_OF = ("scheduled_at", "ends_at", "timezone", "location", "title", "assignee_id", "kind")
"""Changes that whoever was invited must hear of."""


def usual_length() -> timedelta:
    """How long an appointment takes where nobody says it."""
    return timedelta(minutes=setting("crm.appointment_minutes"))


def complete(row: Appointment, is_new: bool) -> None:
    """Fill in what was left empty, and refuse a time that is taken. Runs before every save."""
    with session.no_autoflush:  # a flush would forget what changes, and send a time that nobody has looked at
        _complete(row, is_new)


def _complete(row: Appointment, is_new: bool) -> None:
    _fill_in(row)
    length = (row.ends_at or row.scheduled_at) - row.scheduled_at
    if not timedelta() < length <= LONGEST:
        raise FieldError("ends_at", _("An appointment ends after it begins, within a day."))
    if row.status != "scheduled":
        return
    if is_new or changes(row, "scheduled_at", "ends_at", "assignee_id"):
        people.active_member(row.assignee_id, "assignee")
        _refuse_overlap(row)
    if not is_new and changes(row, *HEARD_OF):
        row.sequence += 1


def _fill_in(row: Appointment) -> None:
    lead = session.get(Lead, row.lead_id) if row.lead_id else None
    if lead is None:
        raise FieldError("lead", _("Choose a lead."))
    row.status = row.status or "scheduled"
    row.title = (row.title or "").strip() or lead.title
    row.assignee_id = row.assignee_id or people.my_membership() or lead.assigned_to_id
    if row.ends_at is None:
        row.ends_at = row.scheduled_at + usual_length()
    elif _moved_alone(row):
        row.ends_at = row.scheduled_at + (row.ends_at - _before(row, "scheduled_at"))
    row.timezone = (row.timezone or "").strip() or clocks.zone_of_guest(lead).key
    if not clock.is_zone(row.timezone):
        raise FieldError("timezone", _("“%(name)s” is not a time zone such as Asia/Riyadh.", name=row.timezone))


def _moved_alone(row: Appointment) -> bool:
    """Its beginning was changed and its end was not: it keeps its length."""
    return inspect(row).persistent and changes(row, "scheduled_at") and not changes(row, "ends_at")


def _before(row: Appointment, name: str) -> datetime:
    deleted = inspect(row).attrs[name].history.deleted
    found: datetime = deleted[0] if deleted else getattr(row, name)
    return found


def hold(member_ids: Iterable[UUID]) -> None:
    """Lock people's time until the transaction ends, always in the same order. Other work on these people goes on."""
    wanted = sorted(set(member_ids))
    session.execute(
        select(Member.id).where(Member.id.in_(wanted)).order_by(Member.id).with_for_update(key_share=True)
    ).all()


def _refuse_overlap(row: Appointment) -> None:
    hold([row.assignee_id])
    found = session.execute(
        select(Appointment.scheduled_at, Appointment.ends_at)
        .where(
            Appointment.assignee_id == row.assignee_id, Appointment.status == "scheduled", Appointment.is_live(),
            Appointment.scheduled_at < row.ends_at, Appointment.ends_at > row.scheduled_at, Appointment.id != row.id,
        )
        .order_by(Appointment.scheduled_at).limit(1)
    ).first()  # fmt: skip
    if found is None:
        return
    words = _("There is another appointment from %(start)s to %(end)s.", **_told(found))
    free = next_free(row.assignee_id, row.scheduled_at, row.ends_at - row.scheduled_at, without=row.id)
    if free is not None:
        words += " " + _("The next free time is %(time)s.", time=moment_words(free))
    raise FieldError("scheduled_at", words)


def _told(span: tuple[datetime, datetime]) -> dict[str, str]:
    return {"start": moment_words(span[0]), "end": moment_words(span[1])}


def next_free(member_id: UUID, after: datetime, length: timedelta, *, without: UUID | None = None) -> datetime | None:
    """The first time of this length that a person has, not before now; None when there is none in four weeks."""
    found = slots.free_slots(
        member_id, max(after, utcnow()), length, people.zone_of_member(member_id), people.my_country(), without=without
    )
    return found[0] if found else None


def doubts(row: Appointment) -> list[Doubt]:
    """A time outside working time or on a holiday, in an absence, or in the past: possible, but asked about."""
    if row.status != "scheduled" or (inspect(row).persistent and not _moves(row)):
        return []
    found = []
    span = (row.scheduled_at, row.ends_at or row.scheduled_at + usual_length())
    if row.scheduled_at < utcnow():
        found.append(Doubt(_("This time has passed."), "past"))
    with session.no_autoflush:
        if _is_away(row.assignee_id, span):
            found.append(Doubt(_("%(name)s is away then.", name=session.get(Member, row.assignee_id)), "away"))
        week = slots.week_of(row.assignee_id, people.my_country())
        if not slots.is_working(week, people.zone_of_member(row.assignee_id), span, holidays()):
            found.append(Doubt(_("This is outside working time."), "outside_working_time"))
    return found


def _moves(row: Appointment) -> bool:
    return changes(row, "scheduled_at", "ends_at", "assignee_id")


def _is_away(member_id: UUID, span: slots.Span) -> bool:
    away = select(Absence.id).where(
        Absence.member_id == member_id, Absence.starts_at < span[1], Absence.ends_at > span[0]
    )
    return session.scalar(away.limit(1)) is not None
