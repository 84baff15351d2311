"""From a record to the tokens it is found by, each with the fields it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict, instance_state

from app.data import Field, Money, Record
from app.host import Clue, Entry
from app.host.custom_fields import PREFIX, custom_fields
from app.search.index import Tokens, custom_token, tag_token
from app.search.likeness import tokens_of_values
from app.search.tokens import (
    email_tokens,
    fold,
    phone_tokens,
    sortable_day,
    sortable_moment,
    sortable_number,
    text_tokens,
)


def is_searchable(entry: Entry) -> bool:
    """Has the resource anything to write tokens of?"""
    return bool(entry.resource.search or entry.resource.clues or entry.resource.custom_fields or entry.tagged)


class CustomFields(dict[str, dict[str, Field]]):
    """The tenant's own fields by resource, read once for all the rows of a flush."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def __missing__(self, resource: str) -> dict[str, Field]:
        self[resource] = found = custom_fields(self._session, resource)
        return found


def tokens_of(session: Session, entry: Entry, row: Any, custom: CustomFields | None = None) -> Tokens:
    """Every token a record is found by. `custom` saves reading the tenant's own fields for each of many records."""
    found: Tokens = {}
    for name, tokens in _sources(session, entry, row, custom):
        for token in tokens:
            known = found.setdefault(token, name)
            if known != name:
                found[token] = " ".join(sorted({*known.split(), name}))
    return found


def _sources(
    session: Session, entry: Entry, row: Any, custom: CustomFields | None
) -> Iterator[tuple[str, Iterable[str]]]:
    """Tokens by the name of the field they come from."""
    for field, rest in entry.searched:
        if field.kind == "has_many":
            for child in _children(session, row, field):
                yield field.name, child_tokens(child, rest)
        else:
            yield field.name, value_tokens(field, getattr(row, field.name))
    for name in entry.tagged:
        yield name, [tag_token(tag) for tag in getattr(row, name) or ()]
    for clue in entry.leading_clues:
        yield clue.path.partition(".")[0], tokens_of_values(clue, clue_values(session, entry, row, clue))
    if entry.resource.custom_fields and row.custom_fields:
        yield from _custom_tokens((CustomFields(session) if custom is None else custom)[entry.key], row)


def clue_values(session: Session, entry: Entry, row: Any, clue: Clue) -> Iterator[Any]:
    """What a record says for a clue: one value, or those of its inline rows."""
    name, _dot, rest = clue.path.partition(".")
    field = entry.fields[name]
    if field.kind == "has_many":
        yield from (getattr(child, rest) for child in _children(session, row, field))
    else:
        yield getattr(row, field.column, None)


def _children(session: Session, row: Any, field: Field) -> Iterable[Any]:
    if not isinstance(row, Record):  # a plain row of `bulk.add_many`
        return list(getattr(row, field.name))
    if field.name in instance_dict(row):
        return [child for child in instance_dict(row)[field.name] if not is_gone(child)]
    child = field.target()  # type: ignore[misc]
    return session.scalars(select(child).where(getattr(child, f"{field.reverse}_id") == row.id)).all()


def child_tokens(child: Any, name: str) -> frozenset[str]:
    """Tokens of one inline row; a model whose field means different things says so in `search_tokens()`."""
    own = getattr(child, "search_tokens", None)
    if own is not None:
        result: frozenset[str] = own()
        return result
    return value_tokens(child.__fields__[name], getattr(child, name))


def value_tokens(field: Field, value: Any) -> frozenset[str]:
    """Tokens of one value by the kind of its field."""
    if value is None or value == "":
        return frozenset()
    if field.kind == "email":
        return email_tokens(value)
    if field.kind == "phone":
        return phone_tokens(value)
    return text_tokens(str(value))


def _custom_tokens(fields: Mapping[str, Field], row: Any) -> Iterator[tuple[str, Iterable[str]]]:
    for name, field in fields.items():
        value = row.custom_fields.get(name.removeprefix(PREFIX))
        if value is None:
            continue
        key = name.removeprefix(PREFIX)
        values = value if isinstance(value, list) else [value]
        yield name, [custom_token(key, sortable(field, one)) for one in values]
        if field.kind in ("text", "long_text", "email", "phone", "choice"):
            yield name, value_tokens(field, value)


def is_gone(row: Record) -> bool:
    """Is the row deleted, or no longer known to a session?"""
    state = instance_state(row)
    return state.key is not None and bool(state.was_deleted or state.deleted or state.detached)


def sortable(field: Field, value: Any) -> str:
    """A custom field's stored (JSON) or typed value, of tags one of them, as text that sorts like it."""
    if field.kind in ("integer", "decimal"):
        return sortable_number(Decimal(str(value)))
    if field.kind == "day":
        return sortable_day(value if isinstance(value, date) else date.fromisoformat(value))
    if field.kind == "moment":
        return sortable_moment(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    if field.kind == "flag":
        return "true" if value else "false"
    if isinstance(value, Money | dict):
        return _sortable_money(value)
    return fold(str(value))[:100]


def _sortable_money(value: Any) -> str:
    """By currency, then by amount: amounts of two currencies are neither more nor less than each other."""
    if isinstance(value, Money):
        return f"{value.currency}{sortable_number(value.amount)}"
    return f"{value['currency']}{sortable_number(Decimal(value['amount']))}"
