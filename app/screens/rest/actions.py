"""POST .../actions/<name>: an `Action` on the record of the address, on ids, or on all records that match a filter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from app.data import Record
from app.host import Action
from app.screens.reading import BadArguments, parse_list
from app.screens.reading.surface import as_uuid
from app.screens.rest.arguments import read_shape, refuse_unknown
from app.screens.rest.calls import Call, answer, secret_answer
from app.screens.rest.dumping import JsonRow
from app.screens.rest.jsons import read_body
from app.screens.rest.problems import invalid
from app.screens.writing import run_action
from app.screens.writing.actions import chosen_rows, read_parameters

MOST_IDS = 1_000
_CHOOSERS = frozenset({"ids", "filter"})


def act_on_one(call: Call, action: Action) -> Response:
    """`{"message": ..., "data": the record as it is now, or null when it is gone}`."""
    shape = read_shape(call.surface, call.args)
    record = call.locked_record()
    key = record.id
    body = _object(read_body(required=not _takes_nothing(action)))
    _refuse_choosers(body)
    message = run_action(call.surface, action, [record], read_parameters(action, body, json=True))
    shown: dict[UUID, JsonRow] = call.representations([key], shape)
    result = {"message": message, "data": shown.get(key)}
    return secret_answer(result) if action.tells_secret else answer(result)


def act_on_many(call: Call, action: Action) -> Response:
    """`{"message": ..., "count": how many records it ran on}`."""
    refuse_unknown(call.args, ())
    body = _object(read_body())
    parameters = read_parameters(action, body, json=True)
    rows = _chosen(call, body)
    message = run_action(call.surface, action, rows, parameters)
    result = {"message": message, "count": len(rows)}
    return secret_answer(result) if action.tells_secret else answer(result)


def _takes_nothing(action: Action) -> bool:
    return not action.parameters


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid({"": _("The body must be a JSON object.")})
    return body


def _refuse_choosers(body: dict[str, Any]) -> None:
    named = sorted({*_CHOOSERS, "all"} & set(body))
    if named:
        raise invalid({name: _("The record is the one of the address.") for name in named})


def _chosen(call: Call, body: dict[str, Any]) -> list[Record]:
    if "all" in body or len(_CHOOSERS & set(body)) != 1:
        raise invalid({"ids": _("Say which records: either “ids” or “filter”.")})
    if "ids" in body:
        return _rows_by_id(call, body["ids"])
    request = parse_list(call.surface, _filter_arguments(body["filter"]))
    return chosen_rows(call.surface, None, request)


def _rows_by_id(call: Call, given: Any) -> list[Record]:
    ids = [as_uuid(one) if isinstance(one, str) else None for one in given] if isinstance(given, list) else []
    if not 1 <= len(ids) <= MOST_IDS or None in ids:
        raise invalid({"ids": _("A list of 1 to %(count)s ids of records.", count=MOST_IDS)})
    rows = chosen_rows(call.surface, [one for one in ids if one is not None], None)
    absent = {str(one) for one in ids} - {str(row.id) for row in rows}
    if absent:
        words = ngettext(
            "%(num)s of these records does not exist (any more).",
            "%(num)s of these records do not exist (any more).",
            len(absent),
        )
        raise invalid({"ids": words}, missing=sorted(absent))
    return rows


def _filter_arguments(given: Any) -> MultiDict[str, str]:
    """`{"status.is": "open", "size.one_of": ["1-10", "11-50"], "q": "ali"}`; {} means all records."""
    if not isinstance(given, dict):
        raise invalid({"filter": _('An object of filters, such as {"status.is": "open"}; {} for all records.')})
    found: MultiDict[str, str] = MultiDict()
    for name, value in given.items():
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts) or not (name == "q" or "." in name):
            raise BadArguments({f"filter.{name}"[:100]: _("This is not a filter with a text or a list of texts.")})
        found.setlist(name, texts)
    return found
