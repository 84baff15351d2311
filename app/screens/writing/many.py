"""The same change of many records: of all of them, or of none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.data import Field, Record
from app.screens.reading.surface import Surface, value_of
from app.screens.writing.saving import (
    Invalid,
    _ask_rules,
    _assign,
    _check_relations,
    _flush,
    check_reach,
    hold_submission,
)
from app.screens.writing.submission import Submission, _posted

Way = Literal["add", "remove", "set"]
"""What becomes of the tags that a record has."""
MOST_TOLD = 20
_NOT_ALIKE = ("json", "record_id", "image")


class Refused(Exception):
    """Some of the records cannot be changed like this: what they are called, and why, of the first ones."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {words}" for name, words in problems))
        self.problems = tuple(problems)


def changeable(surface: Surface) -> dict[str, Field]:
    """The fields that many records may be given the same value of."""
    return {
        name: one
        for name, one in surface.editable(is_new=False).items()
        if not (one.unique or one.secret or one.show_if) and (one.picks or one.kind not in _NOT_ALIKE)
    }


def read_change(surface: Surface, form: Any, names: Sequence[str]) -> Submission:
    """The new values of these fields from a posted form. Never raises: errors are in the result."""
    result = Submission()
    for name, one in changeable(surface).items():
        if name not in names:
            continue
        result.take(name, one, _posted(form, name, one) or "")
    if not result.texts:
        result.errors[""] = _("Please choose at least one field to change.")
    return result


def change_many(surface: Surface, rows: Sequence[Record], given: Submission, ways: Mapping[str, Way]) -> int:
    """Give all rows these values; returns how many were different before. Flushes; the edge commits.

    Raises Invalid for a value, Refused for records whose rules say no, NotAllowed and Conflict as `save` does; the
    caller rolls back then. Doubts (a possible duplicate) are not asked about.
    """
    if given.is_valid:
        _check_relations(surface, given)
    if not given.is_valid:
        raise Invalid(given)
    _load_rows_inside(surface, [row.id for row in rows])
    refused: list[tuple[str, str]] = []
    with surface.session.no_autoflush:
        for row in rows:
            called, one = str(row), Submission(values=_values(surface, row, given, ways), confirmed=True)
            hold_submission(surface, one, row)
            try:
                _assign(surface, row, one)
                _ask_rules(surface, row, one, is_new=False)
            except Invalid:
                refused.append((called, " ".join(one.errors.values())))
                if len(refused) == MOST_TOLD:
                    break
    if refused:
        raise Refused(refused)
    changed = sum(surface.session.is_modified(row) for row in rows)
    _flush(surface.session, given, rows[0])
    check_reach(surface, [row.id for row in rows])
    return changed


def _values(surface: Surface, row: Record, given: Submission, ways: Mapping[str, Way]) -> dict[str, Any]:
    found = dict(given.values)
    for name, value in given.values.items():
        field = surface.fields[name]
        if field.kind == "tags" and ways.get(name, "add") != "set":
            there = list(value_of(row, field) or ())
            if ways.get(name, "add") == "add":
                found[name] = there + [tag for tag in value if tag not in there]
            else:
                found[name] = [tag for tag in there if tag not in value]
    return found


def _load_rows_inside(surface: Surface, ids: Sequence[UUID]) -> None:
    """The rules of a record look at the rows inside of it: all of them are read at once."""
    model: Any = surface.model
    for name in surface.entry.resource.inlines.split():
        wanted = select(model).where(model.id.in_(ids)).options(selectinload(getattr(model, name)))
        surface.session.scalars(wanted).all()
