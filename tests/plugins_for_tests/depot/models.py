"""Parcels that move, and what was heard of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.sdk import Mapped, Record, integer, json, record_id, text


class Parcel(Record):
    """A thing to which events happen in order."""

    code: Mapped[str] = text(unique=True, sortable=True)
    steps: Mapped[int] = integer(default=0)


class Heard(Record):
    """One effect of one handler: what must be there exactly once."""

    __publishes__ = False

    handler: Mapped[str] = text()
    event_id: Mapped[UUID | None] = record_id()
    parcel_id: Mapped[UUID | None] = record_id()
    step: Mapped[int | None] = integer()
    data: Mapped[Any | None] = json()
