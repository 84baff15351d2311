"""Keeps the tokens in step with the records: whatever way a row is written, its tokens follow in the same
transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import current_app, has_app_context
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.data.scope import current_scope, enter_scope, leave_scope
from app.host import EXTENSION, Entry, Registry
from app.host.custom_fields import PREFIX, custom_fields
from app.search.index import custom_token, tag_token, write_tokens
from app.search.tokens import (
    email_tokens,
    fold,
    phone_tokens,
    sortable_day,
    sortable_moment,
    sortable_number,
    text_tokens,
)

_WAITING = "tenantry_tokens"


# Every session: the platform's writes memberships, which are tenant rows like any other.
@event.listens_for(Session, "after_flush")
def _collect(session: Session, context: Any) -> None:
    """Note which rows changed; what changed is known only now, the rows can be read only after the flush."""
    registry = _registry()
    if registry is None:
        return
    changed: dict[Record, bool] = session.info.setdefault(_WAITING, {})
    for row in session.new:
        if isinstance(row, Record):
            changed[row] = True
    for row in (*session.dirty, *session.deleted):
        if isinstance(row, Record) and (row in session.deleted or _touches_search(registry, row)):
            changed.setdefault(row, False)


@event.listens_for(Session, "after_flush_postexec")
def _write(session: Session, context: Any) -> None:
    changed: dict[Record, bool] = session.info.pop(_WAITING, {})
    registry = _registry()
    if registry is None:
        return
    by_tenant: dict[UUID, dict[Record, bool]] = {}
    for row, is_new in changed.items():
        by_tenant.setdefault(row.tenant_id, {})[row] = is_new
    for tenant_id, rows in by_tenant.items():
        # A session of one tenant is in its scope already; the platform's enters each in turn.
        token = enter_scope(replace(current_scope(), tenant_id=tenant_id))
        try:
            _write_of_tenant(registry, session, rows)
        finally:
            leave_scope(token)


def _write_of_tenant(registry: Registry, session: Session, changed: dict[Record, bool]) -> None:
    wanted: dict[tuple[str, UUID], set[str]] = {}
    fresh: set[tuple[str, UUID]] = set()
    custom = CustomFields(session)
    with session.no_autoflush:
        for row, is_new in _found_by(registry, session, changed).items():
            entry = registry.by_model[type(row)]
            identity = inspect(row).identity
            key = (entry.key, identity[0] if identity else row.id)
            wanted[key] = set() if _is_gone(row) else tokens_of(session, entry, row, custom)
            if is_new:
                fresh.add(key)
        write_tokens(session, wanted, fresh)


def _found_by(registry: Registry, session: Session, changed: dict[Record, bool]) -> dict[Record, bool]:
    """The records whose tokens the changes touch: the rows themselves, and parents found by their inline rows."""
    found: dict[Record, bool] = {}
    for row, is_new in changed.items():
        entry = registry.by_model.get(type(row))
        if entry is not None and is_searchable(entry):
            found[row] = is_new
    collections = _collections(registry)
    for row in changed:
        for model, field in collections.get(type(row), ()):
            parent_id = getattr(row, f"{field.reverse}_id")
            parent = session.get(model, parent_id) if parent_id else None
            if parent is not None and not _is_gone(parent):
                found.setdefault(parent, False)
    return found


def _is_gone(row: Record) -> bool:
    state = inspect(row)
    return bool(state.was_deleted or state.deleted or state.detached)


def _registry() -> Registry | None:
    return current_app.extensions.get(EXTENSION) if has_app_context() else None


def is_searchable(entry: Entry) -> bool:
    """Has the resource anything to write tokens of?"""
    return bool(
        entry.resource.search or entry.resource.custom_fields or any(f.kind == "tags" for f in entry.fields.values())
    )


def _collections(registry: Registry) -> dict[type[Record], list[tuple[type[Record], Field]]]:
    """By the model of the inline rows: the records that search in them, and the field that holds them."""
    found: dict[type[Record], list[tuple[type[Record], Field]]] = {}
    for model, entry in registry.by_model.items():
        for path in entry.resource.search.split():
            name, _, rest = path.partition(".")
            field = entry.fields.get(name)
            if rest and field is not None and field.kind == "has_many" and field.target is not None:
                found.setdefault(field.target(), []).append((model, field))
    return found


def _touches_search(registry: Registry, row: Any) -> bool:
    """Skip rows whose change cannot alter a token, such as a new owner."""
    if not isinstance(row, Record):
        return False
    entry = registry.by_model.get(type(row))
    searched = set((entry.resource.search if entry else "").replace(".", " ").split()) | {"custom_fields"}
    searched |= {f.name for f in row.__fields__.values() if f.kind == "tags"}
    state = inspect(row)
    if any(name in state.attrs and state.attrs[name].history.has_changes() for name in searched):
        return True
    return any(field.kind != "has_many" for field in row.__fields__.values()) and not (
        entry is not None and entry.resource.search
    )


class CustomFields(dict[str, dict[str, Field]]):
    """The tenant's own fields by resource, read once for all the rows of a flush."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def __missing__(self, resource: str) -> dict[str, Field]:
        self[resource] = found = custom_fields(self._session, resource)
        return found


