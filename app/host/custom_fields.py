"""Fields that a tenant adds to a resource by itself: defined on a screen, stored in `custom_fields`, no migration."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session

from app.data import Field, Record, choice, country, flag, integer, language, long_text, record_link, time_zone
from app.data import text as text_field
from app.data.choices import named_later
from app.data.fields import Choice
from app.host.extending import is_here, tenant_here
from app.host.extensions import guest_of
from app.identity.principal import principal
from app.tenancy.configuration import by_configuration

PREFIX = "custom."
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
KINDS = (
    Choice("text", _l("Text")),
    Choice("long_text", _l("Long text")),
    Choice("choice", _l("Choice from a list")),
    Choice("integer", _l("Whole number")),
    Choice("decimal", _l("Decimal number")),
    Choice("flag", _l("Yes or no")),
    Choice("day", _l("Date")),
    Choice("moment", _l("Date and time")),
    Choice("email", _l("E-mail")),
    Choice("phone", _l("Phone")),
    Choice("url", _l("Web address")),
    Choice("money", _l("Amount of money")),
    Choice("link", _l("Link to a record")),
    Choice("tags", _l("Tags")),
    Choice("country", _l("Country")),
    Choice("language", _l("Language")),
    Choice("time_zone", _l("Time zone")),
)
_CODED: Mapping[str, Callable[..., Any]] = {"country": country, "language": language, "time_zone": time_zone}
TAKERS = "custom_fields.records"
"""The choice of records that take custom fields, which the application names (`app.data.choices`)."""
LINKED = "custom_fields.linked"
"""Likewise of the records that a custom field may lead to."""


class CustomFieldDef(Record):
    """One custom field of one resource."""

    __label__ = "label"
    __config__ = True
    __table_args__ = (
        Index("uq_custom_field_def_key", "tenant_id", "resource", "key", unique=True),
        CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,39}$'", name="key_form"),
    )

    resource: Mapped[str] = named_later(TAKERS, max_length=100, label=_l("Records"), immutable=True, sortable=True)
    key: Mapped[str] = text_field(
        max_length=40, label=_l("Key"), immutable=True, help=_l("Lower-case letters, digits and _: the name in REST.")
    )
    label: Mapped[str] = text_field(max_length=100, label=_l("Label"), sortable=True)
    kind: Mapped[str] = choice(*KINDS, label=_l("Kind"), immutable=True, default="text")
    options: Mapped[str | None] = long_text(
        max_length=10_000, label=_l("Choices"), help=_l("One a line."), show_if="kind=choice"
    )
    links: Mapped[str | None] = named_later(
        LINKED, max_length=100, label=_l("Records it leads to"), immutable=True, show_if="kind=link"
    )
    required: Mapped[bool] = flag(label=_l("Required"))
    position: Mapped[int] = integer(label=_l("Order"), default=100)


def custom_fields(session: Session, resource: str) -> dict[str, Field]:
    """The tenant's fields of a resource by full name (`custom.fleet`), in their order, after those that other plugins
    add (`custom.garage__plate`)."""
    everything: dict[str, dict[str, Field]] = by_configuration(session, principal(), "custom_fields", _load)
    return everything.get(resource, {})


def _load(session: Session) -> dict[str, dict[str, Field]]:
    found = _added()
    order = (CustomFieldDef.resource, CustomFieldDef.position, CustomFieldDef.id)
    for row in session.scalars(select(CustomFieldDef).order_by(*order)):
        name = PREFIX + row.key
        found.setdefault(row.resource, {})[name] = _field(row, name)
        session.expunge(row)
    return found


def _added() -> dict[str, dict[str, Field]]:
    """What plugins add that are on here."""
    entries = [entry for entry in current_app.extensions["tenantry"].entries.values() if entry.added]
    guests = {guest_of(field.name) for one in entries for field in one.added}
    tenant = tenant_here() if guests else None
    here = {plugin: is_here(plugin, tenant) for plugin in guests}
    return {one.key: {field.name: field for field in one.added if here[guest_of(field.name)]} for one in entries}


def _field(row: CustomFieldDef, name: str) -> Field:
    said: dict[str, Any] = {"name": name, "label": row.label, "required": row.required}
    if row.kind == "link":
        return record_link(row.links or "", **said)  # type: ignore[no-any-return]
    if row.kind in _CODED:
        return _CODED[row.kind](**said)  # type: ignore[no-any-return]
    choices = tuple(Choice(line.strip(), line.strip()) for line in (row.options or "").splitlines() if line.strip())
    limits: dict[str, Any] = {"text": 255, "long_text": 10_000, "phone": 20, "email": 254, "url": 2000}
    return Field(
        row.kind,  # type: ignore[arg-type]
        choices=choices,
        max_length=limits.get(row.kind),
        **said,
    )
