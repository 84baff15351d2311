"""A submission from JSON: the fields of a record, and the rows inside it, in one body.

A field that is not sent stays as it is. A collection that is sent stands for all its rows: those with an `id` are
changed, those without one are added, those that are not named go. Each row is held to the rights of its own kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from app.data import Field, Record
from app.screens.kinds import kind_of
from app.screens.reading.surface import Surface, as_uuid, value_of
from app.screens.ruling import excused
from app.screens.writing.submission import InlineRow, Submission, inline_fields

MOST_ROWS = 100
"""Rows of a collection that one call may name: as many as one call can read."""
Rows = Mapping[UUID, Record]


def read_json(surface: Surface, data: Any, record: Record | None) -> Submission:
    """Read a JSON object for a new record (None) or as a patch of an existing one. Unknown names are errors."""
    if not isinstance(data, dict):
        return _no_object(_("The body must be a JSON object."))
    collections = {name: one for name, one in surface.inlines().items() if name in data}
    own = {name: value for name, value in data.items() if name not in collections}
    result = _read_object(surface, surface.editable(is_new=record is None), own, record)
    for name, collection in collections.items():
        _read_rows(surface, collection, data[name], record, result)
    return result


def _no_object(words: str) -> Submission:
    return Submission(errors={"": words})


def _read_object(
    surface: Surface, fields: Mapping[str, Field], data: Mapping[str, Any], record: Record | None
) -> Submission:
    result = Submission()
    custom = data.get("custom_fields", {})
    flat = {key: value for key, value in data.items() if key != "custom_fields"}
    if isinstance(custom, dict):
        flat |= {f"custom.{key}": value for key, value in custom.items()}
    else:
        result.errors["custom_fields"] = _("This must be an object.")
    for name, value in flat.items():
        _read_value(surface, fields, name, value, record, result)
    if record is None:
        for name, found in fields.items():
            if found.required and name not in flat and found.default is None and found.kind not in ("flag", "tags"):
                result.errors[name] = _("Please fill in “%(field)s”.", field=found.words)
    for name in excused(surface, result.values, record) if result.errors else ():
        if name not in flat:
            result.errors.pop(name, None)
    return result


def _read_value(
    surface: Surface, fields: Mapping[str, Field], name: str, value: Any, record: Record | None, result: Submission
) -> None:
    found = fields.get(name)
    if found is None:
        result.errors[name] = _no_field(surface, fields, name)
        return
    if record is not None and _is_as_dumped(record, found, value):
        return
    try:
        loaded = None if value is None else kind_of(found).load(found, value)
        if loaded is None or (loaded == "" and found.kind != "json"):
            if found.required or found.kind in ("flag", "tags"):
                raise ValueError(_("Please fill in “%(field)s”.", field=found.words))
            loaded = None
        if record is None or loaded != value_of(record, found):
            result.values[name] = loaded
    except ValueError as error:
        result.errors[name] = str(error)


def _no_field(surface: Surface, fields: Mapping[str, Field], name: str) -> str:
    if f"custom.{name}" in fields:
        return _("This field is added: it is sent within “custom_fields”.")
    return _("This field cannot be written.") if name in surface.fields else _("There is no field of this name.")


def _is_as_dumped(record: Record, found: Field, value: Any) -> bool:
    """Is this, to the letter, what REST shows of the record? Then it stays, even where today's rule would refuse it."""
    stored = value_of(record, found)
    dumped = None if stored is None else kind_of(found).dump(found, stored)
    return type(value) is type(dumped) and json.dumps(value) == json.dumps(dumped)


def _read_rows(surface: Surface, collection: Field, data: Any, record: Record | None, result: Submission) -> None:
    """The rows of a collection as they are to be, by their place in the list; those that are to go come last."""
    name, child = collection.name, surface.target(collection)
    stored = _reached(surface, collection, child, record)
    if not isinstance(data, list):
        result.errors[name] = _("This must be a list of objects.")
    elif max(len(data), len(stored)) > MOST_ROWS:
        result.errors[name] = _("One call can name %(count)s rows; use their own address for more.", count=MOST_ROWS)
    if name in result.errors:
        return
    rows: list[InlineRow] = []
    for at, one in enumerate(data):
        rows.append(_read_row(child or surface, collection, child, one, stored, at))
        if rows[-1].id is not None and rows[-1].id in {row.id for row in rows[:-1]}:
            rows[-1].submission.errors["id"] = _("This row is named twice.")
    named = {row.id for row in rows}
    gone = [InlineRow("", key, True, Submission()) for key in stored if key not in named]
    if gone and not _may(child, "delete"):
        result.errors[name] = _("You may not delete rows here, and a list stands for all of them: name each by its id.")
    result.inlines[name] = [*rows, *gone]


def _reached(surface: Surface, collection: Field, child: Surface | None, record: Record | None) -> Rows:
    """The stored rows that this person reaches: others are neither changed nor missed."""
    rows = {row.id: row for row in getattr(record, collection.name)} if record is not None else {}
    rules = child.row_rules(frozenset({surface.model})) if child is not None and rows else []
    if child is None or not rules:
        return rows
    seen = child.session.scalars(child.rows().with_only_columns(child.model.id).where(child.model.id.in_(rows)))
    return {key: rows[key] for key in seen}


def _may(child: Surface | None, verb: str) -> bool:
    """Rows without a resource of their own are their record's: whoever may change it may do all with them."""
    return child is None or child.may(verb)


def _read_row(
    surface: Surface, collection: Field, child: Surface | None, data: Any, stored: Rows, at: int
) -> InlineRow:
    if not isinstance(data, dict):
        return InlineRow(str(at), None, False, _no_object(_("This must be an object.")))
    key = as_uuid(data["id"]) if isinstance(data.get("id"), str) else None
    before = stored.get(key) if key is not None else None
    if before is None and data.get("id") is not None:
        return InlineRow(str(at), None, False, Submission(errors={"id": _("There is no such record.")}))
    fields = inline_fields(surface, collection, child)
    if before is not None:
        changeable = child.editable(is_new=False) if child is not None else fields
        fields = {name: one for name, one in fields.items() if name in changeable and not one.immutable}
    own = {name: value for name, value in data.items() if name not in ("id", "version")}
    submission = _read_object(surface, fields, own, before)
    submission.errors |= _refusals(data, child, before, submission)
    return InlineRow(str(at), before.id if before is not None else None, False, submission)


def _refusals(
    data: Mapping[str, Any], child: Surface | None, before: Record | None, submission: Submission
) -> dict[str, str]:
    """Why this row may not be saved at all, whatever its values."""
    if before is None:
        return {} if _may(child, "create") else {"": _("You may not add rows here.")}
    if data.get("version", before.version) != before.version:
        return {"version": _("Somebody else has just changed this record. Read it again.")}
    return {} if not submission.values or _may(child, "update") else {"": _("You may not change rows here.")}
