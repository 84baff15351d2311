"""Inserting many rows at once, without an object for each: for imports, demonstrations and benchmarks.

The rows travel as one JSON document, and what they have in common as another, which takes a fraction of the time of a
flush. (COPY is faster still, but PostgreSQL refuses it under row-level security.) Listeners of the session do not see
these rows: the audit log is told by `LISTENERS`; what others would have done is the caller's duty, for search and tags
see `app.search.bulk`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Column, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.data.ids import uuid7
from app.data.record import TenantTable
from app.data.scope import TenantMismatch, current_tenant_id

TOLD = {"tenantry_is_told": True}
"""Execution options of a statement that goes past the session's flush and whose changes the audit log is told of. One
on audited rows without it is refused (`app.audit.guard`)."""
LISTENERS: list[Callable[[Session, type[TenantTable], Sequence[Mapping[str, Any]]], None]] = []
"""Called with the model and the whole rows, as they were inserted."""

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_many(session: Session, model: type[TenantTable], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the tenant in force in one statement, by column name, stamped as a flush would stamp them.

    Every row must name the same columns. Raises TypeError for a name that is no column, MissingTenant,
    TenantMismatch, IntegrityError and DataError as a flush does.
    """
    if not rows:
        return
    table: Table = model.__table__  # type: ignore[assignment]
    given = set(rows[0])
    unknown = given - set(column_names(table))
    if unknown:
        raise TypeError(f"{table.name} has no column {', '.join(sorted(unknown))}.")
    if any(row["tenant_id"] != current_tenant_id() for row in rows if "tenant_id" in row):
        raise TenantMismatch("A row of another tenant cannot be written.")
    once = {name: make() for name, make in _stamps(table).items() if name not in given and name != "id"}
    needs_id = "id" in table.columns and "id" not in given
    if needs_id:
        rows = [{**row, "id": uuid7(row.get("created_at"))} for row in rows]
    whole = [{**once, **row} for row in rows] if once else rows
    own = tuple(name for name in sorted(whole[0]) if _differs(table.columns[name], whole)) or (min(whole[0]),)
    same = {name: value for name, value in whole[0].items() if name not in own}
    documents = {"rows": _document([{name: row[name] for name in own} for row in whole]), "same": _document(same)}
    session.execute(text(_insert(table, own, tuple(sorted(same)))), documents, execution_options=TOLD)
    for listener in LISTENERS:
        listener(session, model, whole)


def _differs(column: Column[Any], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the rows have several values of a column. In JSON what Python takes for equal may not be: 1 and true."""
    first = rows[0][column.name]
    if first and isinstance(column.type, JSON):
        return True
    return rows[-1][column.name] != first or [row[column.name] for row in rows].count(first) < len(rows)


@cache
def column_names(table: Table) -> tuple[str, ...]:
    """The columns that can be written: all but the generated ones."""
    return tuple(column.name for column in table.columns if column.computed is None)


@cache
def _stamps(table: Table) -> dict[str, Callable[[], Any]]:
    """What makes the value of each column that has a default on our side."""
    return {column.name: _maker(column) for column in table.columns if column.default is not None}


def _maker(column: Column[Any]) -> Callable[[], Any]:
    default: Any = column.default
    return (lambda: default.arg(None)) if default.is_callable else (lambda: default.arg)


@cache
def _insert(table: Table, own: tuple[str, ...], same: tuple[str, ...]) -> str:
    """`own` columns differ from row to row, those in `same` do not."""
    target = _DIALECT.identifier_preparer.format_table(table)
    columns = ", ".join(_DIALECT.identifier_preparer.quote(name) for name in (*own, *same))
    rows = f"json_to_recordset(CAST(:rows AS json)) AS r({_typed(table, own)})"
    common = f"json_to_record(CAST(:same AS json)) AS s({_typed(table, same)})"
    return f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {rows}, {common}"


def _typed(table: Table, names: tuple[str, ...]) -> str:
    quote = _DIALECT.identifier_preparer.quote
    return ", ".join(f"{quote(name)} {table.columns[name].type.compile(dialect=_DIALECT)}" for name in names)


def _document(rows: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> str:
    try:
        return orjson.dumps(rows, default=_plain).decode()
    except TypeError:  # a whole number of more than 64 bits inside a JSON value
        return json.dumps(rows, default=_spelled, ensure_ascii=False)


def _spelled(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"A {type(value).__name__} cannot be inserted in bulk.")
