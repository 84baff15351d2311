"""Pictures over REST: multipart in, a key out, which is then the value of a field; addresses of the sizes; bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from flask_babel import gettext as _

from app.data import db
from app.files.pictures.sizes import shape_of
from app.files.services import Refused
from app.files.storage import StoreDown
from app.host import registry
from app.identity import access
from app.screens.attaching import BYTES_ARE_GONE, STORE_IS_DOWN
from app.screens.picturing import add_picture, known_shape, picture_field, picture_response, sizes_of
from app.screens.reading import Surface
from app.screens.rest.calls import answer
from app.screens.rest.pipeline import run
from app.screens.rest.problems import Problem, invalid

blueprint = Blueprint("api_pictures", __name__, url_prefix="/api/v1/pictures")


@blueprint.post("")
@access("signed-in")
def upload() -> Response:
    """`multipart/form-data` with `resource`, `field` and `file`; answers the key that a record is then saved with, and
    where its sizes are. The same picture again gives the same key."""

    def work() -> Response:
        if request.mimetype != "multipart/form-data":
            raise Problem(415, "media_type", _("Please send multipart/form-data."))
        surface, name = _surface(request.form.get("resource", "")), request.form.get("field", "")
        try:
            key = add_picture(surface, name, request.files.get("file"))
        except Refused as refusal:
            raise invalid({"file": str(refusal)}) from None
        return answer(_described(surface, name, key), 201)

    return _run(work, is_upload=True)


@blueprint.get("/<resource>/<field>/<key>")
@access("signed-in")
def describe(resource: str, field: str, key: str) -> Response:
    """Width, height and address of every size."""

    def work() -> Response:
        surface = _surface(resource)
        known_shape(surface, field, key)
        return answer(_described(surface, field, key))

    return _run(work)


@blueprint.get("/<resource>/<field>/<key>/<size>")
@access("signed-in")
def download(resource: str, field: str, key: str, size: str) -> Response:
    """The bytes in one size: `cell`, `card`, `card2`, `page` or `large`."""
    return _run(lambda: picture_response(_surface(resource), field, key, size))


def _surface(resource: str) -> Surface:
    entry = registry().entries.get(resource)
    if entry is None:
        abort(404)
    return Surface(entry, db.session())


def _described(surface: Surface, name: str, key: str) -> dict[str, Any]:
    field, shape = picture_field(surface, name), shape_of(key)
    if shape is None:
        abort(404)
    stem = f"{request.script_root}/api/v1/pictures/{surface.entry.key}/{field.name}/{key}"
    sizes = {size: {"href": f"{stem}/{size}", "width": at[0], "height": at[1]} for size, at in sizes_of(shape).items()}
    return {"key": key, "width": shape.width, "height": shape.height, "sizes": sizes}


def _run(work: Callable[[], Response], *, is_upload: bool = False) -> Response:
    def guarded() -> Response:
        try:
            return work()
        except FileNotFoundError:
            raise Problem(404, "file_missing", str(BYTES_ARE_GONE)) from None
        except StoreDown as reason:
            current_app.logger.error("The store of files does not answer: %s", reason)
            raise Problem(503, "store_down", str(STORE_IS_DOWN), headers={"Retry-After": "10"}) from None

    return run(guarded, is_upload=is_upload)
