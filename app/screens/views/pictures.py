"""The pictures of a resource's records: their bytes, and uploading one for a form."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, request
from werkzeug.datastructures import MultiDict

from app.files.pictures.sizes import shape_of
from app.files.services import Refused
from app.files.storage import StoreDown
from app.screens.attaching import BYTES_ARE_GONE, STORE_IS_DOWN
from app.screens.page.pictures import FILE, REMOVE, address
from app.screens.picturing import add_picture, picture_response
from app.screens.views.screen import Screen


def show_picture(screen: Screen, name: str, key: str, size: str) -> Response:
    """The bytes of a picture."""
    try:
        return picture_response(screen.surface, name, key, size)
    except FileNotFoundError:
        abort(404, description=str(BYTES_ARE_GONE))
    except StoreDown as reason:
        current_app.logger.error("The store of files does not answer: %s", reason)
        abort(503, description=str(STORE_IS_DOWN))


def with_pictures(
    screen: Screen, form: MultiDict[str, str], *, is_new: bool
) -> tuple[MultiDict[str, str], dict[str, str]]:
    """A posted form with the keys of the pictures that were sent along with it, as readers without scripts do, and what
    is wrong with those that were not taken, by field. Commits those that were."""
    sent = {name: file for name, file in request.files.items() if file.filename}
    removed = [name for name in form if name.endswith(REMOVE)]
    if not sent and not removed:
        return form, {}
    form, refused = form.copy(), {}
    for name, field in screen.surface.editable(is_new=is_new).items():
        if field.kind != "image":
            continue
        if name + REMOVE in form:
            form[name] = ""
        if name + FILE in sent:
            try:
                form[name] = add_picture(screen.surface, name, sent[name + FILE])
            except Refused as refusal:
                refused[name] = str(refusal)
            except StoreDown as reason:
                current_app.logger.error("The store of files does not answer: %s", reason)
                refused[name] = str(STORE_IS_DOWN)
    return form, refused


def upload_picture(screen: Screen, name: str) -> Any:
    """A picture chosen in a form: `file` as multipart. Answers its key and where it is shown, or what is wrong."""
    try:
        key = add_picture(screen.surface, name, request.files.get("file"))
    except Refused as refusal:
        return {"error": str(refusal)}, 422
    except StoreDown as reason:
        current_app.logger.error("The store of files does not answer: %s", reason)
        return {"error": str(STORE_IS_DOWN)}, 503
    shape = shape_of(key)
    width, height = shape.at("card") if shape is not None else (0, 0)
    return {"key": key, "src": address(screen.href("pictures", name), key, "card"), "width": width,
            "height": height}, 201  # fmt: skip
