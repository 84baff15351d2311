"""What was done about a lead, contact or company, and what is to be done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from app.sdk import (
    Choice,
    Company,
    Contact,
    Mapped,
    Member,
    Record,
    _l,
    belongs_to,
    choice,
    integer,
    long_text,
    moment,
)
from app.sdk import text as text_field
from plugins.crm.models.leads import Lead
from plugins.crm.models.priorities import PRIORITIES

ACTIVITY_KINDS = (
    Choice("call", _l("Call"), "green"),
    Choice("meeting", _l("Meeting"), "purple"),
    Choice("email", _l("E-mail"), "blue"),
    Choice("form", _l("Answer to a form"), "teal"),
)
DIRECTIONS = (Choice("out", _l("Outgoing"), "blue"), Choice("in", _l("Incoming"), "teal"))
CALL_RESULTS = (
    Choice("reached", _l("Reached"), "green"),
    Choice("call_back", _l("Asked to call back"), "blue"),
    Choice("voicemail", _l("Left a message"), "amber"),
    Choice("busy", _l("Busy"), "amber"),
    Choice("no_answer", _l("No answer"), "grey"),
    Choice("wrong_number", _l("Wrong number"), "red"),
)
REPEATS = (
    Choice("daily", _l("Every day")),
    Choice("working_days", _l("Every working day")),
    Choice("weekly", _l("Every week")),
    Choice("monthly", _l("Every month")),
)


class Activity(Record):
    """A call, a meeting or an e-mail that took place, or what a known visitor wrote into a form."""

    __soft_delete__ = True
    __label__ = "kind subject"

    kind: Mapped[str] = choice(*ACTIVITY_KINDS, label=_l("Kind"), default="call")
    subject: Mapped[str | None] = text_field(label=_l("Subject"), sortable=True)
    lead = belongs_to(Lead, label=_l("Lead"))
    contact = belongs_to(Contact, label=_l("Contact"))
    company = belongs_to(Company, label=_l("Company"))
    at: Mapped[datetime] = moment(label=_l("When"), sortable=True, filled_in=True, help=_l("Now, when left empty."))
    direction: Mapped[str | None] = choice(*DIRECTIONS, label=_l("Direction"), show_if="kind=call|email|form")
    result: Mapped[str | None] = choice(*CALL_RESULTS, label=_l("Result"), show_if="kind=call")
    minutes: Mapped[int | None] = integer(label=_l("Minutes"), minimum=0, maximum=1440, show_if="kind=call|meeting")
    done_by = belongs_to(Member, label=_l("By"), help=_l("You, when left empty."))
    notes: Mapped[str | None] = long_text(max_length=20_000, label=_l("Notes"))


class Task(Record):
    """Something to be done by somebody, once or again and again."""

    __soft_delete__ = True
    __label__ = "title"
    __table_args__ = (
        Index(
            "ix_task_due", "tenant_id", "assignee_id", "due_at", "id",
            postgresql_where=text("state = 'open' AND deleted_at IS NULL"),
        ),
        Index("uq_task_follows", "tenant_id", "follows_id", unique=True, postgresql_where=text("deleted_at IS NULL")),
    )  # fmt: skip

    title: Mapped[str] = text_field(label=_l("Title"), sortable=True)
    state: Mapped[str] = choice(
        Choice("open", _l("To do"), "blue"), Choice("done", _l("Done"), "green"), label=_l("Status"), default="open"
    )
    due_at: Mapped[datetime | None] = moment(label=_l("Due"), sortable=True, due=lambda task: task.state == "open")
    priority: Mapped[str] = choice(*PRIORITIES, label=_l("Priority"), default="normal", sortable=True)
    assignee = belongs_to(Member, label=_l("Assigned to"), help=_l("You, when left empty."))
    lead = belongs_to(Lead, label=_l("Lead"))
    contact = belongs_to(Contact, label=_l("Contact"))
    company = belongs_to(Company, label=_l("Company"))
    repeats: Mapped[str | None] = choice(
        *REPEATS, label=_l("Repeats"), help=_l("The next one is made when it is done.")
    )
    notes: Mapped[str | None] = long_text(max_length=20_000, label=_l("Notes"))
    done_at: Mapped[datetime | None] = moment(label=_l("Done"), readonly=True, sortable=True)
    follows = belongs_to(lambda: Task, readonly=True, label=_l("Repeats the task"))
