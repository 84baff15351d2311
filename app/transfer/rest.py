"""Imports and exports over REST. How they stand is read at `/api/v1/transfer/import` and `/api/v1/transfer/export`."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, send_file
from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.files.models import FileObject
from app.files.quota import Refused
from app.files.stores import store
from app.identity.access import access
from app.screens.reading import Surface
from app.screens.rest.calls import answer
from app.screens.rest.pipeline import run
from app.screens.rest.problems import Problem, invalid
from app.transfer import exporting, services
from app.transfer.errors_file import words_of, write_errors
from app.transfer.exporting import Wanted
from app.transfer.models import Import, ImportLine
from app.transfer.pages.asked import export_of, import_of, surface_for
from app.transfer.plan import DOUBTFUL, MODES, Plan, problems_of
from app.transfer.reading import Unreadable
from app.transfer.targets import target_at

blueprint = Blueprint("api_transfer", __name__, url_prefix="/api/v1/transfer")
SHOWN = 100


@blueprint.post("/imports")
@access("signed-in")
def take_in() -> Response:
    """`multipart/form-data` with `resource`, `file`, and if wanted `mode`, `keys` (paths between commas), `mapping` (a
    JSON object from headings to paths), `doubtful` (`import` or `leave_out`) and `dry_run`. Starts at once; answers the
    import."""

    def work() -> Response:
        surface = surface_for(request.form.get("resource", ""), "import")
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise invalid({"file": str(_("Please choose a file."))})
        try:
            record = services.take_in(db.session(), surface, sent.stream, sent.filename)
        except (Unreadable, Refused) as refused:
            raise invalid({"file": str(refused)}) from None
        plan = _plan(surface, Plan.of(record.plan))
        services.change_plan(db.session(), record, plan)
        problems = problems_of(surface, plan) if plan.headings else []
        if problems:
            raise invalid({"mapping": " ".join(problems)})
        services.start(db.session(), record, dry=request.form.get("dry_run", "") in ("1", "true"))
        return answer(_facts(record), 201)

    return run(work, is_upload=True)


def _plan(surface: Surface, guessed: Plan) -> Plan:
    errors = {}
    mapping: Any = dict(guessed.mapping)
    if text := request.form.get("mapping"):
        try:
            mapping = json.loads(text)
        except ValueError:
            mapping = None
        if not isinstance(mapping, dict) or not all(isinstance(path, str) for path in mapping.values()):
            raise invalid({"mapping": str(_("This must be an object."))})
        unknown = [path for path in mapping.values() if target_at(surface, path) is None]
        if unknown:
            errors["mapping"] = str(_("There is no column “%(name)s”.", name=unknown[0][:80]))
    mode = request.form.get("mode", guessed.mode)
    if mode not in MODES:
        errors["mode"] = ", ".join(MODES)
    doubtful = request.form.get("doubtful", guessed.doubtful)
    if doubtful not in DOUBTFUL:
        errors["doubtful"] = ", ".join(DOUBTFUL)
    keys = tuple(filter(None, request.form.get("keys", ",".join(guessed.keys)).split(",")))
    if errors:
        raise invalid(errors)
    keys = tuple(key for key in keys if key in mapping.values())
    keys = keys if mode != "insert" or "keys" in request.form else ()
    return replace(guessed, mapping=mapping, mode=mode, keys=keys, doubtful=doubtful)  # type: ignore[arg-type]


def _facts(record: Import) -> dict[str, Any]:
    names = ("id", "resource", "file_name", "state", "total", "created", "changed", "unchanged", "failed", "error")
    plan = Plan.of(record.plan)
    return {
        **{name: getattr(record, name) for name in names},
        "mapping": plan.mapping,
        "mode": plan.mode,
        "keys": plan.keys,
        "doubtful": plan.doubtful,
    }


@blueprint.get("/imports/<uuid:import_id>")
@access("signed-in")
def show(import_id: UUID) -> Response:
    """An import with its plan, its figures and the first hundred lines that failed."""

    def work() -> Response:
        record, _surface = import_of(import_id)
        columns = ImportLine.line, ImportLine.problems
        noted = select(*columns).where(ImportLine.import_id == record.id, ImportLine.problems.is_not(None))
        rows = db.session.execute(noted.order_by(ImportLine.line).limit(SHOWN))
        problems = [{"line": row.line, "reason": words_of(row.problems)} for row in rows]
        return answer({**_facts(record), "problems": problems})

    return run(work)


@blueprint.post("/imports/<uuid:import_id>/undo")
@access("signed-in")
def undo(import_id: UUID) -> Response:
    """Take a whole import back, as a job."""

    def work() -> Response:
        record, _surface = import_of(import_id)
        try:
            services.undo(db.session(), record)
        except services.NotNow as reason:
            raise Problem(409, "not_now", str(reason)) from None
        return answer(_facts(record), 202)

    return run(work)


@blueprint.get("/imports/<uuid:import_id>/errors")
@access("signed-in")
def errors(import_id: UUID) -> Response:
    """The lines that failed, as CSV with their reasons."""

    def work() -> Response:
        record, _surface = import_of(import_id)
        out = BytesIO()
        write_errors(db.session(), record.id, out, only_failed=bool(record.failed))
        return _download(out.getvalue(), "text/csv", "errors.csv")

    return run(work)


@blueprint.post("/exports")
@access("signed-in")
def take_out() -> Response:
    """JSON with `resource`, and if wanted `query` (as a list's address has it), `columns` and `format`. A job writes
    the file; answers the export."""

    def work() -> Response:
        data = request.get_json(silent=True)
        if not isinstance(data, dict):
            raise invalid({"": str(_("The body must be a JSON object."))})
        surface = surface_for(str(data.get("resource", "")), "export")
        columns = data.get("columns", [])
        if not isinstance(columns, list) or not all(isinstance(one, str) for one in columns):
            raise invalid({"columns": str(_("This must be a list of texts."))})
        query = str(data.get("query", ""))[:4000]
        wanted = Wanted.of({"query": query, "columns": exporting.chosen(surface, columns), "kind": data.get("format")})
        record = exporting.ask_for(db.session(), surface, wanted)
        return answer({"id": record.id, "state": record.state, "total": record.total}, 202)

    return run(work)


@blueprint.get("/exports/<uuid:export_id>/file")
@access("signed-in")
def file(export_id: UUID) -> Response:
    """The bytes of an export that is ready and not expired."""

    def work() -> Response:
        record = export_of(export_id)
        kept = db.session.get(FileObject, record.file_id) if exporting.is_available(record) else None
        if kept is None:
            raise Problem(404, "not_there", str(_("The file was removed. Please export again.")))
        stream: Any = store().open(kept.storage_key)
        response = send_file(stream, kept.mime, as_attachment=True, download_name=record.file_name)
        response.content_length = kept.size
        return response

    return run(work)


def _download(body: bytes, mime: str, name: str) -> Response:
    response = Response(body, mimetype=mime)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
