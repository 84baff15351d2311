"""Appointments with leads, when people work, and when they are away."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, text
from sqlalchemy.dialects.postgresql import NUMRANGE, ExcludeConstraint
from sqlalchemy.orm import mapped_column

from app.sdk import (
    Choice,
    Mapped,
    Member,
    Record,
    _l,
    _lp,
    belongs_to,
    choice,
    flag,
    integer,
    long_text,
    moment,
    time_zone,
)
from app.sdk import text as text_field
from plugins.crm.models.activities import CALL_RESULTS
from plugins.crm.models.leads import Lead

APPOINTMENT_KINDS = (
    Choice("call", _l("Call"), "green"),
    Choice("video", _l("Video call"), "blue"),
    Choice("visit", _l("Visit"), "purple"),
    Choice("demo", _l("Demonstration"), "amber"),
    Choice("other", _l("Other"), "grey"),
)
APPOINTMENT_SOURCES = (
    Choice("manual", _l("By hand")),
    Choice("request", _l("Asked for by the lead")),
    Choice("campaign", _l("Campaign")),
    Choice("voice", _l("Voice agent")),
    Choice("retry", _l("Another try")),
)
APPOINTMENT_STATES = (
    Choice("scheduled", _l("Scheduled"), "blue"),
    Choice("done", _l("Held"), "green"),
    Choice("no_answer", _l("No answer"), "amber"),
    Choice("no_show", _l("Did not come"), "orange"),
    Choice("cancelled", _l("Cancelled"), "grey"),
)
REMINDERS = (
    Choice("none", _l("None")),
    Choice("10", _l("10 minutes before")),
    Choice("30", _l("30 minutes before")),
    Choice("60", _l("An hour before")),
    Choice("1440", _l("A day before")),
    Choice("1440 30", _l("A day and 30 minutes before")),
)
"""The values are minutes."""
WEEKDAYS = tuple(
    Choice(str(number), name)
    for number, name in enumerate(
        (_l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"))
    )
)


def _busy() -> str:
    """The time an appointment takes of its person, as a range of numbers that no two people share.

    Without btree_gist an exclusion constraint cannot compare a key and a range at once. So the person is part of the
    number: their id as 128 bits, then twelve digits of seconds. Ranges of two people lie apart, those of one person
    overlap exactly when their times do.
    """
    half = "('x' || substr(replace(assignee_id::text, '-', ''), {0}, 16))::bit(64)::bigint"
    person = f"({half.format(1)}::numeric * 18446744073709551616 + {half.format(17)}) * 1000000000000"
    seconds = "extract(epoch from {0} - timestamptz '1970-01-01 00:00+00')"
    return f"numrange({person} + {seconds.format('scheduled_at')}, {person} + {seconds.format('ends_at')})"


class Appointment(Record):
    """A time that somebody of us keeps free for a lead. Nobody has two at once: the database itself sees to it."""

    __soft_delete__ = True
    __label__ = "kind title"
    __table_args__ = (
        CheckConstraint("ends_at > scheduled_at", name="appointment_ends_later"),
        ExcludeConstraint(
            (text("busy"), "&&"), name="ex_appointment_busy", using="gist",
            where=text("status = 'scheduled' AND deleted_at IS NULL"),
        ),
        Index("uq_appointment_parent", "tenant_id", "parent_id", unique=True,
              postgresql_where=text("deleted_at IS NULL")),
        Index("ix_appointment_person", "tenant_id", "assignee_id", "scheduled_at", "id",
              postgresql_where=text("status = 'scheduled' AND deleted_at IS NULL")),
        Index("ix_appointment_open", "tenant_id", "scheduled_at",
              postgresql_where=text("status = 'scheduled' AND deleted_at IS NULL")),
    )  # fmt: skip

    lead = belongs_to(Lead, required=True, on_delete="cascade", label=_l("Lead"))
    title: Mapped[str] = text_field(
        label=_l("Title"), sortable=True, filled_in=True, help=_l("The lead's title, when left empty.")
    )
    kind: Mapped[str] = choice(*APPOINTMENT_KINDS, label=_l("Type"), default="call")
    assignee = belongs_to(Member, filled_in=True, label=_l("With"), help=_l("You, when left empty."))
    scheduled_at: Mapped[datetime] = moment(label=_l("Begins"), sortable=True)
    ends_at: Mapped[datetime] = moment(
        label=_l("Ends"), filled_in=True, help=_l("After the usual time, when left empty.")
    )
    timezone: Mapped[str] = time_zone(
        filled_in=True,
        label=_l("Time zone"),
        help=_l("Of the invited person: their own or the tenant's, when left empty."),
    )
    location: Mapped[str | None] = text_field(max_length=500, label=_l("Place or link"))
    source: Mapped[str] = choice(*APPOINTMENT_SOURCES, label=_l("Source"), default="manual")
    status: Mapped[str] = choice(*APPOINTMENT_STATES, label=_l("Status"), default="scheduled", readonly=True)
    call_result: Mapped[str | None] = choice(*CALL_RESULTS, label=_l("Result of the call"), readonly=True)
    reminders: Mapped[str] = choice(*REMINDERS, label=_l("Remind"), default="1440 30")
    invites: Mapped[bool] = flag(
        default=True, label=_l("Invite the contact by e-mail"), help=_l("And tell them of changes.")
    )
    notes: Mapped[str | None] = long_text(max_length=20_000, label=_l("Notes"))
    parent = belongs_to(lambda: Appointment, readonly=True, label=_l("Another try after"))
    retry_count: Mapped[int] = integer(default=0, minimum=0, label=_l("Tries before"), readonly=True)
    sequence: Mapped[int] = integer(default=0, label=_l("Revision"), readonly=True)
    """Of the invitation, as RFC 5545 counts it: higher with every change that the invited must hear of."""
    cancel_reason: Mapped[str | None] = text_field(max_length=500, label=_l("Cancelled because"), readonly=True)
    busy: Mapped[Any] = mapped_column(NUMRANGE, Computed(_busy(), persisted=True), nullable=True, deferred=True)


class WorkingTime(Record):
    """A span of a weekday in which a person works, on their own clock."""

    __label__ = "weekday"

    member = belongs_to(Member, required=True, on_delete="cascade", label=_l("Who"))
    weekday: Mapped[str] = choice(*WEEKDAYS, label=_l("Weekday"), sortable=True)
    starts: Mapped[str] = text_field(max_length=5, default="09:00", label=_lp("time", "From"))
    ends: Mapped[str] = text_field(max_length=5, default="17:00", label=_lp("time", "To"))
