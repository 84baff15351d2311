"""The records that are lanes of a board, and those that say which lanes belong together: read in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from app.data import Field, reading
from app.data.bounded import Bounded
from app.data.reading import Prepared
from app.data.record import label_fields
from app.host import Lanes
from app.screens.reading import Surface
from app.screens.reading.paging import Order
from app.screens.reading.request import default_sort
from app.screens.reading.surface import label_of
from app.screens.views.columns import GREY

MAX_LANES = 40
MAX_SCOPES = 50
_prepared: Bounded[Any, Prepared] = Bounded(1_000)
"""Statements of lanes whose conditions are the same for everybody: building one takes longer than running it."""


@dataclass(frozen=True, slots=True)
class LaneOf:
    """One lane. `value` is what the field of its cards holds; `weight` percents; a `fleeting` lane is shown only while
    it holds cards."""

    value: str | UUID | None
    label: str
    tone: str = GREY
    weight: int | None = None
    fleeting: bool = False

    @property
    def key(self) -> str:
        """The lane's name in addresses and markup."""
        return "" if self.value is None else str(self.value)


@dataclass(frozen=True, slots=True)
class Scope:
    """One record whose lanes can be shown."""

    id: UUID
    label: str


class LaneReader:
    """Reads the records that are lanes, in their order."""

    def __init__(self, target: Surface, declared: Lanes) -> None:
        self.target = target
        self.model: Any = target.model
        self.labels = [getattr(self.model, name) for name in label_fields(self.model)]
        self.colour = getattr(self.model, declared.colour) if declared.colour in target.fields else None
        self.weight = getattr(self.model, declared.weight) if declared.weight in target.fields else None
        self.archived = self.model.archived_at if self.model.__archive__ else None  # type: ignore[attr-defined]
        beside = [one for one in (self.colour, self.weight, self.archived) if one is not None]
        self.columns = [self.model.id, *self.labels, *beside]
        self.order = [getattr(self.model, declared.order).nulls_last(), self.model.id]

    def all(self) -> Iterator[LaneOf]:
        """The lanes of a board without scopes."""
        statement = select(*self.columns).where(*self.target.conditions()).order_by(*self.order).limit(MAX_LANES)
        return (self._lane(row) for row in reading.rows(self.target.session, statement))

    def by_scope(self, within: Field) -> dict[Scope, list[LaneOf]]:
        """The scopes in their order, each with its lanes: all of them are few, and cost one way to the database."""
        scopes = _ScopeReader.of(self.target, within)
        found: dict[Scope, list[LaneOf]] = {}
        if scopes is None:
            return found
        for row in self._statement(scopes, within).rows(self.target.session):
            scope, own = scopes.scope(row), row[scopes.width :]
            if scope not in found and len(found) == MAX_SCOPES:
                break
            lanes = found.setdefault(scope, [])
            if own[0] is not None and len(lanes) < MAX_LANES:
                lanes.append(self._lane(own))
        return found

    def _statement(self, scopes: _ScopeReader, within: Field) -> Prepared:
        conditions = self.target.conditions()
        if not self.target.is_plain(conditions) or not scopes.surface.is_plain(scopes.conditions):
            return Prepared(self._built(scopes, within, conditions))
        key = within, self.colour is None, self.weight is None, scopes.sort
        if key not in _prepared:
            _prepared[key] = Prepared(self._built(scopes, within, conditions))
        return _prepared[key]

    def _built(self, scopes: _ScopeReader, within: Field, conditions: list[Any]) -> Select[Any]:
        belongs = getattr(self.model, within.column) == scopes.model.id
        joined = scopes.statement(*self.columns).outerjoin(self.model, and_(belongs, *conditions))
        return joined.order_by(*scopes.order, *self.order).limit(MAX_SCOPES * MAX_LANES)

    def _lane(self, row: Any) -> LaneOf:
        facts = iter(row[1 + len(self.labels) :])
        tone = next(facts) if self.colour is not None else GREY
        percent = next(facts) if self.weight is not None else None
        is_archived = self.archived is not None and next(facts) is not None
        label = label_of(self.model, row[0], row[1 : 1 + len(self.labels)])
        return LaneOf(row[0], label, tone or GREY, percent, is_archived)


@dataclass(frozen=True, slots=True)
class _ScopeReader:
    """Reads the records that a relation leads to, as far as they are in sight, in the order of their own list."""

    surface: Surface
    sort: str
    conditions: list[Any]

    @classmethod
    def of(cls, target: Surface, field: Field) -> _ScopeReader | None:
        """None where this person may not read them."""
        surface = target.target(field)
        if surface is None or not surface.may("read"):
            return None
        in_sight = [surface.model.is_in_sight()] if surface.model.__archive__ else []
        return cls(surface, default_sort(surface), [*surface.conditions(), *in_sight])

    @property
    def model(self) -> Any:
        return self.surface.model

    @property
    def order(self) -> list[Any]:
        return Order.of(self.model, self.surface.fields[self.sort.removeprefix("-")], self.sort).by()

    @property
    def width(self) -> int:
        return 1 + len(label_fields(self.model))

    def statement(self, *beside: Any) -> Select[Any]:
        """Unordered, with other columns after their own."""
        labels = [getattr(self.model, name) for name in label_fields(self.model)]
        return select(self.model.id, *labels, *beside).select_from(self.model).where(*self.conditions)

    def scope(self, row: Any) -> Scope:
        return Scope(row[0], label_of(self.model, row[0], row[1 : self.width]))


def scopes_of(target: Surface, field: Field) -> Iterator[Scope]:
    """The records that a relation leads to (whose lanes can be shown), in the order of their own list: one
    statement."""
    reader = _ScopeReader.of(target, field)
    if reader is not None:
        statement = reader.statement().order_by(*reader.order).limit(MAX_SCOPES)
        for row in reading.rows(reader.surface.session, statement):
            yield reader.scope(row)
