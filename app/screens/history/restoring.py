"""Back to an earlier state: the values are submitted as if somebody had sent them, through every check of a save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from app.data import Field, Record
from app.screens.history.reading import FieldChange, RowChanges, Told, since
from app.screens.kinds import kind_of
from app.screens.reading import Surface
from app.screens.reading.surface import value_of
from app.screens.writing import InlineRow, Submission
from app.screens.writing.submission import inline_fields, shown


class NothingToRestore(ValueError):
    """The record is in that state already, or cannot be brought there; the message says why."""


def restoration(surface: Surface, record: Record, told: Told, fields: Iterable[str] | None = None) -> Submission:
    """What brings back the version that an entry made; with `fields`, what these held before that entry.

    Only what this person may change is in it; hand it to `save`. Raises NothingToRestore.
    """
    if told.is_erased:
        raise NothingToRestore(_("What this entry said was erased."))
    names = list(fields) if fields is not None else None
    steps = [told] if names is not None else since(surface, record, told.entry.seq)
    if any(step.is_erased for step in steps):
        raise NothingToRestore(_("A later entry of this record was erased, so this version is not known any more."))
    result = Submission(version=record.version)
    _put_fields(surface, record, steps, names, result)
    _put_rows(surface, record, steps, names, result)
    if not result.values and not result.errors and not any(result.inlines.values()):
        raise NothingToRestore(_("There is nothing to restore: it is so already, or you may not change it."))
    return result


def _put_fields(surface: Surface, record: Record, steps: list[Told], names: list[str] | None, to: Submission) -> None:
    """The earliest value before the steps, newest first, is the one to go back to."""
    earliest: dict[str, FieldChange] = {one.field.name: one for step in steps for one in step.changes}
    editable = surface.editable(is_new=False)
    for name, change in earliest.items():
        if name in editable and not editable[name].secret and (names is None or name in names):
            _put(editable[name], value_of(record, editable[name]), change.before, to)


def _put(field: Field, now: Any, wanted: Any, to: Submission) -> None:
    """Through the kind's own check, as a value from outside: what was allowed then may not be now."""
    to.texts[field.name] = "" if wanted is None else kind_of(field).show(field, wanted)
    if wanted == now:
        return
    try:
        value = None if wanted is None else kind_of(field).load(field, kind_of(field).dump(field, wanted))
        if value is None and field.required:
            raise ValueError(_("Please fill in “%(field)s”.", field=field.words))
        to.values[field.name] = [] if value is None and field.kind == "tags" else value
    except ValueError as error:
        to.errors[field.name] = str(error)


def _put_rows(surface: Surface, record: Record, steps: list[Told], names: list[str] | None, to: Submission) -> None:
    told: dict[str, dict[Any, list[RowChanges]]] = {}
    for step in steps:
        for row in step.rows:
            told.setdefault(row.collection.name, {}).setdefault(row.row_id, []).append(row)
    for name, collection in surface.inlines().items():
        if name in told and (names is None or name in names):
            to.inlines[name] = _rows(surface, record, collection, told[name])


def _rows(surface: Surface, record: Record, collection: Field, told: Mapping[Any, list[RowChanges]]) -> list[InlineRow]:
    """Rows that were made since go, rows that went come back (as new ones), the others get their values back. Rows
    nothing happened to are not sent, so they stay."""
    fields = inline_fields(surface, collection, surface.target(collection))
    present = {row.id: row for row in getattr(record, collection.name)}
    found: list[InlineRow] = []
    for row_id, changes in told.items():
        first, row = changes[-1], present.get(row_id)
        if first.verb == "create":
            if row is not None:
                found.append(InlineRow(str(len(found)), row_id, True, Submission()))
            continue
        submission = _row(fields, row, changes)
        if row is None or submission.values or submission.errors:
            found.append(InlineRow(str(len(found)), row_id if row is not None else None, False, submission))
    return found


def _row(fields: Mapping[str, Field], row: Record | None, changes: list[RowChanges]) -> Submission:
    result = Submission()
    earliest = {one.field.name: one for step in changes for one in step.changes}
    for name, field in fields.items():
        now = value_of(row, field) if row is not None else None
        if name in earliest:
            _put(field, now, earliest[name].before, result)
        else:
            result.texts[name] = shown(row, field)
    return result
