"""Which lanes a board has: the values of a choice, or the records that a relation leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, request, session
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, select

from app.data import Field, current_tenant_id, reading
from app.data.record import label_fields
from app.host import Lanes
from app.screens.page import Link
from app.screens.reading import Surface
from app.screens.reading.paging import Order
from app.screens.reading.request import default_sort
from app.screens.reading.surface import as_uuid, label_of
from app.screens.views.columns import GREY
from app.screens.views.screen import Pairs, Screen, with_query

MAX_LANES = 40
MAX_SCOPES = 50
CHOSEN = "lanes"
"""The argument that names the record whose lanes are shown; the browser remembers the last one."""
_REMEMBERED, _MOST_REMEMBERED = "boards", 8


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


@dataclass(frozen=True, slots=True)
class LaneSet:
    """The lanes of a board, and among which scopes they were chosen."""

    field: Field
    lanes: tuple[LaneOf, ...]
    scopes: tuple[Scope, ...] = ()
    chosen: UUID | None = None
    scope_label: str = ""

    def links(self, href: str, pairs: Pairs) -> tuple[Link, ...]:
        """The scopes as links that keep the conditions."""
        return tuple(
            Link(one.label, with_query(href, [*pairs, (CHOSEN, one.id)]), one.id == self.chosen) for one in self.scopes
        )

    def find(self, key: str) -> LaneOf | None:
        """The lane called so."""
        return next((lane for lane in self.lanes if lane.key == key), None)

    def holds(self, model: Any, lane: LaneOf) -> ColumnElement[bool]:
        """The condition of a lane's cards."""
        stored = getattr(model, self.field.column)
        found: ColumnElement[bool] = stored.is_(None) if lane.value is None else stored == lane.value
        return found


def lane_set(screen: Screen) -> LaneSet:
    """The lanes of this resource's board; a 404 when its field is hidden from this person."""
    field = board_field(screen)
    return _of_choice(field) if field.kind == "choice" else _of_relation(screen, field)


def board_field(screen: Screen) -> Field:
    """The field that says in which lane a card is."""
    found = screen.surface.fields.get(screen.entry.resource.board or "")
    if found is None:
        abort(404)
    return found


def lane_tones(surface: Surface, field: Field | None) -> Mapping[Any, str]:
    """The colours of a board's lanes by what its field holds: no statement for a choice, one for a relation."""
    if field is None:
        return {}
    if field.kind == "choice":
        return {one.value: one.colour or GREY for one in field.choices}
    target = surface.target(field)
    declared = target.entry.resource.lanes if target is not None else None
    if target is None or declared is None or not target.may("read") or declared.colour not in target.fields:
        return {}
    model: Any = target.model
    statement = select(model.id, getattr(model, declared.colour)).where(*target.conditions())
    return {key: tone or GREY for key, tone in reading.rows(target.session, statement.limit(MAX_SCOPES * MAX_LANES))}


def _unset(*, fleeting: bool) -> LaneOf:
    return LaneOf(None, _("Not set"), fleeting=fleeting)


def _of_choice(field: Field) -> LaneSet:
    lanes = tuple(LaneOf(one.value, one.words, one.colour or GREY) for one in field.choices)
    return LaneSet(field, (_unset(fleeting=False), *lanes) if field.is_nullable else lanes)


def _of_relation(screen: Screen, field: Field) -> LaneSet:
    target = screen.surface.target(field)
    declared = target.entry.resource.lanes if target is not None else None
    if target is None or declared is None or not target.may("read"):
        return LaneSet(field, ())
    unset = (_unset(fleeting=True),) if field.is_nullable else ()
    reader = _LaneReader(target, declared)
    if not declared.scope:
        return LaneSet(field, (*unset, *reader.all()))
    within = target.entry.fields[declared.scope]
    found = reader.by_scope(within)
    scopes = tuple(found)
    chosen = _choose(screen, scopes)
    lanes = next((lanes for one, lanes in found.items() if one.id == chosen), [])
    return LaneSet(field, (*unset, *lanes), scopes, chosen, within.words)


