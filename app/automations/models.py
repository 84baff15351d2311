"""Automations, their steps, and the log of what they did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import DateTime, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Choice, Record, belongs_to, choice, has_many, integer, json, long_text, moment, record_id
from app.data import text as text_field
from app.data.choices import named_later
from app.data.fields import field_names
from app.features.access_rules import RULED
from app.host.form_rules import CONDITIONS
from app.tenancy.models import Membership

DRAFT, ON, OFF = "draft", "on", "off"
CREATED, UPDATED, EVENT, MOMENT, BUTTON, SCHEDULE = "created", "updated", "event", "moment", "button", "schedule"
WAITING, DONE, STOPPED, FAILED, HELD = "waiting", "done", "stopped", "failed", "held"
EVENTS = "automations.events"
"""The choice of events, which the application names (`app.data.choices`)."""
TRIGGERS = (
    Choice(CREATED, _l("A record is added")),
    Choice(UPDATED, _l("A record is changed")),
    Choice(EVENT, _l("Something happens to a record")),
    Choice(MOMENT, _l("A time before or after a date of the record")),
    Choice(BUTTON, _l("Somebody presses a button")),
    Choice(SCHEDULE, _l("Every day or week, for all records that match")),
)
WEEKDAYS = (
    Choice("mon", _l("Monday")), Choice("tue", _l("Tuesday")), Choice("wed", _l("Wednesday")),
    Choice("thu", _l("Thursday")), Choice("fri", _l("Friday")), Choice("sat", _l("Saturday")),
    Choice("sun", _l("Sunday")),
)  # fmt: skip
UNITS = (Choice("minutes", _l("Minutes")), Choice("hours", _l("Hours")), Choice("days", _l("Days")))
STEP_KINDS = (
    Choice("set", _l("Set fields")),
    Choice("action", _l("Run an action")),
    Choice("make", _l("Add a record")),
    Choice("notify", _l("Tell members")),
    Choice("mail", _l("Send an e-mail")),
    Choice("webhook", _l("Call a webhook")),
    Choice("wait", _l("Wait")),
    Choice("stop", _l("Stop unless")),
)
RUN_STATES = (
    Choice(WAITING, _l("Under way"), "blue"),
    Choice(DONE, _l("Done"), "green"),
    Choice(STOPPED, _l("Stopped"), "grey"),
    Choice(FAILED, _l("Failed"), "red"),
    Choice(HELD, _l("Held back"), "orange"),
)


class Automation(Record):
    """When something happens to records of a kind, and conditions hold, steps are done."""

    __label__ = "name"
    __config__ = True
    __publishes__ = False
    __table_args__: Any = (
        Index("ix_automation_on", "tenant_id", "trigger", postgresql_where=text("state = 'on'")),
    )  # fmt: skip

    if TYPE_CHECKING:
        runs_as_id: Mapped[UUID]
    name: Mapped[str] = text_field(max_length=100, label=_l("Name"), sortable=True)
    resource: Mapped[str] = named_later(RULED, max_length=100, label=_l("Records"), immutable=True)
    state: Mapped[str] = choice(
        Choice(DRAFT, _l("Draft"), "grey"), Choice(ON, _l("On"), "green"), Choice(OFF, _l("Off"), "grey"),
        label=_l("Status"), default=DRAFT, sortable=True,
    )  # fmt: skip
    runs_as = belongs_to(
        Membership, filled_in=True, on_delete="cascade", label=_l("Runs as"),
        help=_l("It may what this member may, and nothing else."),
    )  # fmt: skip
    description: Mapped[str | None] = long_text(max_length=2_000, label=_l("Description"))
    trigger: Mapped[str] = choice(*TRIGGERS, label=_lp("automation", "When"), default=CREATED)
    watched: Mapped[list[str]] = field_names(
        "resource", label=_l("Only when these fields change"), show_if="trigger=updated"
    )
    event_name: Mapped[str | None] = named_later(
        EVENTS, max_length=150, label=_l("Event"), show_if="trigger=event"
    )  # fmt: skip
    moment_field: Mapped[str | None] = text_field(
        max_length=100, label=_l("Date or time of the record"), show_if="trigger=moment"
    )
    amount: Mapped[int] = integer(label=_l("How long"), default=0, minimum=0, maximum=10_000, show_if="trigger=moment")
    unit: Mapped[str] = choice(*UNITS, label=_l("Unit"), default="days", show_if="trigger=moment")
    direction: Mapped[str] = choice(
        ("before", _l("Before")), ("after", _l("After")), label=_l("Before or after"), default="after",
        show_if="trigger=moment",
    )  # fmt: skip
    at_time: Mapped[str | None] = text_field(
        max_length=5, label=_l("Time of day"), default="09:00", show_if="trigger=moment|schedule",
        help=_l("As 09:00, on the clock of your organisation. For dates without a time."),
    )  # fmt: skip
    weekday: Mapped[str | None] = choice(
        *WEEKDAYS, label=_l("Day of the week"), show_if="trigger=schedule", help=_l("Every day when none is chosen.")
    )
    conditions: Mapped[Any | None] = json(label=_l("Conditions"), extra={"schema": CONDITIONS})
    keep_days: Mapped[int] = integer(
        label=_l("Days that the log is kept"), default=90, minimum=1, maximum=3_650
    )  # fmt: skip
    steps = has_many(lambda: AutomationStep, reverse="automation", label=_l("Steps"))
    looked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Of `moment`: up to when moments were looked for."""
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Of `schedule`: when it is due next."""


class AutomationStep(Record):
    """One thing that is done. What `settings` hold goes by the kind (`app.automations.steps`)."""

    __label__ = "kind"
    __config__ = True
    __publishes__ = False

    if TYPE_CHECKING:
        automation_id: Mapped[UUID]
    automation = belongs_to(Automation, required=True, on_delete="cascade", label=_l("Automation"))
    position: Mapped[int] = integer(label=_l("Order"), default=0, minimum=0, maximum=10_000)
    kind: Mapped[str] = choice(*STEP_KINDS, label=_l("What is done"))
    settings: Mapped[Any | None] = json(label=_l("Settings"))


class AutomationRun(Record):
    """One run on one record, once for each `key`. It keeps the steps as they were when it began (`plan`)."""

    __label__ = "automation_name"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "automation_id", "key", name="uq_automation_run_once"),
        Index("ix_automation_run_target", "tenant_id", "target_type", "target_id", "id"),
        Index("ix_automation_run_waiting", "tenant_id", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_automation_run_root", "tenant_id", "root_id", "automation_id"),
    )

    if TYPE_CHECKING:
        automation_id: Mapped[UUID]
    automation = belongs_to(
        Automation, required=True, readonly=True, on_delete="cascade", label=_l("Automation")
    )  # fmt: skip
    automation_name: Mapped[str] = text_field(max_length=100, label=_l("Name"), readonly=True)
    target_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), readonly=True)
    target_id: Mapped[UUID | None] = record_id(label=_l("Record"), readonly=True)
    record_label: Mapped[str] = text_field(max_length=255, label=_lp("run", "On"), readonly=True, default="")
    trigger: Mapped[str] = choice(*TRIGGERS, label=_lp("automation", "When"), readonly=True)
    state: Mapped[str] = choice(*RUN_STATES, label=_l("Status"), readonly=True, default=WAITING, sortable=True)
    reason: Mapped[str | None] = long_text(max_length=2_000, label=_l("Why"), readonly=True)
    attempts: Mapped[int] = integer(label=_l("Attempts"), readonly=True, default=0)
    due_at: Mapped[datetime | None] = moment(label=_l("Goes on at"), readonly=True)
    ended_at: Mapped[datetime | None] = moment(label=_l("Ended"), readonly=True)
    key: Mapped[str] = mapped_column(String(200))
    """What set it off: the same thing sets an automation off once."""
    position: Mapped[int] = integer(label=_l("Steps done"), readonly=True, default=0)
    plan: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    depth: Mapped[int] = integer(label=_l("Depth"), readonly=True, default=0)
    """How many runs led to this one."""
    root_id: Mapped[UUID] = mapped_column(Uuid)
    """The first of them; itself where nothing but people led to it."""


class AutomationOutcome(Record):
    """What came of one step of a run."""

    __label__ = "words"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "run_id", "number", name="uq_automation_outcome_once"),)

    if TYPE_CHECKING:
        run_id: Mapped[UUID]
    run = belongs_to(AutomationRun, required=True, readonly=True, on_delete="cascade", label=_l("Run"))
    number: Mapped[int] = integer(label=_l("Number"), readonly=True)
    kind: Mapped[str] = choice(*STEP_KINDS, label=_lp("automation", "Step"), readonly=True)
    words: Mapped[str] = long_text(max_length=5_000, label=_l("What was done"), readonly=True)
    fields: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """The fields whose values `words` tell: who may not see one of them is not shown the words."""
