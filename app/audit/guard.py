"""Statements that go past the session's flush: told where what they change can be known, refused where it cannot.

So nothing slips by because somebody wrote `update(Contact)` instead of changing objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Delete, Insert, Table, TextClause, Update, event
from sqlalchemy.orm import ORMExecuteState, Session

from app.audit.cascades import follow, whole_rows
from app.audit.changes import RowChange
from app.audit.collecting import notice
from app.audit.noticing import created, deleted, updated
from app.data import Record, TenantTable, bulk, current_tenant_id

_WRITES = re.compile(r'\b(?:insert\s+into|update|delete\s+from|merge\s+into)\s+(?:only\s+)?([\w."]+)', re.IGNORECASE)


class Unaudited(RuntimeError):
    """A statement would change audited rows without the log knowing what it changes."""


@event.listens_for(Session, "do_orm_execute")
def watch(state: ORMExecuteState) -> Any:
    """Tell of an UPDATE or DELETE of a model; refuse what cannot be told."""
    if state.execution_options.get("tenantry_is_told"):
        return None
    statement = state.statement
    if isinstance(statement, Update | Delete | Insert):
        model = state.bind_mapper.class_ if state.bind_mapper is not None else None
        if model is None or not issubclass(model, Record):
            _refuse({statement.table.fullname} if isinstance(statement.table, Table) else set())
        elif model.__audited__:
            return _tell(state, statement, model)
    elif isinstance(statement, TextClause):
        _refuse(_written_by(statement.text))
    return None


def _tell(state: ORMExecuteState, statement: Update | Delete | Insert, model: type[Record]) -> Any:
    if isinstance(statement, Insert) or state.is_executemany:
        raise Unaudited(f"Write {model.__name__} by objects or by app.data.bulk: the audit log must know the rows.")
    session = state.session
    where = [] if statement.whereclause is None else [statement.whereclause]
    before = whole_rows(session, model, *where)
    follows = _follows(session, model, before) if isinstance(statement, Delete) else []
    result = state.invoke_statement()
    if isinstance(statement, Delete):
        notice(session, [*(deleted(model, row["tenant_id"], row) for row in before), *follows])
    elif before:
        after = whole_rows(session, model, model.id.in_([row["id"] for row in before]), _tenants(model, before))
        changes = (updated(model, now["tenant_id"], was, now) for was, now in zip(before, after, strict=True))
        notice(session, [one for one in changes if one is not None])
    return result


def _follows(session: Session, model: type[Record], rows: list[dict[str, Any]]) -> list[RowChange]:
    return [
        change
        for tenant_id in sorted({row["tenant_id"] for row in rows})
        for change in follow(session, model, tenant_id, [r["id"] for r in rows if r["tenant_id"] == tenant_id])
    ]


def _tenants(model: type[Record], rows: list[dict[str, Any]]) -> Any:
    """Of these tenants, so that the index of keys is used by the platform too."""
    return model.tenant_id.in_({row["tenant_id"] for row in rows})


def _refuse(tables: set[str]) -> None:
    forbidden = tables & _audited_tables()
    if forbidden:
        raise Unaudited(f"A statement on {', '.join(sorted(forbidden))} must tell the audit log (app.data.bulk.TOLD).")


def _audited_tables() -> frozenset[str]:
    mappers = Record.registry.mappers
    return _names(len(mappers))


@lru_cache(maxsize=4)
def _names(_how_many: int) -> frozenset[str]:
    models = [mapper.class_ for mapper in Record.registry.mappers]
    return frozenset(m.__table__.fullname for m in models if issubclass(m, Record) and m.__audited__)  # type: ignore[attr-defined]


@lru_cache(maxsize=1_000)
def _written_by(statement: str) -> set[str]:
    """The tables a text of SQL writes to."""
    return {name.replace('"', "").removeprefix("public.") for name in _WRITES.findall(statement)}


def _tell_of_bulk(session: Session, model: type[TenantTable], rows: Sequence[Mapping[str, Any]]) -> None:
    if issubclass(model, Record) and model.__audited__:
        tenant_id = current_tenant_id()
        notice(session, [created(model, tenant_id, row) for row in rows])


bulk.LISTENERS.append(_tell_of_bulk)
