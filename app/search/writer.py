"""Keeps the tokens in step with the records: whatever way a row is written, its tokens follow in the same
transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import current_app, has_app_context
from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.data.scope import current_scope, enter_scope, leave_scope
from app.host import EXTENSION, Registry
from app.search.index import Tokens, write_tokens
from app.search.making import CustomFields, is_gone, is_searchable, tokens_of

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
    wanted: dict[tuple[str, UUID], Tokens] = {}
    fresh: set[tuple[str, UUID]] = set()
    custom = CustomFields(session)
    with session.no_autoflush:
        for row, is_new in _found_by(registry, session, changed).items():
            entry = registry.by_model[type(row)]
            identity = inspect(row).identity
            key = (entry.key, identity[0] if identity else row.id)
            wanted[key] = {} if is_gone(row) else tokens_of(session, entry, row, custom)
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
            if parent is not None and not is_gone(parent):
                found.setdefault(parent, False)
    return found


def _registry() -> Registry | None:
    return current_app.extensions.get(EXTENSION) if has_app_context() else None


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
    searched |= {clue.path.partition(".")[0] for clue in (entry.resource.clues if entry else ()) if clue.leads}
    state = inspect(row)
    if any(name in state.attrs and state.attrs[name].history.has_changes() for name in searched):
        return True
    return any(field.kind != "has_many" for field in row.__fields__.values()) and not (
        entry is not None and entry.resource.search
    )