class _LaneReader:
    """Reads the records that are lanes, in their order, with one statement."""

    def __init__(self, target: Surface, declared: Lanes) -> None:
        self.target = target
        self.model: Any = target.model
        self.labels = [getattr(self.model, name) for name in label_fields(self.model)]
        self.colour = getattr(self.model, declared.colour) if declared.colour in target.fields else None
        self.weight = getattr(self.model, declared.weight) if declared.weight in target.fields else None
        self.archived = self.model.archived_at if self.model.__archive__ else None
        beside = [one for one in (self.colour, self.weight, self.archived) if one is not None]
        self.columns = [self.model.id, *self.labels, *beside]
        self.order = [getattr(self.model, declared.order).nulls_last(), self.model.id]

    def all(self) -> Iterator[LaneOf]:
        """The lanes of a board without scopes."""
        statement = select(*self.columns).where(*self.target.conditions()).order_by(*self.order).limit(MAX_LANES)
        return (self._lane(row) for row in reading.rows(self.target.session, statement))

    def by_scope(self, within: Field) -> dict[Scope, list[LaneOf]]:
        """The scopes in their order, each with its lanes. Together with the lanes of all of them, of which there are
        few, they cost one way to the database."""
        scopes = _ScopeReader.of(self.target, within)
        if scopes is None:
            return {}
        belongs = getattr(self.model, within.column) == scopes.model.id
        joined = scopes.statement(*self.columns).outerjoin(self.model, and_(belongs, *self.target.conditions()))
        ordered = joined.order_by(*scopes.order, *self.order).limit(MAX_SCOPES * MAX_LANES)
        found: dict[Scope, list[LaneOf]] = {}
        for row in reading.rows(self.target.session, ordered):
            scope = scopes.scope(row)
            if scope not in found and len(found) == MAX_SCOPES:
                break
            lanes = found.setdefault(scope, [])
            own = row[scopes.width :]
            if own[0] is not None and len(lanes) < MAX_LANES:
                lanes.append(self._lane(own))
        return found

    def _lane(self, row: Any) -> LaneOf:
        facts = iter(row[1 + len(self.labels) :])
        tone = next(facts) if self.colour is not None else GREY
        percent = next(facts) if self.weight is not None else None
        is_archived = self.archived is not None and next(facts) is not None
        label = label_of(self.model, row[0], row[1 : 1 + len(self.labels)])
        return LaneOf(row[0], label, tone or GREY, percent, is_archived)


@dataclass(frozen=True, slots=True)
class _ScopeReader:
    """Reads the records that a relation leads to, in the order of their own list."""

    surface: Surface
    model: Any
    labels: list[Any]
    order: list[Any]

    @classmethod
    def of(cls, target: Surface, field: Field) -> _ScopeReader | None:
        """None where this person may not read them."""
        surface = target.target(field)
        if surface is None or not surface.may("read"):
            return None
        sort, model = default_sort(surface), surface.model
        order = Order.of(model, surface.fields[sort.removeprefix("-")], sort)
        return cls(surface, model, [getattr(model, name) for name in label_fields(model)], order.by())

    @property
    def width(self) -> int:
        return 1 + len(self.labels)

    def statement(self, *beside: Any) -> Select[Any]:
        """Those in sight, unordered."""
        in_sight = [self.model.archived_at.is_(None)] if self.model.__archive__ else []
        columns = select(self.model.id, *self.labels, *beside).select_from(self.model)
        return columns.where(*self.surface.conditions(), *in_sight)

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


def _choose(screen: Screen, scopes: tuple[Scope, ...]) -> UUID | None:
    """The one asked for, the one shown last in this browser, or the first."""
    known = {one.id for one in scopes}
    key = f"{current_tenant_id()}:{screen.entry.key}"
    remembered: dict[str, str] = session.get(_REMEMBERED, {})
    asked = as_uuid(request.args.get(CHOSEN, ""))
    if asked in known and remembered.get(key) != str(asked):
        kept = [(name, value) for name, value in remembered.items() if name != key][-_MOST_REMEMBERED + 1 :]
        session[_REMEMBERED] = {**dict(kept), key: str(asked)}
    for one in (asked, as_uuid(remembered.get(key, ""))):
        if one in known:
            return one
    return scopes[0].id if scopes else None
