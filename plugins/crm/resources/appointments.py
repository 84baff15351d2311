"""Appointments and working time."""

from __future__ import annotations

from typing import Any

from app.sdk import Action, Field, ListView, Member, Panel, Resource, Section, _l
from plugins.crm.models import Appointment, WorkingTime
from plugins.crm.models.appointments import APPOINTMENT_KINDS
from plugins.crm.services import appointments, booking, clocks, hours


def resources() -> list[Resource]:
    return [_appointment(), _working_time()]


def book_action() -> Action:
    """Stands on a lead's page, and for many leads at once each gets the next free time."""
    return Action(
        "book", _l("Book an appointment"), appointments.book, icon="calendar",
        parameters={
            "scheduled_at": Field("moment", label=_l("Begins"), help=_l("The next free time, when left empty.")),
            "minutes": Field("integer", label=_l("Minutes"), minimum=5, maximum=1440,
                             help=_l("As long as usual, when left empty.")),
            "kind": Field("choice", label=_l("Type"), choices=APPOINTMENT_KINDS, default="call"),
            "assignee": Field("belongs_to", label=_l("With"), target=lambda: Member,
                              help=_l("The lead's owner, when left empty.")),
            "location": Field("text", label=_l("Place or link"), max_length=500),
            "invites": Field("flag", label=_l("Invite the contact by e-mail"), default=True),
            "notes": Field("long_text", label=_l("Notes"), max_length=20_000),
        },
    )  # fmt: skip


def _is_open(row: Any) -> bool:
    return bool(row.status == "scheduled")


def _appointment() -> Resource:
    return Resource(
        Appointment,
        title=_l("Appointment"),
        plural=_l("Appointments"),
        list="title kind assignee scheduled_at ends_at status",
        search="title",
        views=(
            ListView("mine", _l("Mine, still to come"), "assignee.is=me&status.one_of=scheduled&sort=scheduled_at"),
            ListView("coming", _l("Still to come"), "status.one_of=scheduled&sort=scheduled_at"),
        ),
        about=_l("Appointments are booked on the page of a lead, or at one of the free times of a colleague."),
        sort="-scheduled_at",
        sections=(
            Section(_l("Appointment"), "lead title kind assignee scheduled_at ends_at timezone location"),
            Section(_l("Reminders and notes"), "reminders invites source notes"),
        ),
        board="status",
        calendar="scheduled_at",
        owner_field="assignee",
        panels=(Panel("clocks", _l("When it begins"), clocks.facts, is_open=True),),
        before_save=booking.complete,
        warn=booking.doubts,
        actions=(
            Action("held", _l("It took place"), appointments.held, icon="check", applies=_is_open,
                   parameters={"notes": Field("long_text", label=_l("Notes"), max_length=20_000)}),
            Action("no_answer", _l("No answer"), appointments.no_answer, icon="phone", applies=_is_open),
            Action("no_show", _l("Did not come"), appointments.no_show, icon="ban", applies=_is_open),
            Action("move", _l("Move…"), appointments.move, on="row", icon="clock", applies=_is_open,
                   parameters={"scheduled_at": Field("moment", label=_l("Begins"), required=True),
                               "ends_at": Field("moment", label=_l("Ends"))}),
            Action("cancel", _l("Cancel the appointment"), appointments.cancel, icon="cross", applies=_is_open,
                   danger=True, confirm=_l("Whoever was invited gets a cancellation."),
                   parameters={"reason": Field("text", label=_l("Reason"), max_length=500)}),
        ),
        icon="calendar",
        order=20,
    )  # fmt: skip


def _working_time() -> Resource:
    return Resource(
        WorkingTime,
        title=_l("Working time"),
        plural=_l("Working times"),
        list="member weekday starts ends",
        about=_l("Who works when. Whoever has no times here works at the usual ones of your country."),
        sort="weekday",
        owner_field="member",
        before_save=hours.complete_working_time,
        custom_fields=False,
        icon="clock",
        order=210,
        menu="setup",
    )
