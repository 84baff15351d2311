"""What a lead, and whom it is about, say in a field: as texts, as a number, as a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from app.sdk import LANGUAGES, Company, Contact, Field, Money, Record, session, utcnow
from plugins.crm.models import Lead
from plugins.crm.services.conditions.condition import COUNTED, WAYS, Condition
from plugins.crm.services.conditions.done import NOTHING, Done


def texts_of(lead: Any, path: str, key: str = "", done: Done = NOTHING) -> list[str]:
    """What the lead, or whom it is about, says in a field: a choice or code by its value and its words, a record by its
    name and id."""
    name, _dot, rest = path.partition(".")
    if path == "custom":
        return list(_plain(lead.custom_fields.get(key) if lead.custom_fields else None))
    if name == "address":
        return _address(lead, rest)
    if name == "activity":
        return list(_plain(done.last(lead.id) if rest == "last" else done.number(lead.id, COUNTED[path]) or None))
    if not rest:
        return list(_texts(Lead.__fields__[name], _value(lead, name)))
    about = _value(lead, name)
    if about is None:
        return []
    if path in WAYS:
        return [one.value for one in about.channels if one.kind in WAYS[path]]
    return list(_of(about, rest, key))


def number_of(lead: Any, condition: Condition, done: Done) -> Decimal | Money | None:
    """The number that a condition compares; None for what is none."""
    if condition.field in COUNTED:
        return Decimal(done.number(lead.id, COUNTED[condition.field], condition.days))
    if condition.field == "value":
        value: Money | None = lead.value
        return value
    try:
        found = Decimal(str(_own(lead, condition)))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def moment_of(lead: Any, condition: Condition, done: Done) -> datetime | None:
    """The moment that a condition compares; of a day its beginning, None for what is neither."""
    if condition.field == "activity.last":
        return done.last(lead.id)
    own = condition.field.endswith("custom")
    value = _own(lead, condition) if own else _value(lead, condition.field)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value.replace(tzinfo=value.tzinfo or UTC) if isinstance(value, datetime) else None


def _own(lead: Any, condition: Condition) -> Any:
    """The value of an own field of the lead, its contact or its company."""
    name, _dot, rest = condition.field.partition(".")
    record = _value(lead, name) if rest else lead
    return (record.custom_fields or {}).get(condition.key) if record is not None else None


def _of(record: Any, name: str, key: str = "") -> Iterator[str]:
    if name == "custom":
        yield from _plain(record.custom_fields.get(key))
    else:
        yield from _texts(type(record).__fields__[name], getattr(record, name))


def _address(lead: Any, name: str) -> list[str]:
    """The contact's address, the default one or else the first; a country or city also by the company."""
    contact: Any = session.get(Contact, lead.contact_id) if lead.contact_id else None
    addresses = sorted(contact.addresses, key=lambda one: (not one.is_default, one.id)) if contact is not None else []
    found = next((texts for one in addresses if (texts := list(_of(one, name)))), [])
    company = session.get(Company, lead.company_id) if lead.company_id and name in ("country", "city") else None
    return found or (list(_of(company, name)) if company is not None else [])


def _value(lead: Any, name: str) -> Any:
    """A related record is found by its id: of a new lead the relation is not loaded."""
    if name == "created_at":
        return lead.created_at or utcnow()  # one that is about to be stored
    field = Lead.__fields__[name]
    if field.kind != "belongs_to" or field.target is None:
        return getattr(lead, name)
    key = getattr(lead, field.column)
    return session.get(field.target(), key) if key is not None else None


def _texts(field: Field, value: Any) -> Iterator[str]:
    words_in = getattr(field.choices, "words_in", None)
    if words_in is not None and value:
        yield from (value, value.partition("-")[0], *(words_in(one).get(value, value) for one in LANGUAGES))
        return
    yield from _plain(value)
    yield from (one.words for one in field.choices if one.value == value)


def _plain(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from map(str, value)
    elif isinstance(value, Record):
        yield from (str(value), str(value.id))
    elif value not in (None, ""):
        yield str(value.amount if isinstance(value, Money) else value)
