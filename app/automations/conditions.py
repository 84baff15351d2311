"""Conditions of automations: those of lists, in groups of which one must hold, asked of the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from werkzeug.datastructures import MultiDict

from app.data import Record
from app.host.form_rules import StoredTest, rule_of
from app.screens.reading import BadArguments, Surface, parse_list
from app.screens.reading.listing import select_rows


def where(surface: Surface, conditions: Any) -> list[ColumnElement[bool]]:
    """What a record must meet: to be within reach, and all of one of the groups. Raises ValueError with a sentence for
    conditions that cannot be asked (any more)."""
    groups = [_arguments(group) for group in rule_of("", conditions, []).when]
    return [or_(*(and_(*_of_group(surface, group)) for group in groups or [MultiDict()]))]


def _of_group(surface: Surface, arguments: MultiDict[str, str]) -> list[ColumnElement[bool]]:
    try:
        return select_rows(surface, parse_list(surface, arguments)).where
    except BadArguments as error:
        raise ValueError(" ".join(f"{name}: {words}" for name, words in error.errors.items())) from None


def _arguments(group: tuple[StoredTest, ...]) -> MultiDict[str, str]:
    """As the address of a list has them."""
    found: MultiDict[str, str] = MultiDict()
    for one in group:
        if one.operator in ("empty", "filled"):
            is_filled = one.operator == "filled" or one.values[-1:] == ("false",)
            found.add(f"{one.field}.empty", "false" if is_filled else "true")
        elif one.operator in ("one_of", "none_of", "between"):
            found.add(f"{one.field}.{one.operator}", ",".join(one.values))
        else:
            for value in one.values or ("",):
                found.add(f"{one.field}.{one.operator}", value)
    return found


def check_conditions(surface: Surface, conditions: Any) -> None:
    """Raises ValueError with a sentence; without one for what is not well-formed."""
    where(surface, conditions)


def meets(surface: Surface, record: Record, conditions: Any) -> bool:
    """Whether a record within reach meets the conditions now."""
    model = surface.model
    surface.session.flush()
    found = select(model.id).where(model.id == record.id, *where(surface, conditions))
    return surface.session.scalar(found) is not None
