"""Taking pictures in and making their sizes. Bytes first, rows after: no row ever points to nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import IO

from flask import current_app
from flask_babel import gettext as _
from PIL.Image import Image
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.data import current_scope, current_tenant_id, utcnow
from app.files.lifecycle import forget_bytes, remember_bytes
from app.files.pictures.drawing import drawn, reopened, resized, written
from app.files.pictures.models import Picture, PictureFile
from app.files.pictures.sizes import LARGE, SIZES, Shape, key_of, shape_of
from app.files.quota import MEGABYTE, Refused, give_back, take
from app.files.stores import store

UNUSED = timedelta(days=1)
"""How long a picture waits for the form it was chosen in to be saved."""
AT_ONCE = ("cell", "card")
"""Sizes that are made while somebody waits, for that is what they see next. A job makes the others."""


def take_picture(session: Session, stream: IO[bytes]) -> str:
    """Draw what was sent anew, store it, and give its key. Flushes. Raises Refused, with a sentence, or StoreDown.

    The same picture is there once, however often it is sent.
    """
    picture, content = _read(stream)
    key = key_of(hashlib.sha256(content).hexdigest(), *picture.size)
    known = _sizes_of(session, key)
    drawings = [] if LARGE in known else [Drawing(LARGE, *picture.size, content)]
    drawings += _drawings(key, picture, [name for name in AT_ONCE if name not in known])
    _keep(session, key, drawings, goes_at=utcnow() + UNUSED)
    return key


def take_back(session: Session, key: str, content: bytes) -> None:
    """Store the largest drawing of a picture under the key it had, where it is not there; a job makes the other sizes.
    Flushes. Raises ValueError when the bytes are not what the key says, Refused (quota), or StoreDown."""
    shape = shape_of(key)
    if shape is None or key != key_of(hashlib.sha256(content).hexdigest(), shape.width, shape.height):
        raise ValueError(f"{key} is not the key of these bytes.")
    if LARGE not in _sizes_of(session, key):
        _keep(session, key, [Drawing(LARGE, shape.width, shape.height, content)], goes_at=utcnow() + UNUSED)


def _read(stream: IO[bytes]) -> tuple[Image, bytes]:
    megabytes: int = current_app.config["TENANTRY"].max_upload_mb
    content = stream.read(megabytes * MEGABYTE + 1)
    if len(content) > megabytes * MEGABYTE:
        raise Refused(_("The file is larger than %(limit)s MB.", limit=megabytes))
    if not content:
        raise Refused(_("The file is empty."))
    picture = drawn(content)
    return picture, written(picture)


def make_sizes(session: Session, key: str, *, anew: bool = False) -> int:
    """Make the sizes that a picture lacks (with `anew` all but the largest); returns how many. Flushes. Raises Refused
    (quota), StoreDown, or FileNotFoundError when the largest is gone."""
    files = {one.size: one for one in session.scalars(select(PictureFile).where(PictureFile.key == key))}
    shape, largest = shape_of(key), files.get(LARGE)
    if shape is None or largest is None:
        return 0
    wanted = [name for name in SIZES if name != LARGE and shape.is_made(name)]
    stale = [one for name, one in files.items() if name != LARGE and (anew or _is_stale(one, shape))]
    for one in stale:
        session.delete(one)
    session.flush()
    lacking = [name for name in wanted if name not in files or files[name] in stale]
    if lacking:
        with store().open(largest.storage_key) as stream:
            picture = reopened(stream.read())
        _keep(session, key, _drawings(key, picture, lacking), goes_at=None)
    return len(lacking)


def _is_stale(file: PictureFile, shape: Shape) -> bool:
    """Of a size that there is no more, or that is another one now."""
    return file.size not in SIZES or not shape.is_made(file.size) or shape.at(file.size) != (file.width, file.height)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bytes of a picture in one size."""

    size: str
    width: int
    height: int
    content: bytes


def _drawings(key: str, picture: Image, names: Iterable[str]) -> list[Drawing]:
    shape, found = shape_of(key), []
    for name in names:
        if shape is not None and shape.is_made(name):
            small = resized(picture, shape, name)
            found.append(Drawing(name, *small.size, written(small)))
    return found


def _keep(session: Session, key: str, drawings: Sequence[Drawing], *, goes_at: datetime | None) -> None:
    """Store drawings, then write their rows. The quota's row is held from here on, so nobody else of the tenant is
    doing the same: what they have done before is found."""
    stored = [(one, store().save(current_tenant_id(), BytesIO(one.content), len(one.content))) for one in drawings]
    for _drawing, kept in stored:
        remember_bytes(session, kept.key)
    take(session, sum(kept.size for _drawing, kept in stored), len(stored))
    _note(session, key, goes_at)
    known = _sizes_of(session, key)
    for one, kept in stored:
        if one.size in known:
            give_back(session, kept.size)
            forget_bytes(session, kept.key)
            continue
        session.add(PictureFile(
            key=key, size=one.size, width=one.width, height=one.height, bytes=kept.size, storage_key=kept.key,
        ))  # fmt: skip
    session.flush()


def _note(session: Session, key: str, goes_at: datetime | None) -> None:
    """The row of a picture. One that no record names waits as long as if it had come now, for whoever sent it last."""
    if goes_at is None:
        return
    mine = {"goes_at": goes_at, "created_by": current_scope().actor_id}
    row = insert(Picture).values(tenant_id=current_tenant_id(), key=key, **mine)
    unnamed = Picture.goes_at.is_not(None)
    session.execute(row.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=mine, where=unnamed))


def _sizes_of(session: Session, key: str) -> set[str]:
    return set(session.scalars(select(PictureFile.size).where(PictureFile.key == key)))
