"""A page of a list: one statement for the rows, one for the capped count, whatever the number of rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, literal, select
from sqlalchemy.orm import aliased

from app.data import Field, Money, Record, current_tenant_id, reading
from app.data.bounded import Bounded
from app.data.reading import Prepared, as_it_comes
from app.data.record import label_fields
from app.host.custom_fields import PREFIX
from app.screens.overdue import marked
from app.screens.reading import conditions, paging, token_conditions
from app.screens.reading.links import with_link_words
from app.screens.reading.request import BadArguments, ListRequest
from app.screens.reading.surface import Ref, Surface, from_storage, label_of, tone_of
from app.search.index import matches
from app.search.tokens import prefix_range, query_terms

COUNT_CAP = 10_000
_SATURATED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list: its key, its version, and the values of the columns asked for, in their order."""

    id: UUID
    version: int
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows match: exactly `value`, or more than it when `capped`, or unknown when `value` is None."""

    value: int | None
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page and where its neighbours are."""

    columns: tuple[Field, ...]
    lines: tuple[Line, ...]
    next_cursor: str | None
    previous_cursor: str | None
    count: Count


@dataclass(slots=True)
class Selection:
    """The rows a list request means: conditions, and whether counting them is cheap."""

    where: list[ColumnElement[bool]]
    countable: bool = True


def select_rows(surface: Surface, request: ListRequest) -> Selection:
    """All that the request asks of a row. One more statement when tokens are involved, to learn which of them is
    rare."""
    where = surface.conditions(trash=request.trash)
    if surface.model.__archive__ and not request.trash:
        in_sight = surface.model.is_in_sight()
        where.append(~in_sight if request.archived else in_sight)
    if request.ids:
        where.append(surface.model.id.in_(request.ids))
    ranges = [prefix_range(term) for term in query_terms(request.search)] if request.search else []
    if request.search and (not ranges or not surface.entry.resource.search):
        where.append(false())
        ranges = []
    for one in request.filters:
        if not token_conditions.is_token_filter(one):
            where.append(conditions.column_condition(surface, surface.model, one))
        elif (found := token_conditions.token_range(one)) is not None:
            ranges.append(found)
        else:
            where.append(token_conditions.token_condition(surface.model, one))
    selection = Selection(where)
    if ranges:
        found_by, countable = matches(
            surface.session, surface.entry.key, surface.model.id, ranges, surface.unsearchable()
        )
        selection.where += found_by
        selection.countable = countable
    return selection


def read_list(surface: Surface, request: ListRequest, *, count: bool = True, labels: bool = True) -> Listing:
    """Read one page. Raises BadArguments for a cursor that is broken or of another order.

    With `labels` a relation's value is a `Ref`, without it is the bare id and costs no join; and what is overdue is
    marked.
    """
    columns = tuple(surface.fields[name] for name in request.columns or surface.default_columns())
    order = paging.Order.of(surface.model, surface.fields[request.sort.removeprefix("-")], request.sort)
    position = _position(request, order.field)
    selection = select_rows(surface, request)
    reader = row_reader(surface, columns, order, labels=labels)
    backwards = position is not None and position.backwards
    beyond = [order.after(position)] if position is not None else []
    rows = reader.read(surface, request.size + 1, order, [*selection.where, *beyond], backwards=backwards)
    more = len(rows) > request.size
    rows = rows[: request.size]
    if backwards:
        rows.reverse()
    is_whole = position is None and not more
    counted = Count(None) if not count else Count(len(rows)) if is_whole else _count(surface, request, selection)
    lines = tuple(reader.line(row) for row in rows)
    has_next, has_previous = (True, more) if backwards else (more, position is not None)
    return Listing(
        columns,
        with_link_words(surface, columns, lines) if labels else lines,
        reader.position(rows[-1], False).encode(request.sort) if has_next and rows else None,
        reader.position(rows[0], True).encode(request.sort) if has_previous and rows else None,
        counted,
    )


def read_rows(surface: Surface, columns: Sequence[Field], *where: ColumnElement[bool], limit: int) -> list[Line]:
    """The rows that meet the conditions, in the order of their ids, relations as bare ids.

    Only the tenant's wall is added: a caller that did not choose the rows itself passes `surface.conditions()`.
    """
    reader = row_reader(surface, tuple(columns), None, labels=False)
    statement = reader.statement.where(*where).order_by(surface.model.id).limit(limit)
    return [reader.line(row) for row in reading.rows(surface.session, statement)]


def _position(request: ListRequest, field: Field) -> paging.Position | None:
    if request.cursor is None:
        return None
    try:
        return paging.decode(request.cursor, request.sort, field)
    except ValueError as error:
        raise BadArguments({"cursor": str(error)}) from None


_readers: Bounded[Any, _RowReader] = Bounded(2_000)


def row_reader(surface: Surface, columns: tuple[Field, ...], order: paging.Order | None, *, labels: bool) -> _RowReader:
    """Building joins costs more than running them, so what a list reads is built once for each choice of columns."""
    key = (surface.model, columns, order and order.field, labels)
    found = _readers.get(key)
    if found is None:
        found = _readers[key] = _RowReader(surface.model, columns, order, labels=labels)
    return found


