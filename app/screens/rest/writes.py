"""POST, PATCH, DELETE of one record, and its return from the trash. Nothing here commits: the pipeline does."""

from __future__ import annotations

from flask import Response, request

from app.data import Record
from app.screens.rest.arguments import Shape, is_confirmed, read_shape
from app.screens.rest.calls import Call, record_answer
from app.screens.rest.etags import outdated
from app.screens.rest.jsons import read_body
from app.screens.writing import Conflict, Submission, read_json, restore, save, trash


def create(call: Call) -> Response:
    """201 with the record and its address."""
    shape = read_shape(call.surface, call.args, "confirm")
    record = _saved(call, None)
    response = _shown(call, record, shape, 201)
    response.headers["Location"] = call.address(record.id)
    return response


def change(call: Call) -> Response:
    """Write the fields that were sent and leave the others. Read-only and unknown names are refused."""
    shape = read_shape(call.surface, call.args, "confirm")
    record = _saved(call, call.locked_record())
    return _shown(call, record, shape, 200)


def saved_answer(call: Call, submission: Submission, record: Record, shape: Shape) -> Response:
    """Save what was submitted and show the record as it is then."""
    return _shown(call, _save(call, submission, record), shape, 200)


def _saved(call: Call, record: Record | None) -> Record:
    submission = read_json(call.surface, read_body(), record)
    submission.confirmed = is_confirmed(call.args)
    return _save(call, submission, record)


def _save(call: Call, submission: Submission, record: Record | None) -> Record:
    try:
        return save(call.surface, submission, record)
    except Conflict as error:
        if "If-Match" in request.headers:
            raise outdated(error.current) from None
        raise


def _shown(call: Call, record: Record, shape: Shape, status: int) -> Response:
    row = call.representations([record.id], shape)[record.id]
    return record_answer(row, shape, status)


def remove(call: Call) -> Response:
    """Put the record into the trash; for good where the resource has none."""
    read_shape(call.surface, call.args)
    trash(call.surface, call.locked_record())
    return Response(status=204)


def bring_back(call: Call) -> Response:
    """Out of the trash."""
    shape = read_shape(call.surface, call.args)
    record = call.locked_record(trash=True)
    restore(call.surface, record)
    return _shown(call, record, shape, 200)
