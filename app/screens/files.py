"""The pages of files: adding one to a record, and the download."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.files.kinds import ALLOWED, allowed_endings
from app.files.services import Refused
from app.files.storage import StoreDown
from app.identity import access
from app.identity.replies import safe_target
from app.screens.attaching import BYTES_ARE_GONE, STORE_IS_DOWN, Target, add_file, file_response

blueprint = Blueprint("files", __name__)


@blueprint.route("/files/add", methods=["GET", "POST"])
@access("signed-in")
def add() -> Any:
    """The upload form, and what it sends."""
    target = Target(request.values)
    name = str(target.record())
    back = safe_target(request.values.get("next", "")) or f"{request.script_root}/"
    error, status = "", 200
    if request.method == "POST":
        try:
            add_file(target, request.files.get("file"))
            db.session.commit()
        except Refused as refusal:
            error, status = str(refusal), 422
        except StoreDown as reason:
            current_app.logger.error("The store of files does not answer: %s", reason)
            error, status = str(STORE_IS_DOWN), 503
        else:
            flash(_("The file was added."))
            return redirect(back, 303)
        db.session.rollback()
    hidden = [("target_type", target.target_type), ("target_id", target.text), ("next", back)]
    page = render_template(
        "files/add.html",
        title=_("Add a file to %(name)s", name=name),
        hidden=hidden,
        cancel_href=back,
        error=error,
        limit=current_app.config["TENANTRY"].max_upload_mb,
        accept=",".join(f".{ending}" for ending in ALLOWED),
        endings=allowed_endings(),
    )
    return page, status


@blueprint.get("/files/<uuid:attachment_id>")
@access("contacts.attachment.read")
def download(attachment_id: UUID) -> Response:
    """The bytes of a file, as a download."""
    try:
        return file_response(attachment_id)
    except FileNotFoundError:
        abort(404, description=str(BYTES_ARE_GONE))
    except StoreDown as reason:
        current_app.logger.error("The store of files does not answer: %s", reason)
        abort(503, description=str(STORE_IS_DOWN))
