"""The outbox, and what each handler made of each event."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Choice, Record, belongs_to, choice, integer, json, long_text, moment, record_id
from app.data import text as text_field

WAITING, RUNNING, DONE, DEAD = "waiting", "running", "done", "dead"


class DomainEvent(Record):
    """One event. `told_at`, the database's clock under the locks of the change it tells of, orders an aggregate."""

    __label__ = "name"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        Index("ix_domain_event_waiting", "tenant_id", "told_at", "id", postgresql_where=text("state = 'waiting'")),
        Index(
            "ix_domain_event_open", "tenant_id", "aggregate_type", "aggregate_id", "told_at", "id",
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
        Index("ix_domain_event_aggregate", "tenant_id", "aggregate_id", "id"),
    )  # fmt: skip

    name: Mapped[str] = text_field(max_length=150, label=_l("Event"), readonly=True, sortable=True)
    schema_version: Mapped[int] = integer(label=_l("Version"), readonly=True, default=1)
    aggregate_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), readonly=True, default="")
    aggregate_id: Mapped[UUID | None] = record_id(label=_l("Record"), readonly=True)
    payload: Mapped[dict[str, Any]] = json(label=_l("Content"), readonly=True)
    state: Mapped[str] = choice(
        Choice(WAITING, _l("Waiting"), "grey"), Choice(RUNNING, _l("Being handled"), "blue"),
        Choice(DONE, _l("Done"), "green"), Choice(DEAD, _l("Failed for good"), "red"),
        label=_l("Status"), readonly=True, default=WAITING, sortable=True,
    )  # fmt: skip
    settled_at: Mapped[datetime | None] = moment(label=_l("Settled at"), readonly=True)
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    request_id: Mapped[str | None] = mapped_column(String(64))
    """Of the request, or the automation's run, whose doing it was; handlers work under it."""


class EventHandling(Record):
    """One handler's work on one event."""

    __label__ = "handler"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "event_id", "handler", name="uq_event_handling_once"),
        Index("ix_event_handling_unsettled", "tenant_id", "id", postgresql_where=text("state = 'waiting'")),
    )

    if TYPE_CHECKING:
        event_id: Mapped[UUID]
    event = belongs_to(DomainEvent, required=True, readonly=True, on_delete="cascade", label=_l("Event"))
    handler: Mapped[str] = text_field(max_length=100, label=_l("Handler"), readonly=True, sortable=True)
    state: Mapped[str] = choice(
        Choice(WAITING, _l("Waiting"), "grey"), Choice(DONE, _l("Done"), "green"),
        Choice(DEAD, _l("Failed for good"), "red"),
        label=_l("Status"), readonly=True, default=WAITING, sortable=True,
    )  # fmt: skip
    attempts: Mapped[int] = integer(label=_l("Attempts"), readonly=True, default=0)
    due_at: Mapped[datetime | None] = moment(label=_l("Next attempt at"), readonly=True)
    last_error: Mapped[str | None] = long_text(label=_l("Last error"), readonly=True)
    done_at: Mapped[datetime | None] = moment(label=_l("Done at"), readonly=True)