def tokens_of(session: Session, entry: Entry, row: Any, custom: CustomFields | None = None) -> set[str]:
    """Every token a record is found by. `custom` saves reading the tenant's own fields for each of many records."""
    found: set[str] = set()
    for path in entry.resource.search.split():
        name, _, rest = path.partition(".")
        field = entry.fields[name]
        if field.kind == "has_many":
            for child in _children(session, row, field):
                found |= child_tokens(child, rest)
        else:
            found |= value_tokens(field, getattr(row, name))
    for field in entry.fields.values():
        if field.kind == "tags":
            found |= {tag_token(tag) for tag in getattr(row, field.name) or ()}
    if entry.resource.custom_fields and row.custom_fields:
        found |= _custom_tokens((CustomFields(session) if custom is None else custom)[entry.key], row)
    return found


def _children(session: Session, row: Any, field: Field) -> Iterable[Any]:
    if not isinstance(row, Record):  # a plain row of `bulk.add_many`
        return list(getattr(row, field.name))
    if field.name in inspect(row).dict:
        return [child for child in getattr(row, field.name) if not _is_gone(child)]
    child = field.target()  # type: ignore[misc]
    return session.scalars(select(child).where(getattr(child, f"{field.reverse}_id") == row.id)).all()


def child_tokens(child: Any, name: str) -> set[str]:
    """Tokens of one inline row; a model whose field means different things says so in `search_tokens()`."""
    own = getattr(child, "search_tokens", None)
    if own is not None:
        result: set[str] = own()
        return result
    return value_tokens(child.__fields__[name], getattr(child, name))


def value_tokens(field: Field, value: Any) -> set[str]:
    """Tokens of one value by the kind of its field."""
    if value is None or value == "":
        return set()
    if field.kind == "email":
        return email_tokens(value)
    if field.kind == "phone":
        return phone_tokens(value)
    return text_tokens(str(value))


def _custom_tokens(fields: Mapping[str, Field], row: Any) -> set[str]:
    found: set[str] = set()
    for name, field in fields.items():
        value = row.custom_fields.get(name.removeprefix(PREFIX))
        if value is None:
            continue
        found.add(custom_token(name.removeprefix(PREFIX), sortable(field, value)))
        if field.kind in ("text", "long_text", "email", "phone", "choice"):
            found |= value_tokens(field, value)
    return found


def sortable(field: Field, value: Any) -> str:
    """A custom field's stored (JSON) or typed value as text that sorts like it."""
    from datetime import date, datetime
    from decimal import Decimal

    if field.kind in ("integer", "decimal"):
        return sortable_number(Decimal(str(value)))
    if field.kind == "day":
        return sortable_day(value if isinstance(value, date) else date.fromisoformat(value))
    if field.kind == "moment":
        return sortable_moment(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    if field.kind == "flag":
        return "true" if value else "false"
    return fold(str(value))[:100]
