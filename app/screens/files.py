"""Uploading files to records and downloading them, on screen and over REST. The record decides who may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, send_file
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.data import Record, db
from app.features import can
from app.files.models import Attachment, FileObject
from app.files.services import Refused, attach, store
from app.host import registry
from app.identity import access
from app.identity.replies import safe_target
from app.screens.reading import Surface
from app.screens.rest.problems import invalid
from app.screens.targets import target_of

blueprint = Blueprint("files", __name__)
UPDATE, READ = "update", "read"


class _Target:
    """The record a file is to hang on, as the address or the form names it."""

    def __init__(self, source: Any) -> None:
        self.target_type: str = source.get("target_type", "")
        self.text: str = source.get("target_id", "")

    def record(self) -> Record:
        """The record, which this person may change; otherwise 404 or 403."""
        entry = registry().entries.get(self.target_type)
        found = Surface(entry, db.session()).get(self.text) if entry is not None else None
        if found is None or not can(self.target_type, READ):
            abort(404)
        if not can(self.target_type, UPDATE):
            abort(403)
        return found


@blueprint.route("/files/add", methods=["GET", "POST"])
@access("signed-in")
def add() -> Any:
    """The upload form, and what it sends."""
    target = _Target(request.values)
    record = target.record()
    back = safe_target(request.values.get("next", "")) or f"{request.script_root}/"
    error = ""
    if request.method == "POST":
        try:
            _store(target, record, request.files.get("file"))
        except Refused as refusal:
            db.session.rollback()
            error = str(refusal)
        else:
            db.session.commit()
            flash(_("The file was added."))
            return redirect(back, 303)
    hidden = [("target_type", target.target_type), ("target_id", target.text), ("next", back)]
    title = _("Add a file to %(name)s", name=str(record))
    limit = current_app.config["TENANTRY"].max_upload_mb
    page = render_template("files/add.html", title=title, hidden=hidden, cancel_href=back, error=error, limit=limit)
    return page, 422 if error else 200


@blueprint.post("/api/v1/files")
@access("signed-in")
def upload() -> Any:
    """REST: `multipart/form-data` with `target_type`, `target_id` and `file`; answers the attachment's id."""
    target = _Target(request.form)
    record = target.record()
    try:
        made = _store(target, record, request.files.get("file"))
    except Refused as refusal:
        db.session.rollback()
        raise invalid({"file": str(refusal)}) from None
    facts = {"id": str(made.id), "name": made.name, "mime": made.mime, "size": made.size}
    db.session.commit()
    return facts, 201, {"Location": f"{request.script_root}/api/v1/files/{facts['id']}"}


def _store(target: _Target, record: Record, sent: FileStorage | None) -> Attachment:
    if sent is None or not sent.filename:
        raise Refused(_("Please choose a file."))
    return attach(db.session(), target.target_type, record.id, sent.stream, sent.filename)


@blueprint.get("/files/<uuid:attachment_id>")
@blueprint.get("/api/v1/files/<uuid:attachment_id>")
@access("contacts.attachment.read")
def download(attachment_id: UUID) -> Response:
    """The bytes, always as a download: nothing that somebody uploaded runs or shows inside our pages."""
    attachment = Surface(registry().by_model[Attachment], db.session()).get(attachment_id)
    if not isinstance(attachment, Attachment) or target_of(attachment) is None:
        abort(404)
    file = db.session.get(FileObject, attachment.file_id)
    if file is None:
        abort(404)
    try:
        stream = store().open(file.storage_key)
    except FileNotFoundError:
        current_app.logger.error("The bytes of file %s are missing.", file.id)
        abort(404)
    response = send_file(stream, "application/octet-stream", as_attachment=True, download_name=attachment.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.content_length = file.size
    return response
