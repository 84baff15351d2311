"""What can be done with an appointment: book, move, cancel; and what came of it, with another try after no answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.sdk import FieldError, _, session, setting, utcnow
from plugins.crm.models import Appointment, Lead
from plugins.crm.services import booking, people
from plugins.crm.services.response.waiting import answered
from plugins.crm.services.words import moment_words


def book(
    rows: list[Lead], *, scheduled_at: datetime | None = None, minutes: int | None = None, kind: str = "call",
    assignee: UUID | None = None, location: str | None = None, notes: str | None = None, invites: bool | None = None,
) -> str:  # fmt: skip
    """An appointment for each lead: at the time given, or at the next one that is free. The contact is invited unless
    `invites` says no."""
    length = timedelta(minutes=minutes) if minutes else booking.usual_length()
    said = ""
    for lead in rows:
        person = assignee or lead.assigned_to_id or people.my_membership()
        if person is None:
            raise FieldError("assignee", _("Choose somebody who works here."))
        booking.hold([person])
        begins = scheduled_at or booking.next_free(person, utcnow(), length)
        if begins is None:
            raise ValueError(_("There is no free time in the next four weeks."))
        row = Appointment(
            lead_id=lead.id, assignee_id=person, scheduled_at=begins, ends_at=begins + length, kind=kind or "call",
            location=location, notes=notes, status="scheduled", source="manual",
            reminders="1440 30", invites=invites is not False, retry_count=0, sequence=0,
        )  # fmt: skip
        booking.complete(row, True)
        session.add(row)
        session.flush()
        said = _("Booked for %(time)s.", time=moment_words(begins))
    return said


def move(rows: list[Appointment], *, scheduled_at: datetime, ends_at: datetime | None = None) -> str:
    """Put appointments to another time; they keep their length unless an end is given."""
    for row in rows:
        _still_open(row)
        length = row.ends_at - row.scheduled_at
        row.scheduled_at, row.ends_at = scheduled_at, ends_at or scheduled_at + length
        booking.complete(row, False)
        session.flush()
    return _("Moved to %(time)s.", time=moment_words(scheduled_at))


def cancel(rows: list[Appointment], *, reason: str | None = None) -> None:
    """Call appointments off; whoever was invited gets a cancellation."""
    for row in rows:
        _still_open(row)
        row.status, row.cancel_reason, row.sequence = "cancelled", reason, row.sequence + 1


def held(rows: list[Appointment], *, notes: str | None = None) -> None:
    """They took place."""
    for row in rows:
        _still_open(row)
        row.status = "done"
        row.call_result = "reached" if row.kind == "call" else None
        row.notes = "\n\n".join(filter(None, (row.notes, notes))) or None
        _touch_lead(row)


def no_show(rows: list[Appointment]) -> None:
    """The lead did not come."""
    for row in rows:
        _still_open(row)
        row.status = "no_show"
        _touch_lead(row)


def no_answer(rows: list[Appointment]) -> str:
    """Nobody answered: another try at the next free time, until there were enough of them."""
    said = ""
    for row in rows:
        _still_open(row)
        row.status, row.call_result = "no_answer", "no_answer"
        _touch_lead(row)
        session.flush()
        said = _try_again(row)
    return said


def _try_again(row: Appointment) -> str:
    if row.retry_count + 1 >= setting("crm.most_tries"):
        return _("Nobody answered %(count)s times: no further try is booked.", count=row.retry_count + 1)
    person = _who_tries_again(row)
    booking.hold([person])
    length = row.ends_at - row.scheduled_at
    pause = timedelta(minutes=setting("crm.pause_minutes"))
    begins = booking.next_free(person, max(row.scheduled_at, utcnow()) + pause, length)
    if begins is None:
        return _("There is no free time in the next four weeks: no further try is booked.")
    child = Appointment(
        lead_id=row.lead_id, assignee_id=person, scheduled_at=begins, ends_at=begins + length, kind=row.kind,
        title=row.title, timezone=row.timezone, location=row.location, notes=row.notes, reminders=row.reminders,
        invites=row.invites and setting("crm.retry_invites"), source="retry", status="scheduled", parent_id=row.id,
        retry_count=row.retry_count + 1, sequence=row.sequence + 1,  # for calendars the first one, moved
    )  # fmt: skip
    booking.complete(child, True)
    session.add(child)
    session.flush()
    return _("Another try is booked for %(time)s.", time=moment_words(begins))


def _who_tries_again(row: Appointment) -> UUID:
    """Whoever keeps it; when they have left, the lead's owner, else whoever notes it. Raises FieldError for nobody."""
    lead = session.get(Lead, row.lead_id)
    found = people.first_at_work(row.assignee_id, lead and lead.assigned_to_id, people.my_membership())
    return people.active_member(found, "assignee").id


def _still_open(row: Appointment) -> None:
    if row.status != "scheduled":
        raise ValueError(_("“%(title)s” is not open any more.", title=row))


def _touch_lead(row: Appointment) -> None:
    lead = session.get(Lead, row.lead_id)
    if lead is not None:
        lead.last_activity_at = utcnow()
        answered(lead, lead.last_activity_at)
