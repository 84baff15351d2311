"""Merging over REST. The merges themselves are read at `/api/v1/merging/merge`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from app.identity.access import access
from app.merging.contents import moved_kinds
from app.merging.likeness.pairs import Listed, decide, listed, pair_for
from app.merging.merging import Wish, merge
from app.merging.models import Merge
from app.merging.pages.asked import merge_of
from app.merging.undoing import Undecided, undo
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.screens.rest.calls import answer
from app.screens.rest.jsons import read_body
from app.screens.rest.pipeline import run
from app.screens.rest.problems import Problem, invalid, missing
from app.transfer.pages.asked import surface_for

blueprint = Blueprint("api_merging", __name__, url_prefix="/api/v1/merging")


@blueprint.post("/merges")
@access("signed-in")
def create() -> Response:
    """JSON with `resource`, `survivor`, `ids` (of the others), and if wanted `fields` (whose value a field takes) and
    `versions` (that were seen). Answers the merge."""

    def work() -> Response:
        body = _object()
        surface = surface_for(str(body.get("resource", "")), "merge")
        done = merge(surface, _wish(body))
        return answer(facts(surface, done), 201)

    return run(work)


def _wish(body: dict[str, Any]) -> Wish:
    errors: dict[str, str] = {}
    survivor = _id(body.get("survivor"))
    ids = [_id(one) for one in body["ids"]] if isinstance(body.get("ids"), list) else [None]
    fields, versions = body.get("fields", {}), body.get("versions", {})
    if survivor is None:
        errors["survivor"] = str(_("This must be the id of a record."))
    if None in ids:
        errors["ids"] = str(_("This must be a list of ids of records."))
    choices = _mapping("fields", fields, str, _id, errors)
    seen = _mapping("versions", versions, _id, lambda one: one if type(one) is int else None, errors)
    unknown = set(body) - {"resource", "survivor", "ids", "fields", "versions"}
    errors |= {name: str(_("There is no field of this name.")) for name in unknown}
    if errors or survivor is None:
        raise invalid(errors)
    return Wish(survivor, tuple(one for one in ids if one is not None and one != survivor), choices, seen)


def _mapping(
    name: str, given: Any, key: Callable[[Any], Any], value: Callable[[Any], Any], errors: dict[str, str]
) -> dict[Any, Any]:
    read = {key(one): value(other) for one, other in given.items()} if isinstance(given, dict) else {None: None}
    if None in read or None in read.values():
        errors[name] = str(_("This cannot be understood."))
    return read


def _id(given: Any) -> UUID | None:
    return as_uuid(given) if isinstance(given, str) else None


def facts(surface: Surface, record: Merge) -> dict[str, Any]:
    """A merge as JSON; kinds of records that this person may not read are not told."""
    return {
        "id": record.id,
        "resource": record.resource,
        "survivor_id": record.survivor_id,
        "merged_ids": record.merged_ids,
        "state": record.state,
        "moved": {kind.label: kind.count for kind in moved_kinds(surface, record.report.get("moved", {}))},
    }


@blueprint.post("/merges/<uuid:merge_id>/undo")
@access("signed-in")
def take_back(merge_id: UUID) -> Response:
    """Take a merge back. `changed` says what becomes of rows that were changed since: `ask` (the default: they are
    listed and nothing is done), `back` or `leave`; `rows` says it for single ones."""

    def work() -> Response:
        body = _object(read_body(required=False))
        record, surface = merge_of(merge_id)
        rest = body.get("changed", "ask")
        if rest not in ("ask", "back", "leave"):
            raise invalid({"changed": "ask, back, leave"})
        try:
            undo(surface, record, _decisions(body.get("rows", [])), rest)
        except Undecided as undecided:
            raise _undecided(undecided) from None
        return answer(facts(surface, record))

    return run(work)


def _decisions(rows: Any) -> dict[tuple[str, UUID], Any]:
    found = {}
    row: Any
    for row in rows if isinstance(rows, list) else [None]:
        key = _id(row.get("id")) if isinstance(row, dict) else None
        if key is None or row.get("do") not in ("back", "leave") or not isinstance(row.get("table"), str):
            raise invalid({"rows": str(_('A list of {"table": ..., "id": ..., "do": "back" or "leave"}.'))})
        found[row["table"], key] = row["do"]
    return found


def _undecided(error: Undecided) -> Problem:
    rows = [
        {"table": one.change.kind, "id": one.change.record_id, "fields": sorted(one.changed)} for one in error.items
    ]
    words = _("These rows were changed since. Say with “changed” or “rows” what becomes of them.")
    return Problem(409, "changed_since", words, rows=rows)


@blueprint.get("/duplicates")
@access("merging.merge.read")
def duplicates() -> Response:
    """Pairs that may be the same: `resource`, and if wanted `state` (open or dismissed) and `after` (a cursor)."""

    def work() -> Response:
        surface = surface_for(request.args.get("resource", ""), "merge")
        dismissed = request.args.get("state", "open") == "dismissed"
        found, after = listed(surface, dismissed=dismissed, after=as_uuid(request.args.get("after", "")))
        return answer({"data": [_pair(one) for one in found], "next": after})

    return run(work)


def _pair(one: Listed) -> dict[str, Any]:
    records = [{"id": row.id, "label": str(row)} for row in one.records]
    return {"id": one.id, "records": records, "score": one.score, "reasons": one.reasons, "hidden": one.hidden or None}


@blueprint.post("/duplicates/<uuid:pair_id>/<any(dismiss, open):verb>")
@access("merging.merge.read")
def settle(pair_id: UUID, verb: str) -> Response:
    """JSON with `resource`: the two are not the same, or may be after all."""

    def work() -> Response:
        surface = surface_for(str(_object().get("resource", "")), "merge")
        pair = pair_for(surface, pair_id)
        if pair is None:
            raise missing()
        decide(surface, pair, dismissed=verb == "dismiss")
        return Response(status=204)

    return run(work)


def _object(body: Any = ...) -> dict[str, Any]:
    given = read_body() if body is ... else body if body is not None else {}
    if not isinstance(given, dict):
        raise invalid({"": str(_("The body must be a JSON object."))})
    return given
