"""The stored truth: whole rows as the database has them, past every layer above it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import ColumnElement, Table, Text, cast, select

from app.data import Record, platform_session


def stored(app: Flask, model: type[Record], record_id: UUID) -> dict[str, Any]:
    """Every column of the row, and of the rows inside its form; empty when there is no such row."""
    with app.app_context(), platform_session("a test compares whole rows") as session:
        table: Any = model.__table__
        row = session.execute(select(*_texts(table)).where(table.c.id == record_id)).mappings().one_or_none()
        found = dict(row) if row is not None else {}
        for field in model.__fields__.values():
            if field.kind == "has_many" and field.target is not None:
                child: Table = field.target().__table__  # type: ignore[attr-defined]
                mine = select(*_texts(child)).where(child.c[f"{field.reverse}_id"] == record_id).order_by(child.c.id)
                found[field.name] = [dict(one) for one in session.execute(mine).mappings()]
        return found


def _texts(table: Table) -> list[ColumnElement[str]]:
    """As texts, so that nothing a driver does to a value can hide a difference."""
    return [cast(column, Text).label(column.name) for column in table.columns]


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The columns that are not the same, with both values."""
    names = before.keys() | after.keys()
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
