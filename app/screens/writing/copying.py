"""A new record filled in like another one: what a form then shows, and stores only when somebody saves it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Table, UniqueConstraint

from app.data import Record
from app.screens.reading.snapshot import Snapshot, read_children
from app.screens.reading.surface import Surface
from app.screens.writing.submission import InlineRow, Submission, inline_fields, shown


def copied(surface: Surface, record: Snapshot) -> Submission:
    """What a form of a new record holds as a copy of this one: what may be filled in, and the rows inside of it. Left
    out is what only one record can have: unique fields, and rows of a kind that says so (an e-mail address)."""
    alone = _alone(surface.model)
    fields = surface.editable(is_new=True)
    texts = {name: shown(record, one) for name, one in fields.items() if not one.secret and one.column not in alone}
    return Submission(texts=texts, inlines=_rows(surface, record.id))


def _rows(surface: Surface, record_id: UUID) -> dict[str, list[InlineRow]]:
    found: dict[str, list[InlineRow]] = {}
    for name, collection in surface.inlines().items():
        model: type[Record] = collection.target()  # type: ignore[misc]
        if _alone(model, within=model.__fields__[str(collection.reverse)].column):
            continue
        fields = inline_fields(surface, collection, surface.target(collection))
        stored = read_children(surface, collection, record_id)
        rows = [Submission(texts={key: shown(row, one) for key, one in fields.items()}) for row in stored]
        found[name] = [InlineRow(str(at), None, False, row) for at, row in enumerate(rows)]
    return found


def _alone(model: type[Record], within: str = "") -> frozenset[str]:
    """The columns whose values, alone or together, belong to one record of a tenant; not where they need only be
    different `within` one other record."""
    table: Table = model.__table__  # type: ignore[assignment]
    unique = [one.columns for one in table.indexes if one.unique]
    unique += [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    wide = [columns for columns in unique if within not in columns]
    return frozenset(one.name for columns in wide for one in columns) - {"tenant_id", "id"}