class _RowReader:
    """Which SQL columns a list reads, and how a row becomes a line. Related records are joined for their label only."""

    def __init__(
        self, model: type[Record], columns: tuple[Field, ...], order: paging.Order | None, *, labels: bool
    ) -> None:
        self.order = order
        self.labels = labels
        self.model = model
        self.selected: list[Any] = [self.model.id, self.model.version]
        self.joins: list[tuple[Any, Any]] = []
        self.readers = [self._column(field) for field in columns]
        # Where every column is taken as it is, a row's values are a slice of it.
        self.is_plain = all(isinstance(read, itemgetter) for read in self.readers)
        self.end = len(self.selected)
        self.sort_at: int | None = None
        if order is not None and order.column is not None:
            holds_infinity = order.field.kind in conditions.SENTINELS
            self.sort_at = self._add(getattr(model, order.field.name) if holds_infinity else order.column)
        statement: Select[Any] = select(*self.selected)
        if self.joins:
            statement = statement.select_from(self.model)
            for target, on in self.joins:
                statement = statement.outerjoin(target, on)
        self.statement = statement
        self._pages: dict[Any, Prepared] = {}

    def read(
        self, surface: Surface, limit: int, order: paging.Order, where: list[ColumnElement[bool]], *, backwards: bool
    ) -> list[Any]:
        """The rows of a page, ordered and limited. The statement without conditions of its own is worked out once."""
        is_plain = surface.is_plain(where)
        key = limit, order.descending, backwards, is_plain and len(where)
        if key not in self._pages:
            statement = self.statement.order_by(*order.by(backwards=backwards)).limit(limit)
            self._pages[key] = Prepared(statement.where(*where) if is_plain else statement)
        page = self._pages[key]
        if is_plain:
            return list(page.rows(surface.session))
        return list(reading.rows(surface.session, page.statement.where(*where)))

    def _add(self, column: Any) -> int:
        self.selected.append(column)
        return len(self.selected) - 1

    def _column(self, field: Field) -> Any:
        if field.name.startswith(PREFIX):
            at = self._add(self.model.custom_fields[field.name.removeprefix(PREFIX)])
            return lambda row: from_storage(field, row[at])
        if field.kind == "money":
            minor = self._add(getattr(self.model, f"{field.name}_minor"))
            currency = self._add(getattr(self.model, f"{field.name}_currency"))
            return lambda row: None if row[minor] is None else Money(row[minor], row[currency])
        if field.kind == "belongs_to" and self.labels:
            return self._relation(field)
        at = self._add(as_it_comes(getattr(self.model, field.column)))
        if field.due is None or not self.labels:
            return itemgetter(at)
        to_do = self._add(field.due(self.model))
        return lambda row: marked(row[at]) if row[to_do] and row[at] is not None else row[at]

    def _relation(self, field: Field) -> Any:
        model: type[Record] = field.target()  # type: ignore[misc]
        other = aliased(model)
        link = getattr(self.model, field.column)
        self.joins.append((other, other.id == link))
        key = self._add(link)
        first = len(self.selected)
        for name in label_fields(model):
            self._add(getattr(other, name))
        last = len(self.selected)
        if tone := tone_of(model):
            at_tone = self._add(getattr(other, tone))
            return lambda row: (
                None if (at := row[key]) is None else Ref(at, label_of(model, at, row[first:last]), row[at_tone] or "")
            )
        named = [model.__fields__.get(name) for name in label_fields(model)]
        if len(named) == 1 and (named[0] is None or named[0].kind != "choice"):
            # The usual case, for a fifth of the time: one text, which is the label.
            return lambda row: None if (at := row[key]) is None else Ref(at, str(row[first] or at.hex[-8:]))
        return lambda row: None if row[key] is None else Ref(row[key], label_of(model, row[key], row[first:last]))

    def line(self, row: Any) -> Line:
        values = row[2 : self.end] if self.is_plain else tuple([read(row) for read in self.readers])
        return Line(row[0], row[1], values)

    def position(self, row: Any, backwards: bool) -> paging.Position:
        if self.order is None or self.sort_at is None:
            return paging.Position(None, row[0], backwards)
        value = paging.sort_value(self.order.field, row[self.sort_at])
        return paging.Position(value, row[0], backwards)


_saturated: Bounded[Any, float] = Bounded(10_000)
"""Lists lately found to hold more than the cap: large lists are not counted again on every page."""


def _count(surface: Surface, request: ListRequest, selection: Selection) -> Count:
    if request.wants_count:
        return Count(count_rows(surface, selection, cap=None).value)
    if not selection.countable:
        return Count(None)
    reader = surface.person.uid if surface.person else None
    key = (current_tenant_id(), surface.entry.key, reader, request.filters, request.trash, request.archived)
    now = time.monotonic()
    if not request.search and _saturated.get(key, 0.0) > now:
        return Count(COUNT_CAP, capped=True)
    counted = count_rows(surface, selection)
    if counted.capped and not request.search:
        _saturated[key] = now + _SATURATED_SECONDS
    return counted


def count_rows(surface: Surface, selection: Selection, cap: int | None = COUNT_CAP) -> Count:
    """Count the selection, up to a cap (None: all of it)."""
    rows = select(literal(1).label("one")).select_from(surface.model).where(*selection.where)
    if cap is not None:
        rows = rows.limit(cap + 1)
    found = reading.rows(surface.session, select(func.count()).select_from(rows.subquery()))[0][0]
    return Count(cap, capped=True) if cap is not None and found > cap else Count(found)
