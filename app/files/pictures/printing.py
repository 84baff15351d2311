"""Pictures outside our pages: on paper, where nothing can be seen through, and in files for the person they show."""

from __future__ import annotations

import logging
from base64 import b64encode
from io import BytesIO

from PIL import Image
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from app.files.pictures.drawing import WRITTEN, reopened
from app.files.pictures.models import PictureFile
from app.files.pictures.sizes import LARGE, shape_of
from app.files.storage import StoreDown
from app.files.stores import store

log = logging.getLogger(__name__)
_SIZE = "card2"


def printed_picture(session: Session, key: str) -> tuple[bytes, float] | None:
    """A JPEG on white, and its width divided by its height; None where the store has no such bytes just now: paper goes
    without it."""
    shape = shape_of(key)
    files = {one.size: one for one in session.scalars(select(PictureFile).where(PictureFile.key == key))}
    file = files.get(_SIZE) or files.get(LARGE)
    if shape is None or file is None:
        return None
    try:
        with store().open(file.storage_key) as stream:
            picture = reopened(stream.read()).convert("RGBA")
    except (FileNotFoundError, StoreDown) as error:
        log.warning("The picture %s is not on the paper: %s", key, error)
        return None
    sheet = Image.new("RGB", picture.size, "white")
    sheet.paste(picture, mask=picture)
    out = BytesIO()
    sheet.save(out, "JPEG", quality=85)
    return out.getvalue(), shape.width / shape.height


def picture_data(session: Session, key: str) -> str:
    """The largest size as a `data:` address; empty where the store has lost it. Raises StoreDown."""
    wanted = select(PictureFile.storage_key).where(PictureFile.key == key, PictureFile.size == LARGE)
    try:
        with store().open(session.scalars(wanted).one()) as stream:
            return f"data:{WRITTEN};base64,{b64encode(stream.read()).decode()}"
    except (FileNotFoundError, NoResultFound):
        return ""
