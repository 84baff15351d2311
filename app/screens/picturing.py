"""Taking pictures in and handing them out, for screens and REST alike. The records that show one decide who may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, request, send_file
from flask_babel import gettext as _
from sqlalchemy import select, union_all
from werkzeug.datastructures import FileStorage

from app.data import Field, current_scope, db
from app.files.pictures.drawing import WRITTEN
from app.files.pictures.models import Picture, PictureFile
from app.files.pictures.services import take_picture
from app.files.pictures.sizes import LARGE, SIZES, Shape, shape_of
from app.files.services import Refused
from app.files.stores import store
from app.jobs import enqueue
from app.screens.reading import Surface

THUMBNAILS = "console.make_thumbnails"
_FOR_EVER = "private, max-age=31536000, immutable"
_FOR_NOW = "private, no-store"


def picture_field(surface: Surface, name: str) -> Field:
    """The field, which this person sees and which holds pictures; otherwise 404."""
    field = surface.fields.get(name)
    if field is None or field.kind != "image" or not surface.may("read"):
        abort(404)
    return field


def add_picture(surface: Surface, name: str, sent: FileStorage | None) -> str:
    """Draw and store what was sent for a field that this person may fill in, and give its key: the picture waits for a
    record to be saved with it. Commits. Raises Refused or StoreDown; aborts with 404 or 403."""
    field = picture_field(surface, name)
    may = any(surface.may(verb) and field.name in surface.editable(is_new=verb == "create") for verb in _WRITING)
    if not may:
        abort(403)
    if sent is None or not sent.filename:
        raise Refused(_("Please choose a file."))
    db.session.commit()  # drawing takes a while, and a store may be slow: the database does not wait for them
    key = take_picture(db.session(), sent.stream)
    enqueue(THUMBNAILS, key)
    db.session.commit()
    return key


_WRITING = ("update", "create")


def picture_response(surface: Surface, name: str, key: str, size: str) -> Response:
    """The bytes of a picture in one size, for whoever may read a record that shows it in this field, and, until it is
    saved, for whoever uploaded it. Aborts with 404; raises FileNotFoundError or StoreDown.

    A size that is not made yet is stood in for by the largest one, and then not kept by browsers.
    """
    shape = known_shape(surface, name, key)
    if size not in SIZES:
        abort(404)
    wanted = size if shape.is_made(size) else LARGE
    files = {one.size: one for one in db.session.scalars(_files(key, wanted))}
    file = files.get(wanted) or files.get(LARGE)
    if file is None:
        abort(404)
    lasting = _FOR_EVER if file.size == wanted else _FOR_NOW
    etag, storage_key, length = f"{shape.digest}-{file.size}", file.storage_key, file.bytes
    if request.if_none_match.contains(etag):
        return _headed(Response(status=304), lasting, etag)
    db.session.rollback()  # bytes may take their time, and the database does not wait for them
    try:
        stream = store().open(storage_key)
    except FileNotFoundError:
        current_app.logger.error("The bytes of picture %s (%s) are missing.", key, size)
        raise
    response = send_file(stream, WRITTEN, etag=False)
    response.content_length = length
    return _headed(response, lasting, etag)


def known_shape(surface: Surface, name: str, key: str) -> Shape:
    """What the key says of a picture that this person may see in the field; otherwise 404."""
    field, shape = picture_field(surface, name), shape_of(key)
    if shape is None or not _is_within_reach(surface, field, key):
        abort(404)
    return shape


def _files(key: str, wanted: str) -> Any:
    return select(PictureFile).where(PictureFile.key == key, PictureFile.size.in_({wanted, LARGE}))


def _headed(response: Response, lasting: str, etag: str) -> Response:
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = lasting
    response.set_etag(etag)
    return response


def _is_within_reach(surface: Surface, field: Field, key: str) -> bool:
    """One statement: a record that this person reaches shows it, or one in the trash that they may bring back, or it is
    their own upload and nothing shows it yet."""
    model: Any = surface.model
    shows = getattr(model, field.name) == key
    ways = [select(model.created_by).where(shows, *surface.conditions())]
    if model.__soft_delete__ and surface.may("delete"):
        ways.append(select(model.created_by).where(shows, *surface.conditions(trash=True)))
    mine = Picture.key == key, Picture.goes_at.is_not(None), Picture.created_by == _asking()
    ways.append(select(Picture.created_by).where(*mine))
    return db.session.execute(union_all(*ways).limit(1)).first() is not None


def _asking() -> UUID | None:
    return current_scope().actor_id


def sizes_of(shape: Shape) -> dict[str, tuple[int, int]]:
    """Width and height in every size."""
    return {name: shape.at(name) for name in SIZES}
