"""The cards of lanes: one statement for all lanes, one for their counts, whatever the number of either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, union_all

from app.data import Field, reading
from app.screens.page import Card, DetailItem
from app.screens.reading import Count
from app.screens.reading.listing import row_reader
from app.screens.reading.paging import Order
from app.screens.reading.surface import label_of
from app.screens.views.board.lanes import LaneOf, LaneSet
from app.screens.views.columns import column
from app.screens.views.screen import Screen

CARDS = 20
"""Cards shown at first in a lane, and added at a time."""
ALL_CARDS = 300
"""Cards shown at first in all lanes together: more lanes mean fewer in each, so that a page stays bounded."""
COUNT_CAP = 1_000
ITEMS = 3

Where = Sequence[ColumnElement[bool]]


@dataclass
class Cards:
    """Reads cards of one board. `where` says which records are meant."""

    screen: Screen
    found: LaneSet
    where: Where

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The title's fields are read for the label; the next few columns of the list are printed on the card."""
        surface = self.screen.surface
        skipped = (self.found.field.name, "created_at", *surface.default_columns()[:1])
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
        return tuple(column(self.screen.surface, one) for one in self.fields)

    def first(self) -> Mapping[LaneOf, list[Card]]:
        """The first cards of all lanes."""
        lanes = self.found.lanes
        cards: dict[LaneOf, list[Card]] = {lane: [] for lane in lanes}
        if lanes:
            size = max(1, min(CARDS, ALL_CARDS // len(lanes)))
            parts = [self._lane(lane, at, size) for at, lane in enumerate(lanes)]
            together = select(union_all(*parts).subquery())
            for row in reading.rows(self.screen.surface.session, together):
                cards[lanes[row[-1]]].append(self._card(row))
        return cards

    def after(self, lane: LaneOf, last: UUID | None) -> tuple[list[Card], bool]:
        """The cards of a lane after the one of this id, and whether there are more."""
        beyond = [self.screen.surface.model.id < last] if last is not None else []
        rows = list(self.screen.surface.session.execute(self._lane(lane, 0, CARDS + 1, *beyond)))
        return [self._card(row) for row in rows[:CARDS]], len(rows) > CARDS

    def one(self, record_id: UUID) -> Card | None:
        """A single card."""
        statement = self._reader.statement.where(*self.where, self.screen.surface.model.id == record_id)
        row = self.screen.surface.session.execute(statement).first()
        return self._card(row) if row is not None else None

    def counts(self) -> Mapping[LaneOf, Count]:
        """How many cards each lane has, up to a cap."""
        if not self.found.lanes:
            return {}
        model = self.screen.surface.model
        parts = []
        for lane in self.found.lanes:
            rows = select(literal(1).label("one")).select_from(model).where(*self._is(lane))
            parts.append(select(func.count()).select_from(rows.limit(COUNT_CAP + 1).subquery()).scalar_subquery())
        (counted,) = reading.rows(self.screen.surface.session, select(*parts))
        return {
            lane: Count(min(n, COUNT_CAP), n > COUNT_CAP) for lane, n in zip(self.found.lanes, counted, strict=True)
        }

    def _is(self, lane: LaneOf) -> tuple[ColumnElement[bool], ...]:
        return (*self.where, self.found.holds(self.screen.surface.model, lane))

    def _lane(self, lane: LaneOf, at: int, size: int, *beyond: ColumnElement[bool]) -> Any:
        rows = self._reader.statement.add_columns(literal(at)).where(*self._is(lane), *beyond)
        return select(rows.order_by(*self._order.by()).limit(size).subquery())

    def _card(self, row: Any) -> Card:
        line = self._reader.line(row)
        named = len(self._labels)
        title = label_of(self.screen.surface.model, line.id, line.values[:named])
        shown = zip(self._columns, line.values[named:], strict=True)
        items = tuple(DetailItem(one, value) for one, value in shown if value not in (None, "", []))
        key = str(line.id)
        return Card(key, self.screen.list_href + key, title, line.version, items)
