"""Adding files to records and handing them out, for screens and REST alike. The record decides who may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, send_file
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage

from app.data import Record, db
from app.features import can
from app.files.models import Attachment, FileObject
from app.files.services import Refused, attach
from app.files.stores import store
from app.host import registry
from app.screens.reading import Surface
from app.screens.targets import target_of

UPDATE, READ = "update", "read"
STORE_IS_DOWN = _l("The store of files does not answer. Nothing that was stored is lost; please try again in a moment.")
BYTES_ARE_GONE = _l("The file is listed, but its content is gone from the store. Please tell your administrator.")


class Target:
    """The record a file is to hang on, as the address or the form names it."""

    def __init__(self, source: Any) -> None:
        self.target_type: str = source.get("target_type", "")
        self.text: str = source.get("target_id", "")

    def record(self, *, lock: bool = False) -> Record:
        """The record, which this person may change; otherwise 404 or 403."""
        entry = registry().entries.get(self.target_type)
        found = Surface(entry, db.session()).get(self.text, lock=lock) if entry is not None else None
        if found is None or not can(self.target_type, READ):
            abort(404)
        if not can(self.target_type, UPDATE):
            abort(403)
        return found


def add_file(target: Target, sent: FileStorage | None) -> Attachment:
    """Store what was sent and hang it on the record. Raises Refused or StoreDown; nothing is committed."""
    record_id = target.record().id
    if sent is None or not sent.filename:
        raise Refused(_("Please choose a file."))
    db.session.commit()  # a store may be slow, and the database does not wait for it
    made = attach(db.session(), target.target_type, record_id, sent.stream, sent.filename)
    target.record(lock=True)  # it may have been deleted meanwhile
    return made


def file_response(attachment_id: UUID) -> Response:
    """The bytes, always as a download: nothing that somebody uploaded runs or shows inside our pages.

    Aborts with 404 where the person may not read the record; raises FileNotFoundError or StoreDown.
    """
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
        raise
    response = send_file(stream, "application/octet-stream", as_attachment=True, download_name=attachment.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    response.content_length = file.size
    return response
