"""What a person has arranged, and whether a tenant has put its first steps away: a row each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.data import Record, json, record_id
from app.data import text as text_field


class Desk(Record):
    """The desk of one person in the tenant. Every request reads it along with who is asking (`app.identity.who`)."""

    __audited__ = False
    __publishes__ = False
    __table_args__ = (Index("uq_desk_person", "tenant_id", "person", unique=True),)

    person: Mapped[UUID] = record_id(label=_l("Person"))
    density: Mapped[str | None] = text_field(max_length=20, label=_l("Density"))
    recent: Mapped[Any] = json(label=_l("Seen last"))
    """Keys, the latest first. It changes with every record that is opened, so only the tray that shows it reads it."""
    pins: Mapped[Any] = json(label=_l("Pinned records"))
    """Keys of records, the latest first: `["crm.lead:0198..."]`."""
    lists: Mapped[Any] = json(label=_l("Columns"))
    """By resource: `{"columns": [name, ...], "widths": {name: pixels}}`."""
    habits: Mapped[Any] = json(label=_l("Habits"))
    """`{"silent": true, "turned": ["crm", "crm/set-up"], "cards": {"contacts.contact": "large"}}`: no single keys, the
    groups of the menu and the cards of galleries not as usual."""


class FirstStepsHidden(Record):
    """The tenant wants to see its first steps no more."""

    __config__ = True
    __table_args__ = (Index("uq_first_steps_hidden_tenant", "tenant_id", unique=True),)
