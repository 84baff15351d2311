"""What the database itself does when a row is deleted: rows that go with it, rows that lose their link to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.audit.changes import RowChange
from app.audit.noticing import deleted, updated
from app.data import Field, Record


@cache
def links_to(model: type[Record]) -> tuple[tuple[type[Record], Field], ...]:
    """The relations whose rows the database changes when a record of this model goes, over all plugins."""
    records: list[Any] = [mapper.class_ for mapper in Record.registry.mappers if issubclass(mapper.class_, Record)]
    return tuple(
        (other, field)
        for other in sorted(records, key=lambda one: one.__name__)
        for field in other.__fields__.values()
        if field.kind == "belongs_to" and field.target and field.target() is model and field.on_delete != "restrict"
    )


def follow(session: Session, model: type[Record], tenant_id: UUID, ids: list[UUID]) -> Iterator[RowChange]:
    """What happens to other rows when these go. One statement for each relation; to be asked before they are gone."""
    for other, field in links_to(model):
        rows = whole_rows(session, other, getattr(other, field.column).in_(ids), other.tenant_id == tenant_id)
        if field.on_delete == "cascade":
            if other.__audited__:
                yield from (deleted(other, tenant_id, row) for row in rows)
            if rows:
                yield from follow(session, other, tenant_id, [row["id"] for row in rows])
        elif other.__audited__:
            changes = (updated(other, tenant_id, row, {**row, field.column: None}) for row in rows)
            yield from (change for change in changes if change is not None)


def whole_rows(session: Session, model: type[Record], *where: Any) -> list[dict[str, Any]]:
    """Rows as plain values by attribute, locked: what is written of them must still be true when it is."""
    attributes = [one for one in inspect(model).column_attrs if getattr(one.columns[0], "computed", None) is None]
    columns = [getattr(model, one.key) for one in attributes]
    statement = select(*columns).where(*where).order_by(model.id).with_for_update()
    names = [one.key for one in attributes]
    with session.no_autoflush:
        return [dict(zip(names, row, strict=True)) for row in session.execute(statement)]
