"""The tables of durable jobs. A job exists as a row before anything in Redis knows of it, and the row decides.

    delayed -> pending -> leased -> running -> done
       ^                    |          |-----> failed (attempts used up)   cancelled   parked (lost three times)
       |____________________|__________|

`delayed` waits for its time; `pending` may start now; `leased` lies in the hand of a worker, which starts it within a
moment; `running` is marked once it has run for a while, so quick jobs go from `leased` to `done`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BigInteger,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, Choice, Record, TenantTable, choice, integer, json, long_text, moment, utcnow, uuid7
from app.data import text as text_field

MOMENT = DateTime(timezone=True)
PRIORITIES = {"high": 0, "normal": 10, "low": 20}
STATES = (
    Choice("delayed", _l("Waits for its time"), "grey"),
    Choice("pending", _l("Waiting"), "grey"),
    Choice("leased", _l("Starting"), "blue"),
    Choice("running", _l("Running"), "blue"),
    Choice("done", _l("Done"), "green"),
    Choice("failed", _l("Failed"), "red"),
    Choice("cancelled", _l("Cancelled"), "grey"),
    Choice("parked", _l("Parked"), "orange"),
)
HOLDS_KEY = "unique_key IS NOT NULL AND attempts = 0 AND lost_leases = 0 AND state IN ('delayed', 'pending')"
"""Only a job that was never tried keeps others of its key out: two that failed may wait side by side."""


class QueuedJob(Record):
    """One job of one tenant: what to do, how it stands, what came of it. `created_by` is the account that asked."""

    __audited__ = False  # what a job does is told, not how it fares
    __tablename__ = "job"
    __label__ = "title"
    __table_args__ = (
        Index("ix_job_pending", "tenant_id", "priority", "due_at", "id", postgresql_where=text("state = 'pending'")),
        Index("ix_job_delayed", "due_at", postgresql_where=text("state = 'delayed'")),
        Index("ix_job_lease", "lease_id", postgresql_where=text("lease_id IS NOT NULL")),
        Index(
            "uq_job_unique_key", "tenant_id", "name", "unique_key", unique=True,
            postgresql_where=text(HOLDS_KEY),
        ),
        Index(
            "uq_job_tick", "tenant_id", "schedule", "tick_at", unique=True,
            postgresql_where=text("schedule IS NOT NULL"),
        ),
        Index(
            "ix_job_open_batch", "tenant_id", "id",
            postgresql_where=text("state = 'running' AND lease_id IS NULL"),
        ),
        Index("ix_job_batch", "tenant_id", "batch_id", "state", postgresql_where=text("batch_id IS NOT NULL")),
        Index("ix_job_kept", "keep_until", postgresql_where=text("keep_until IS NOT NULL")),
        Index("ix_job_stuck", "tenant_id", "id", postgresql_where=text("state IN ('failed', 'parked')")),
    )  # fmt: skip

    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = text_field(label=_l("Job"), readonly=True)
    """In the language of whoever asked for it."""
    args: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    state: Mapped[str] = choice(*STATES, label=_l("Status"), default="pending", readonly=True)
    priority: Mapped[int] = mapped_column(SmallInteger, default=PRIORITIES["normal"])
    due_at: Mapped[datetime] = moment(label=_l("Due"), readonly=True, default=func.now())
    attempts: Mapped[int] = integer(label=_l("Attempts"), default=0, readonly=True)
    """How many attempts have ended; the first one that runs is number one."""
    percent: Mapped[int | None] = integer(label=_l("Progress"), readonly=True, extra={"show": "progress"})
    words: Mapped[str | None] = text_field(label=_l("Stage"), readonly=True)
    last_error: Mapped[str | None] = long_text(label=_l("Last error"), readonly=True)
    trace: Mapped[str | None] = mapped_column(Text)
    """For the operator: where the last error was raised."""
    result: Mapped[Any | None] = json(label=_l("Result"), readonly=True)
    started_at: Mapped[datetime | None] = moment(label=_l("Started"), readonly=True)
    finished_at: Mapped[datetime | None] = moment(label=_l("Finished"), readonly=True)
    lease_id: Mapped[UUID | None] = mapped_column(Uuid)
    """Who holds it. Whatever a worker writes to a row names its lease, so one that lost it changes nothing."""
    lease_until: Mapped[datetime | None] = mapped_column(MOMENT)
    lost_leases: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    cancel_asked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    unique_key: Mapped[str | None] = mapped_column(String(200))
    batch_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The job that this one is a part of; of a batch as a whole its own id."""
    schedule: Mapped[str | None] = mapped_column(String(100))
    tick_at: Mapped[datetime | None] = mapped_column(MOMENT)
    """The moment of the schedule that this job is for: unique, so no tick runs twice."""
    locale: Mapped[str] = mapped_column(String(16), default="", server_default="")
    request_id: Mapped[str | None] = mapped_column(String(64))
    keep_until: Mapped[datetime | None] = mapped_column(MOMENT)


class JobSchedule(TenantTable):
    """Where a schedule stands in one tenant: the next moment that it is due."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "name", name="pk_job_schedule"),
        Index("ix_job_schedule_next_at", "next_at"),
    )

    name: Mapped[str] = mapped_column(String(100))
    rule: Mapped[str] = mapped_column(String(200))
    """Times and zone that `next_at` was computed from: another rule means computing it anew."""
    next_at: Mapped[datetime] = mapped_column(MOMENT)
    last_at: Mapped[datetime | None] = mapped_column(MOMENT)


class JobProcess(Base):
    """A worker, dispatcher or scheduler that lives, or did a moment ago. The row of kind `retired` adds up the dead."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(20))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(MOMENT, default=utcnow, server_default=text("now()"))
    seen_at: Mapped[datetime] = mapped_column(MOMENT, default=utcnow, server_default=text("now()"))
    busy_with: Mapped[str | None] = mapped_column(String(100))
    finished: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    failed: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    per_minute: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    """Jobs that ended during the last sixty seconds."""
