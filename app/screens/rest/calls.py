"""One call of the API on one resource: what every operation needs, and how its answer is put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from flask import Response, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.data import Record, db
from app.host import Entry
from app.screens.reading import Line, Surface, read_rows
from app.screens.rest.arguments import Shape
from app.screens.rest.dumping import Dumper, JsonRow
from app.screens.rest.etags import check_precondition, digest_tag, is_known, not_modified, version_tag
from app.screens.rest.expansion import expand_rows
from app.screens.rest.jsons import to_json
from app.screens.rest.problems import Problem, merged, missing

JSON = "application/json"


@dataclass
class Call:
    """`record_id` and `entry_id` (of the record's history) are those of the address, where it holds them."""

    entry: Entry
    record_id: UUID | None = None
    entry_id: UUID | None = None
    args: MultiDict[str, str] = field(default_factory=lambda: request.args)

    @cached_property
    def surface(self) -> Surface:
        return Surface(self.entry, db.session())

    def locked_record(self, *, trash: bool = False) -> Record:
        """The record of the address, locked, and in the state the caller expects. Raises Problem 404 or 412."""
        record = self.surface.get(self.record_id, trash=trash, lock=True) if self.record_id else None
        if record is None:
            raise self.gone()
        check_precondition(record)
        return record

    def gone(self) -> Problem:
        """Why the record of the address is not there: 404, or that it was merged."""
        survivor = self.surface.survivor_of(self.record_id) if self.record_id else None
        if survivor is None:
            return missing()
        return merged(survivor if self.surface.get(survivor) is not None else None, self.address(survivor))

    def rows(self, lines: list[Line] | tuple[Line, ...], shape: Shape) -> list[JsonRow]:
        """Lines of the shape's columns as objects, relations expanded."""
        dump = Dumper(shape.columns)
        rows = [dump(line) for line in lines]
        expand_rows(self.surface, rows, shape.expand)
        return rows

    def representations(self, ids: list[UUID], shape: Shape) -> dict[UUID, JsonRow]:
        """Records just written, as the database has them now."""
        model = self.surface.model
        lines = read_rows(self.surface, shape.columns, model.id.in_(ids), limit=len(ids))
        return {row["id"]: row for row in self.rows(lines, shape)}

    def address(self, record_id: UUID) -> str:
        """Where a record is found: inside the tenant's prefix when the call came by it."""
        return f"{request.script_root}{self.entry.api_path}/{record_id}"


def record_answer(row: JsonRow, shape: Shape, status: int = 200) -> Response:
    """One record. Its tag is its version, unless it shows other records too, which change without it."""
    body = to_json(row)
    tag = digest_tag(body) if shape.expand else version_tag(row["version"])
    return tagged(body, tag, status)


def tagged(body: bytes, tag: str, status: int = 200) -> Response:
    """JSON with its entity tag; 304 when a GET finds that the caller has it already."""
    if request.method in ("GET", "HEAD") and is_known(tag):
        return not_modified(tag)
    response = Response(body, status, mimetype=JSON)
    response.headers["ETag"] = tag
    return response


def answer(data: Any, status: int = 200) -> Response:
    """Any other JSON."""
    return Response(to_json(data), status, mimetype=JSON)


class SecretAnswer(Response):
    """An answer that holds a secret: `kept` is what is stored of it, and sent to a second request of the same key."""

    kept: bytes = b""


def secret_answer(data: dict[str, Any]) -> SecretAnswer:
    """JSON whose `message` is for the first caller alone."""
    response = SecretAnswer(to_json(data), 200, mimetype=JSON)
    response.kept = to_json({**data, "message": _("It was shown once, and is not kept.")})
    return response
