"""What other sources said of a person or lead, and when: kept as they said it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from app.sdk import Choice, Mapped, Record, _l, choice, json, moment, record_id, text, url

SOURCES = (
    Choice("linkedin", "LinkedIn", "blue"),
    Choice("facebook", "Facebook", "blue"),
    Choice("instagram", "Instagram", "pink"),
    Choice("x", "X", "grey"),
    Choice("website", _l("Website"), "teal"),
    Choice("register", _l("Company register"), "grey"),
    Choice("enrichment", _l("Enrichment service"), "purple"),
    Choice("manual", _l("By hand"), "grey"),
)


class SocialSnapshot(Record):
    """One look at a profile or an enrichment service, of a contact or a lead."""

    __label__ = "source headline"
    __soft_delete__ = True
    __table_args__: Any = (Index("ix_social_snapshot_target", "tenant_id", "target_type", "target_id", "id"),)

    target_type: Mapped[str] = text(max_length=100, label=_l("Record type"), immutable=True)
    target_id: Mapped[UUID] = record_id(label=_l("Record"), immutable=True)
    source: Mapped[str] = choice(*SOURCES, label=_l("Source"), open=True, sortable=True, immutable=True)
    taken_at: Mapped[datetime] = moment(
        label=_l("Taken"), sortable=True, filled_in=True, immutable=True, help=_l("Now, when left empty.")
    )
    profile: Mapped[str | None] = url(label=_l("Profile"), immutable=True)
    headline: Mapped[str | None] = text(label=_l("Headline"), immutable=True)
    data: Mapped[Any | None] = json(label=_l("Data"), immutable=True, help=_l("What the source said, as JSON."))
