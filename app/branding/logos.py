"""Taking a logo in: whatever was sent, what is kept is a picture that we wrote ourselves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO, TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.branding.drawings import Hostile, flattened, redrawn
from app.branding.models import BrandLogo, TenantBrand

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 2 * 1024 * 1024
"""Bytes of an upload."""
MOST_PIXELS = 25_000_000
KEPT_SIZE = (640, 320)
"""What a picture is made to fit into: twice what pages show, for fine screens and paper."""
MOST_KEPT = 20
_SHAPES = (0.2, 12.0)
"""The narrowest and the widest shape, width divided by height."""
_MOST_BYTES = 400_000


class Unfit(ValueError):
    """The file cannot be the logo; the message says why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A logo that is fit to be kept."""

    content: bytes
    mime: str
    width: int
    height: int


def take_logo(session: Session, brand: TenantBrand, stream: IO[bytes]) -> None:
    """Make an uploaded file the logo. Flushes. Raises Unfit with a sentence."""
    taken = read_logo(stream.read(LARGEST + 1))
    digest = hashlib.sha256(taken.content).hexdigest()
    if session.get(BrandLogo, (brand.tenant_id, digest)) is None:
        number = (session.scalar(select(func.max(BrandLogo.number))) or 0) + 1
        session.add(BrandLogo(
            digest=digest, mime=taken.mime, width=taken.width, height=taken.height, number=number,
            content=taken.content,
        ))  # fmt: skip
        session.execute(delete(BrandLogo).where(BrandLogo.number <= number - MOST_KEPT))
    brand.logo = digest
    session.flush()


def read_logo(content: bytes) -> Taken:
    """Check and redraw. Raises Unfit."""
    if len(content) > LARGEST:
        raise Unfit(_("The file is larger than %(limit)s MB.", limit=LARGEST // 1024 // 1024))
    if not content:
        raise Unfit(_("The file is empty."))
    taken = _drawing(content) if b"<svg" in content[:4096] else _picture(content)
    shape = taken.width / taken.height
    if not _SHAPES[0] <= shape <= _SHAPES[1]:
        raise Unfit(_("A logo may be five times as high as wide, or twelve times as wide as high, and no more."))
    return taken


def _drawing(content: bytes) -> Taken:
    try:
        drawn, width, height = redrawn(content)
    except Hostile as refused:
        raise Unfit(str(refused)) from None
    from fpdf import FPDF

    try:  # what cannot be put on paper would break every document later
        page = FPDF()
        page.add_page()
        page.image(BytesIO(flattened(drawn)), w=50)
        page.output()
    except Exception:
        raise Unfit(_("This drawing cannot be printed. Please save the logo as PNG.")) from None
    return Taken(drawn, "image/svg+xml", width, height)


def _picture(content: bytes) -> Taken:
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise Unfit(_("The picture has too many pixels. Please make it smaller."))
            if min(width, height) < 16:
                raise Unfit(_("The picture is too small: at least 16 pixels each way."))
            kind = "JPEG" if opened.format == "JPEG" else "PNG"
            return _rewritten(ImageOps.exif_transpose(opened), kind)
    except Unfit:
        raise
    except Exception:
        raise Unfit(_("The file is no picture that can be read. Please choose PNG, JPEG or SVG.")) from None


def _rewritten(picture: Image, kind: str) -> Taken:
    """Decoded and written anew: what else was in the file (places, thumbnails, another file) is gone."""
    picture = picture.convert("RGB" if kind == "JPEG" else "RGBA")
    picture.thumbnail(KEPT_SIZE)
    out = BytesIO()
    if kind == "JPEG":
        picture.save(out, "JPEG", quality=90)
    else:
        picture.save(out, "PNG", optimize=True)
        if out.tell() > _MOST_BYTES:  # a photograph: 256 colours are enough at this size
            out = BytesIO()
            picture.quantize(256).save(out, "PNG", optimize=True)
    return Taken(out.getvalue(), f"image/{kind.lower()}", *picture.size)
