"""Appointments as iCalendar (RFC 5545), and as messages about them (RFC 5546): invitation, change, cancellation, feed.

Times are written in UTC: every program shows them on its own clock, the hour that comes twice in autumn is told apart,
and there is no description of a time zone that could be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from icalendar import Calendar, Event, Todo, vCalAddress, vText

PRODUCT = "-//Tenantry//CRM//EN"
Method = Literal["REQUEST", "CANCEL", "PUBLISH"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """One appointment as calendars know it. `uid` stays the same for ever, `sequence` rises with every change."""

    uid: str
    sequence: int
    stamp: datetime
    starts: datetime
    ends: datetime
    title: str
    notes: str = ""
    location: str = ""
    url: str = ""
    organizer: Person | None = None
    attendees: tuple[Person, ...] = ()
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done at a moment: a follow-up or a task."""

    uid: str
    stamp: datetime
    at: datetime
    title: str
    url: str = ""


def uid_of(record_id: UUID, host: str) -> str:
    """The name of a record in calendars everywhere."""
    return f"{record_id}@{host}"


def message(meeting: Meeting, method: Method) -> bytes:
    """The calendar part of a mail: REQUEST invites and changes, CANCEL calls off."""
    calendar = _calendar(method)
    calendar.add_component(_event(meeting))
    return bytes(calendar.to_ical())


def feed(name: str, meetings: Iterable[Meeting], dues: Iterable[Due]) -> bytes:
    """A whole agenda, for calendar programs that come back for it."""
    calendar = _calendar("PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for meeting in meetings:
        calendar.add_component(_event(meeting))
    for due in dues:
        calendar.add_component(_todo(due))
    return bytes(calendar.to_ical())


def _calendar(method: Method) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _event(meeting: Meeting) -> Event:
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.stamp)
    event.add("dtstart", meeting.starts.astimezone(UTC))
    event.add("dtend", meeting.ends.astimezone(UTC))
    event.add("summary", meeting.title)
    event.add("status", "CANCELLED" if meeting.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if meeting.is_cancelled else "OPAQUE")
    for name, words in (("description", meeting.notes), ("location", meeting.location), ("url", meeting.url)):
        if words:
            event.add(name, words)
    if meeting.organizer is not None:
        event.add("organizer", _address(meeting.organizer), encode=0)
    for person in meeting.attendees:
        attendee = _address(person)
        attendee.params.update(ROLE=vText("REQ-PARTICIPANT"), PARTSTAT=vText("NEEDS-ACTION"), RSVP=vText("TRUE"))
        event.add("attendee", attendee, encode=0)
    return event


def _address(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    address.params["CN"] = vText(person.name)
    return address


def _todo(due: Due) -> Todo:
    todo = Todo()
    todo.add("uid", due.uid)
    todo.add("dtstamp", due.stamp)
    todo.add("due", due.at.astimezone(UTC))
    todo.add("summary", due.title)
    todo.add("status", "NEEDS-ACTION")
    if due.url:
        todo.add("url", due.url)
    return todo
