"""Files over REST: multipart in, bytes out."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _

from app.files.services import Refused
from app.files.storage import StoreDown
from app.identity import access
from app.screens.attaching import BYTES_ARE_GONE, STORE_IS_DOWN, Target, add_file, file_response
from app.screens.rest.calls import answer
from app.screens.rest.pipeline import run
from app.screens.rest.problems import Problem, invalid

blueprint = Blueprint("api_files", __name__, url_prefix="/api/v1")


@blueprint.post("/files")
@access("signed-in")
def upload() -> Response:
    """`multipart/form-data` with `target_type`, `target_id` and `file`; answers the attachment. The same file on the
    same record again gives the first one."""

    def work() -> Response:
        if request.mimetype != "multipart/form-data":
            raise Problem(415, "media_type", _("Please send multipart/form-data."))
        try:
            made = add_file(Target(request.form), request.files.get("file"))
        except Refused as refusal:
            raise invalid({"file": str(refusal)}) from None
        except StoreDown as reason:
            raise _store_is_down(reason) from None
        facts = {"id": made.id, "name": made.name, "mime": made.mime, "size": made.size}
        response = answer(facts, 201)
        response.headers["Location"] = f"{request.script_root}/api/v1/files/{made.id}"
        return response

    return run(work, is_upload=True)


@blueprint.get("/files/<uuid:attachment_id>")
@access("contacts.attachment.read")
def download(attachment_id: UUID) -> Response:
    """The bytes of a file."""

    def work() -> Response:
        try:
            return file_response(attachment_id)
        except FileNotFoundError:
            raise Problem(404, "file_missing", str(BYTES_ARE_GONE)) from None
        except StoreDown as reason:
            raise _store_is_down(reason) from None

    return run(work)


def _store_is_down(reason: StoreDown) -> Problem:
    current_app.logger.error("The store of files does not answer: %s", reason)
    return Problem(503, "store_down", str(STORE_IS_DOWN), headers={"Retry-After": "10"})
