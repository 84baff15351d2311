"""Moving what refers to some records over to another one, in all tables that have any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.data import Record
from app.host import Entry
from app.merging.added_links import AddedLink, added_links_to, reindex
from app.merging.catalogue import Reference, references_to, table_of
from app.merging.clashes import rows_in_the_way
from app.merging.journal import Journal

UNSEEN: dict[str, Any] = {"synchronize_session": False}
AT_ONCE = 5_000


@dataclass
class Move:
    """From some records to one, with what becomes of it: how many rows of each table, and what had to give way."""

    session: Session
    entry: Entry
    survivor: UUID
    others: Sequence[UUID]
    journal: Journal = field(default_factory=Journal)
    moved: dict[str, int] = field(default_factory=dict)
    clashes: list[dict[str, Any]] = field(default_factory=list)

    def run(self, staying: set[UUID] = frozenset()) -> None:  # type: ignore[assignment]
        """Move everything but the rows in `staying`, table by table. Rows are locked in the order of their keys."""
        for reference in self._used():
            if isinstance(reference, AddedLink):
                self._lead(reference)
            else:
                self._move(reference, staying)

    def _used(self) -> list[Reference | AddedLink]:
        """The references that any row makes, found in one statement: most tables have none."""
        known: list[Reference | AddedLink] = [*references_to(self.entry)]
        known += added_links_to(self.session, self.entry.key)
        probes = [select(_id(one)).where(one.meets(self.others)).exists() for one in known]
        found = self.session.execute(select(*probes)).one() if probes else ()
        return [one for one, is_used in zip(known, found, strict=True) if is_used]

    def _move(self, reference: Reference, staying: set[UUID]) -> None:
        model: Any = reference.model
        link = getattr(model, reference.column)
        in_the_way, marks = rows_in_the_way(self.session, reference, self.survivor, self.others)
        rows = self.session.execute(
            select(model.id, link).where(reference.meets(self.others)).order_by(model.id).with_for_update()
        ).all()
        own = {self.survivor, *self.others} if model is self.entry.model else set()
        going = [row for row in rows if row[0] not in staying and row[0] not in in_the_way and row[0] not in own]
        self._report(reference, [row[0] for row in rows if row[0] in in_the_way], "stays")
        self._unmark(reference, {row[0]: marks[row[0]] for row in going if row[0] in marks})
        if going:
            put(self.session, model, [row[0] for row in going], {reference.column: self.survivor})
            for row_id, before in going:
                self.journal.note(model, row_id, {reference.column: before}, {reference.column: self.survivor})
            self.moved[reference.table] = self.moved.get(reference.table, 0) + len(going)

    def _lead(self, link: AddedLink) -> None:
        """Custom fields that linked to the others link to the survivor."""
        model: Any = link.model
        own = {self.survivor, *self.others} if model is self.entry.model else set()
        found = select(model.id, model.custom_fields).where(link.meets(self.others)).order_by(model.id)
        rows = [row for row in self.session.execute(found.with_for_update()) if row[0] not in own]
        for row_id, before in rows:
            after = {**before, link.key: str(self.survivor)}
            put(self.session, model, [row_id], {"custom_fields": after})
            self.journal.note(model, row_id, {"custom_fields": before}, {"custom_fields": after})
        reindex(self.session, model, [row[0] for row in rows])
        if rows:
            self.moved[table_of(model)] = self.moved.get(table_of(model), 0) + len(rows)

    def _unmark(self, reference: Reference, marks: dict[UUID, set[str]]) -> None:
        model: Any = reference.model
        for name in sorted({one for names in marks.values() for one in names}):
            ids = sorted(row_id for row_id, names in marks.items() if name in names)
            put(self.session, model, ids, {name: False})
            for row_id in ids:
                self.journal.note(model, row_id, {name: True}, {name: False})
            self._report(reference, ids, name)

    def _report(self, reference: Reference, ids: Sequence[UUID], what: str) -> None:
        if ids:
            self.clashes.append({"table": reference.table, "what": what, "rows": [str(one) for one in ids]})


def _id(reference: Reference | AddedLink) -> Any:
    return reference.model.id  # type: ignore[union-attr, attr-defined]


def _next(model: type[Any]) -> dict[str, Any]:
    """Whoever has the row open is told that it changed."""
    return {"version": model.version + 1} if issubclass(model, Record) else {}


def put(session: Session, model: type[Any], ids: Sequence[UUID], values: dict[str, Any]) -> None:
    """Write the same values into some rows of a table, so many at once as a statement can name."""
    for start in range(0, len(ids), AT_ONCE):
        some = update(model).where(model.id.in_(ids[start : start + AT_ONCE]))
        session.execute(some.values({**values, **_next(model)}), execution_options=UNSEEN)
