"""Which lanes a board has: the values of a choice, or the records that a relation leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, request, session
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from app.data import Field, current_tenant_id, reading
from app.screens.page import Link
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.screens.views.board.lane_records import MAX_LANES, MAX_SCOPES, LaneOf, LaneReader, Scope
from app.screens.views.columns import GREY
from app.screens.views.screen import Pairs, Screen, with_query

CHOSEN = "lanes"
"""The argument that names the record whose lanes are shown; the browser remembers the last one."""
_REMEMBERED, _MOST_REMEMBERED = "boards", 8


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
    reader = LaneReader(target, declared)
    if not declared.scope:
        return LaneSet(field, (*unset, *reader.all()))
    within = target.entry.fields[declared.scope]
    found = reader.by_scope(within)
    scopes = tuple(found)
    chosen = _choose(screen, scopes)
    lanes = next((lanes for one, lanes in found.items() if one.id == chosen), [])
    return LaneSet(field, (*unset, *lanes), scopes, chosen, within.words)


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
