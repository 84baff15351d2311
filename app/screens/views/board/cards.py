"""The cards of lanes and how many each has: one statement for all lanes, whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
    union_all,
)

from app.data import Field, reading
from app.data.bounded import Bounded
from app.data.reading import Prepared
from app.data.record import label_fields
from app.screens.page import Card
from app.screens.reading import Count
from app.screens.reading.listing import row_reader
from app.screens.reading.paging import Order
from app.screens.reading.surface import label_of
from app.screens.views.board.lane_records import LaneOf
from app.screens.views.board.lanes import LaneSet
from app.screens.views.columns import column as shown_column
from app.screens.views.screen import Screen

CARDS = 20
"""Cards shown at first in a lane, and added at a time."""
ALL_CARDS = 300
"""Cards shown at first in all lanes together: more lanes mean fewer in each, so that a page stays bounded."""
COUNT_CAP = 1_000
ITEMS = 4

Where = Sequence[ColumnElement[bool]]
First = Mapping[LaneOf, tuple[list[Card], Count]]
_prepared: Bounded[Any, Prepared] = Bounded(1_000)
"""Boards whose conditions are the same for everybody: building their statement takes longer than running it."""


@dataclass
class Cards:
    """Reads cards of one board. `where` says which records are meant."""

    screen: Screen
    found: LaneSet
    where: Where

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The first few columns of the list that neither the title nor the lane says already."""
        surface = self.screen.surface
        skipped = (self.found.field.name, "created_at", *label_fields(surface.model))
        names = [name for name in surface.default_columns() if name not in skipped]
        return tuple(surface.fields[name] for name in names[:ITEMS])

    @cached_property
    def _labels(self) -> tuple[Field, ...]:
        return self.screen.surface.labels()

    @cached_property
    def _order(self) -> Order:
        surface = self.screen.surface
        return Order.of(surface.model, surface.fields["created_at"], "-created_at")

    @cached_property
    def _reader(self) -> Any:
        return row_reader(self.screen.surface, (*self._labels, *self.fields), self._order, labels=True)

    @cached_property
    def _columns(self) -> tuple[Any, ...]:
        return tuple(shown_column(self.screen.surface, one) for one in self.fields)

    def first(self) -> First:
        """The first cards of each lane, and how many cards it has, up to a cap."""
        lanes = {lane.value: lane for lane in self.found.lanes}
        cards: dict[LaneOf, list[Card]] = {lane: [] for lane in self.found.lanes}
        counts = dict.fromkeys(self.found.lanes, 0)
        if lanes:
            size = max(1, min(CARDS, ALL_CARDS // len(lanes)))
            values = [value for value in lanes if value is not None]
            for row in self._statement().rows(self.screen.surface.session, lanes=values, size=size):
                lane = lanes[row[0]]
                counts[lane] = row[1]
                if row[2] is not None:
                    cards[lane].append(self._card(row[2:]))
        return {lane: (held, _capped(counts[lane])) for lane, held in cards.items()}

    def after(self, lane: LaneOf, last: UUID | None) -> tuple[list[Card], bool]:
        """The cards of a lane after the one of this id, and whether there are more."""
        model = self.screen.surface.model
        beyond = [model.id < last] if last is not None else []
        statement = self._reader.statement.where(*self.where, self.found.holds(model, lane), *beyond)
        rows = reading.rows(self.screen.surface.session, statement.order_by(*self._order.by()).limit(CARDS + 1))
        return [self._card(row) for row in rows[:CARDS]], len(rows) > CARDS

    def one(self, record_id: UUID) -> Card | None:
        """A single card."""
        statement = self._reader.statement.where(*self.where, self.screen.surface.model.id == record_id)
        row = self.screen.surface.session.execute(statement).first()
        return self._card(row) if row is not None else None

    def _statement(self) -> Prepared:
        """Its rows: the value of a lane, its count, then a card, or nothing where the lane has none."""
        has_unset = any(lane.value is None for lane in self.found.lanes)
        if not self.screen.surface.is_plain(list(self.where)):
            return Prepared(self._built(has_unset))
        key = self._reader, self.found.field, has_unset, len(self.where)
        if key not in _prepared:
            _prepared[key] = Prepared(self._built(has_unset))
        return _prepared[key]

    def _built(self, has_unset: bool) -> Select[Any]:
        stored = getattr(self.screen.surface.model, self.found.field.column)
        given = func.unnest(bindparam("lanes", type_=ARRAY(stored.type)))
        lanes = given.table_valued(column("value", stored.type), name="lane").render_derived()
        parts = [self._filled(lanes.c.value, stored == lanes.c.value, lanes)]
        if has_unset:
            parts.append(self._filled(literal(None, stored.type), stored.is_(None)))
        found = union_all(*parts).subquery()
        return select(found).order_by(found.c.value, found.c.id.desc())

    def _filled(self, value: Any, holds: ColumnElement[bool], *lanes: FromClause) -> Select[Any]:
        model = self.screen.surface.model
        few = select(literal(1).label("one")).select_from(model).where(*self.where, holds).limit(COUNT_CAP + 1)
        count = select(func.count().label("n")).select_from(few.correlate(*lanes).subquery()).lateral()
        cards = self._reader.statement.where(*self.where, holds).order_by(*self._order.by())
        first = cards.limit(bindparam("size")).correlate(*lanes).lateral()
        start = lanes[0].join(count, true()) if lanes else count
        return select(value.label("value"), count.c.n, first).select_from(start.outerjoin(first, true()))

    def _card(self, row: Any) -> Card:
        line = self._reader.line(row)
        named = len(self._labels)
        title = label_of(self.screen.surface.model, line.id, line.values[:named])
        key = str(line.id)
        return Card(key, self.screen.list_href + key, title, line.version, self._columns, line.values[named:])


def _capped(count: int) -> Count:
    return Count(min(count, COUNT_CAP), count > COUNT_CAP)
