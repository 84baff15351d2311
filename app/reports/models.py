"""Saved reports, and how a person has arranged their start page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data import Record, choice, json, long_text, record_id
from app.data import text as text_field

NAME_LIMIT = 80
QUERY_LIMIT = 4_000


class SavedReport(Record):
    """What a report was asked for, as its address says it. It runs under the rights of whoever opens it."""

    __label__ = "name"
    __table_args__ = (Index("ix_saved_report_author", "tenant_id", "created_by"),)

    name: Mapped[str] = text_field(max_length=NAME_LIMIT, label=_l("Name"), sortable=True)
    source: Mapped[str] = text_field(max_length=100, label=_l("Data"), immutable=True)
    query: Mapped[str] = long_text(max_length=QUERY_LIMIT, label=_l("Question"))
    audience: Mapped[str] = choice(
        ("private", _l("Only me")), ("shared", _l("Everybody")), default="private", label=_l("For")
    )


class StartPage(Record):
    """The cards a person has chosen for their start page, in their order: `[{"card": key, "size": size}]`."""

    __audited__ = False
    __publishes__ = False
    __table_args__ = (Index("uq_start_page_person", "tenant_id", "person", unique=True),)

    person: Mapped[UUID] = record_id(label=_l("Person"))
    cards: Mapped[Any] = json(label=_l("Cards"))
