"""The history of a record over REST, and the way back to an earlier state of it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_babel import gettext as _

from app.data import Field
from app.screens.history import (
    FieldChange,
    NothingToRestore,
    RowChanges,
    Told,
    read_history,
    restoration,
    told_by_id,
)
from app.screens.kinds import kind_of
from app.screens.reading import BadArguments
from app.screens.rest.arguments import is_confirmed, read_shape, refuse_unknown
from app.screens.rest.calls import Call, answer
from app.screens.rest.jsons import read_body
from app.screens.rest.problems import Problem, invalid, missing
from app.screens.rest.writes import saved_answer

PAGE = 50


def read_page(call: Call) -> Response:
    """`{"data": [entries, newest first], "next": what to send as `before` for older ones, or null}`."""
    refuse_unknown(call.args, ("before",))
    record = call.surface.get(call.record_id) if call.record_id else None
    if record is None:
        raise missing()
    told = read_history(call.surface, record, limit=PAGE + 1, before=_before(call))
    shown = told[:PAGE]
    next_number = shown[-1].entry.seq if len(told) > PAGE else None
    return answer({"data": [_entry(one) for one in shown], "next": next_number})


def restore(call: Call) -> Response:
    """Bring back the version an entry made; with `{"fields": [...]}`, what these fields held before that entry."""
    shape = read_shape(call.surface, call.args, "confirm")
    record = call.locked_record()
    told = told_by_id(call.surface, record, call.entry_id) if call.entry_id is not None else None
    if told is None:
        raise missing()
    try:
        submission = restoration(call.surface, record, told, _fields(read_body(required=False)))
    except NothingToRestore as nothing:
        raise Problem(409, "nothing_to_restore", str(nothing)) from None
    submission.confirmed = is_confirmed(call.args)
    return saved_answer(call, submission, record, shape)


def _before(call: Call) -> int | None:
    text = call.args.get("before", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 18):
        raise BadArguments({"before": _("The number of an entry.")})
    return int(text) if text else None


def _fields(body: Any) -> list[str] | None:
    if body is None or body == {}:
        return None
    if not isinstance(body, dict) or set(body) != {"fields"}:
        raise invalid({"fields": _('Send {"fields": [...]}, or nothing for the whole version.')})
    names = body["fields"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise invalid({"fields": _("A list of names of fields.")})
    return names


def _entry(told: Told) -> dict[str, Any]:
    entry = told.entry
    return {
        "id": entry.id,
        "number": entry.seq,
        "at": entry.created_at,
        "actor": {"id": entry.created_by, "name": entry.actor_name},
        "action": entry.action,
        "via": entry.via,
        "erased": told.is_erased,
        "changes": _changes(told.changes),
        "rows": [_row(one) for one in told.rows],
    }


def _row(row: RowChanges) -> dict[str, Any]:
    return {
        "collection": row.collection.name,
        "id": row.row_id,
        "change": row.verb,
        "label": row.label,
        "changes": _changes(row.changes),
    }


def _changes(changes: tuple[FieldChange, ...]) -> dict[str, Any]:
    return {
        one.field.name: {"before": _dumped(one.field, one.before), "after": _dumped(one.field, one.after)}
        for one in changes
    }


def _dumped(field: Field, value: Any) -> Any:
    if value is None or field.secret:
        return value
    try:
        return kind_of(field).dump(field, value)
    except (ValueError, TypeError, AttributeError):
        return str(value)  # told when the field was of another kind
