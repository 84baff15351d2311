"""The audit log held against the stored truth: what changed in a tenant's tables must be told, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import TextClause, select, text

from app.audit.models import AuditEntry, AuditHead
from app.audit.values import SECRET
from app.data import Record, platform_session

Row = dict[str, str | None]
_SILENT = frozenset("tenant_id id created_at created_by updated_at updated_by version custom_fields deleted_by".split())
"""Columns whose change the entry's own moment, author and kind tell."""


@dataclass
class Trail:
    """The rows of one tenant as they were, and the number of its last entry."""

    app: Flask
    tenant_id: UUID
    rows: dict[tuple[str, str], tuple[type[Record], Row]] = field(default_factory=dict)
    seq: int = 0

    def start(self) -> Trail:
        """Remember what is there now."""
        self.rows, self.seq = self._rows(), self._seq()
        return self

    def untold(self) -> list[str]:
        """One line for each change since `start` that no entry tells, and each entry that tells of none."""
        told = self._told()
        found = []
        now = self._rows()
        for key in sorted({*self.rows, *now}):
            was, is_now = self.rows.get(key), now.get(key)
            model = (was or is_now or (None,))[0]
            columns = _changed(was[1] if was else {}, is_now[1] if is_now else {})
            missing = {_field_of(model, name) for name in columns} - told.pop(key[1], set())
            if missing:
                found.append(f"{key[0]} {key[1]}: {', '.join(sorted(missing))}")
        found += [f"told, but not so: {key} {sorted(names)}" for key, names in told.items() if names]
        return found

    def before(self, model: type[Record]) -> list[str]:
        """Ids of the rows that a model had when it started."""
        return [key for (_table, key), (of, _row) in self.rows.items() if of is model]

    def ids(self, model: type[Record]) -> list[str]:
        """Ids of the rows it has now."""
        return [key for (_table, key), (of, _row) in self._rows().items() if of is model]

    def entries(self) -> list[AuditEntry]:
        """The entries written since `start`, in their order."""
        with self.app.app_context(), platform_session("a test reads a tenant's log") as session:
            mine = select(AuditEntry).where(AuditEntry.tenant_id == self.tenant_id, AuditEntry.seq > self.seq)
            return list(session.scalars(mine.order_by(AuditEntry.seq)))

    def _told(self) -> dict[str, set[str]]:
        """By the id of a row, the fields that entries tell of it."""
        found: dict[str, set[str]] = {}
        for entry in self.entries():
            body = json.loads(entry.body or "{}")
            found.setdefault(str(entry.target_id), set()).update(_names(body.get("fields", {})))
            for rows in body.get("rows", {}).values():
                for row_id, row in rows.items():
                    found.setdefault(row_id, set()).update(_names(row["fields"]))
        return found

    def _seq(self) -> int:
        with self.app.app_context(), platform_session("a test reads a tenant's log") as session:
            return session.scalar(select(AuditHead.seq).where(AuditHead.tenant_id == self.tenant_id)) or 0

    def _rows(self) -> dict[tuple[str, str], tuple[type[Record], Row]]:
        found: dict[tuple[str, str], tuple[type[Record], Row]] = {}
        models = {one.__table__.fullname: (one, _columns(one)) for one in _audited()}
        statement = _all_rows(tuple(model for model, _names in models.values()))
        with self.app.app_context(), platform_session("a test compares all rows of a tenant") as session:
            for table, record_id, values in session.execute(statement, {"tenant": self.tenant_id}):
                model, names = models[table]
                found[table, record_id] = model, dict(zip(names, values, strict=True))
        return found


def _audited() -> list[Any]:
    models = (mapper.class_ for mapper in Record.registry.mappers)
    found = (one for one in models if issubclass(one, Record) and one.__audited__)
    return sorted(found, key=lambda one: str(one.__table__.fullname))


@lru_cache(maxsize=1)
def _all_rows(models: tuple[Any, ...]) -> TextClause:
    """One question to all tables. The contract asks it twice a change: a question to each would be most of its work."""
    return text(" UNION ALL ".join(map(_rows_of, models)))


def _rows_of(model: Any) -> str:
    table = model.__table__
    place = f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'
    values = ", ".join(f'"{name}"::text' for name in _columns(model))
    return f"SELECT '{table.fullname}', id::text, ARRAY[{values}] FROM {place} WHERE tenant_id = :tenant"


def _columns(model: Any) -> list[str]:
    return [one.name for one in model.__table__.columns if one.computed is None]


def _changed(was: Row, now: Row) -> set[str]:
    """Columns with another value; empty in both senses (no tags, none said) is the same."""
    names = {*was, *now} - {"custom_fields"}
    found = {name for name in names - _SILENT if (was.get(name) or None) != (now.get(name) or None)}
    found -= {name for name in found if {was.get(name), now.get(name)} == {None, "{}"}}
    own_before, own_now = (json.loads(row.get("custom_fields") or "{}") for row in (was, now))
    return found | {f"custom.{key}" for key in {*own_before, *own_now} if own_before.get(key) != own_now.get(key)}


def _field_of(model: Any, column: str) -> str:
    """The name an entry tells a column by."""
    for one in model.__fields__.values():
        if column in (one.column, f"{one.name}_currency"):
            return str(one.name)
    return column


def _names(fields: dict[str, list[Any]]) -> set[str]:
    return {name for name, (was, now) in fields.items() if was != now or now == SECRET}
