"""POST /bulk: up to a hundred new records, all or nothing unless the caller asks for each on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _

from app.screens.reading import BadArguments
from app.screens.rest.arguments import Shape, is_confirmed, read_shape
from app.screens.rest.calls import Call, answer
from app.screens.rest.jsons import read_body
from app.screens.rest.problems import Problem, invalid, problem_of
from app.screens.writing import Conflict, Doubts, Invalid, NotAllowed, read_json, save

MOST = 100


@dataclass(slots=True)
class Outcome:
    """What became of the rows, by their place in the request."""

    saved: dict[int, UUID] = field(default_factory=dict)
    refused: dict[int, Problem] = field(default_factory=dict)


def create_many(call: Call) -> Response:
    """201 with all records, or a problem that names each row at fault; with `atomic=0` 200 and one result a row."""
    shape = read_shape(call.surface, call.args, "confirm", "atomic")
    atomic = _is_atomic(call)
    outcome = _save_rows(call, _rows_of(read_body()))
    if not atomic:
        return _each(call, outcome, shape)
    if outcome.refused:
        raise _all_refused(outcome)
    shown = call.representations(list(outcome.saved.values()), shape)
    return answer({"data": [shown[key] for key in outcome.saved.values()]}, 201)


def _is_atomic(call: Call) -> bool:
    text = call.args.get("atomic", "1")
    if text not in ("0", "1", "true", "false"):
        raise BadArguments({"atomic": _("Possible: 0, 1.")})
    return text in ("1", "true")


def _rows_of(body: Any) -> list[Any]:
    if not isinstance(body, dict) or set(body) != {"data"} or not isinstance(body["data"], list):
        raise invalid({"data": _('Send an object with a list: {"data": [{...}, {...}]}.')})
    if not 1 <= len(body["data"]) <= MOST:
        raise invalid({"data": _("Send 1 to %(count)s records at once.", count=MOST)})
    return body["data"]


def _save_rows(call: Call, rows: list[Any]) -> Outcome:
    outcome = Outcome()
    confirmed = is_confirmed(call.args)
    for index, data in enumerate(rows):
        submission = read_json(call.surface, data, None)
        submission.confirmed = confirmed
        try:
            # A savepoint a row: a row that the database refuses must not hide what is wrong with those after it.
            with call.surface.session.begin_nested():
                outcome.saved[index] = save(call.surface, submission, None).id
        except (Invalid, Conflict, Doubts, NotAllowed) as error:
            outcome.refused[index] = problem_of(error)
    return outcome


def _all_refused(outcome: Outcome) -> Problem:
    """One problem for all: its status is that of the worst row."""
    status = max(problem.status for problem in outcome.refused.values())
    errors = {
        f"data.{index}.{name}".rstrip("."): words
        for index, problem in outcome.refused.items()
        for name, words in (problem.errors or {"": problem.detail}).items()
    }
    rows = [_refusal(index, problem) for index, problem in outcome.refused.items()]
    detail = _("Nothing was saved: please look at “rows”.")
    return Problem(status, "rows_refused", detail, errors, rows=rows)


def _refusal(index: int, problem: Problem) -> dict[str, Any]:
    found: dict[str, Any] = {"index": index, "status": problem.status, "code": problem.code, "detail": problem.detail}
    if problem.errors:
        found["errors"] = problem.errors
    return found | problem.extra


def _each(call: Call, outcome: Outcome, shape: Shape) -> Response:
    shown = call.representations(list(outcome.saved.values()), shape) if outcome.saved else {}
    results: dict[int, dict[str, Any]] = {
        index: {"index": index, "status": 201, "data": shown[key]} for index, key in outcome.saved.items()
    }
    results |= {index: _refusal(index, problem) for index, problem in outcome.refused.items()}
    rows = [results[index] for index in sorted(results)]
    return answer({"created": len(outcome.saved), "refused": len(outcome.refused), "rows": rows})
