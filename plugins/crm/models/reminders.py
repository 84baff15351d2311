"""What was told to whom, and the secret addresses of calendars."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text

from app.sdk import Mapped, Member, Record, _l, belongs_to, moment, record_id
from app.sdk import text as text_field


class Reminder(Record):
    """One thing that one person was reminded of. Unique, so that whoever else comes to do it finds it done.

    `about` says what kind of reminder it was and `for_at` the moment it was for: put off, it is another one.
    """

    __audited__ = False
    __publishes__ = False
    __table_args__ = (
        Index("uq_reminder_once", "tenant_id", "target_id", "about", "for_at", "member_id", unique=True),
        Index("ix_reminder_old", "tenant_id", "created_at"),
    )

    member = belongs_to(Member, required=True, on_delete="cascade", label=_l("Who"))
    about: Mapped[str] = text_field(max_length=40, label=_l("About"))
    target_id: Mapped[UUID] = record_id(label=_l("Record"))
    for_at: Mapped[datetime] = moment(label=_l("When"))


class CalendarFeed(Record):
    """The secret address under which a person's calendar program reads their agenda; only its hash is kept."""

    __label__ = "name"
    __table_args__ = (
        Index("uq_calendar_feed_member", "tenant_id", "member_id", unique=True,
              postgresql_where=text("revoked_at IS NULL")),
        Index("uq_calendar_feed_key_hash", "tenant_id", "key_hash", unique=True),
    )  # fmt: skip

    member = belongs_to(Member, required=True, on_delete="cascade", immutable=True, label=_l("Who"))
    name: Mapped[str] = text_field(max_length=100, label=_l("Name"))
    key_hash: Mapped[str] = text_field(max_length=64, label=_l("Key"), secret=True, readonly=True)
    read_at: Mapped[datetime | None] = moment(label=_l("Last read"), readonly=True)
    revoked_at: Mapped[datetime | None] = moment(label=_l("Revoked"), readonly=True)
