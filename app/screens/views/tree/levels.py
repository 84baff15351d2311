"""Reads the records of a tree, level by level: the rows of a level and how many are below each, in two statements.

A record is on top when it is below none, or below one that the reader does not see: one out of reach, in the trash or
in the archive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, column, exists, func, literal, or_, select, true

from app.data import Field, reading
from app.data.record import label_fields
from app.screens.page import Column
from app.screens.reading import Count, ListRequest
from app.screens.reading.listing import Line, row_reader
from app.screens.reading.paging import Order, decode
from app.screens.reading.surface import label_of
from app.screens.views.columns import column as shown_column
from app.screens.views.screen import Screen

SIZE = 50
"""Records shown at first on a level, and added at a time."""
COUNT_CAP = 1_000
ITEMS = 3

Where = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Found:
    """Records beside each other, in order; `cursor` leads on."""

    lines: tuple[Line, ...]
    cursor: str | None


@dataclass
class Levels:
    """Reads levels of one tree in the order that is asked for."""

    screen: Screen
    link: Field
    asked: ListRequest
    _beside: Mapping[UUID, str] = field(default_factory=dict)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What a picker tells besides, or else the first few columns of the list: not what the tree says already, nor a
        yes or no, which means nothing without its name."""
        surface = self.screen.surface
        skipped = (self.link.name, "created_at", *label_fields(surface.model))
        wanted = self.screen.entry.resource.picker.split() or surface.default_columns()
        shown = [surface.fields[name] for name in wanted if name not in skipped and name in surface.fields]
        return tuple([one for one in shown if one.kind not in ("flag", "has_many")][:ITEMS])

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        beside = self.screen.entry.resource.tree_beside
        more = (Column("beside", str(beside.title), "text"),) if beside is not None else ()
        return (*(shown_column(self.screen.surface, one) for one in self.fields), *more)

    @cached_property
    def _labels(self) -> tuple[Field, ...]:
        return self.screen.surface.labels()

    @cached_property
    def _order(self) -> Order:
        surface = self.screen.surface
        return Order.of(surface.model, surface.fields[self.asked.sort.removeprefix("-")], self.asked.sort)

    @cached_property
    def _reader(self) -> Any:
        return row_reader(self.screen.surface, (*self._labels, *self.fields), self._order, labels=True)

    @cached_property
    def reached(self) -> Where:
        """What every record of the tree meets: within reach, neither in the trash nor in the archive."""
        surface = self.screen.surface
        in_sight = [surface.model.is_in_sight()] if surface.model.__archive__ else []
        return [*surface.conditions(), *in_sight]

    @property
    def _above(self) -> Any:
        return getattr(self.screen.surface.model, self.link.column)

    def on_top(self) -> Found:
        """A page of the records that are below none."""
        model: Any = self.screen.surface.model
        if not self.reached:
            return self.page([self._above.is_(None)])
        seen = select(model.id).where(*self.reached).correlate(None).subquery("seen")
        is_seen = exists(select(literal(1)).select_from(seen).where(seen.c.id == self._above))
        return self.page([*self.reached, or_(self._above.is_(None), ~is_seen)])

    def below(self, record_id: UUID) -> Found:
        """A page of the records directly below one."""
        return self.page([*self.reached, self._above == record_id])

    def page(self, where: Where) -> Found:
        """The next records that meet the conditions. A cursor that is broken or of another order begins anew."""
        order, asked = self._order, self.asked
        try:
            after = [order.after(decode(asked.cursor, asked.sort, order.field))] if asked.cursor else []
        except ValueError:
            after = []
        rows = self._reader.read(self.screen.surface, SIZE + 1, order, [*where, *after], backwards=False)
        shown = rows[:SIZE]
        cursor = self._reader.position(shown[-1], False).encode(asked.sort) if len(rows) > SIZE else None
        return Found(tuple(self._reader.line(row) for row in shown), cursor)

    def these(self, ids: Collection[UUID]) -> tuple[Line, ...]:
        """Some records, in order."""
        where = [self.screen.surface.model.id == any_(literal(list(ids), ARRAY(Uuid)))]
        rows = self._reader.read(self.screen.surface, len(ids), self._order, where, backwards=False) if ids else ()
        return tuple(self._reader.line(row) for row in rows)

    def counts(self, ids: Collection[UUID]) -> dict[UUID, Count]:
        """How many records are directly below each of these, up to a cap; those with none are left out."""
        if not ids:
            return {}
        model: Any = self.screen.surface.model
        given = func.unnest(literal(list(ids), ARRAY(Uuid)))
        each = given.table_valued(column("value", Uuid), name="each").render_derived()
        below = and_(*self.reached, self._above == each.c.value)
        few = select(literal(1).label("one")).select_from(model).where(below).limit(COUNT_CAP + 1).correlate(each)
        counted = select(func.count().label("n")).select_from(few.subquery("few")).lateral("counted")
        statement = select(each.c.value, counted.c.n).select_from(each.join(counted, true())).where(counted.c.n > 0)
        found = reading.rows(self.screen.surface.session, statement)
        return {row[0]: Count(min(row[1], COUNT_CAP), row[1] > COUNT_CAP) for row in found}

    def title(self, line: Line) -> str:
        return label_of(self.screen.surface.model, line.id, line.values[: len(self._labels)])

    def ask_beside(self, ids: Collection[UUID]) -> None:
        """Learn what the resource says beside these records, all at once."""
        beside = self.screen.entry.resource.tree_beside
        if beside is not None and ids:
            self._beside = beside.words(ids)

    def values(self, line: Line) -> tuple[Any, ...]:
        """Those of `columns`."""
        own = line.values[len(self._labels) :]
        return (*own, self._beside.get(line.id)) if len(self.columns) > len(own) else own
