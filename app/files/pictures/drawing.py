"""Whatever was sent, what is kept is a picture that we wrote: no place where it was taken, no second file in it."""

from __future__ import annotations

import warnings
from io import BytesIO

from flask_babel import gettext as _
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps
from PIL.Image import Image

from app.files.pictures.sizes import LARGE, SIZES, Shape, fitted
from app.files.quota import Refused

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MIMES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""What is read. An iPhone turns HEIC into JPEG by itself where a form names these."""
WRITTEN = "image/webp"
MOST_PIXELS = 50_000_000
_QUALITY = 82
_FLAT = 64
"""A drawing of so few colours is kept without loss."""
_FINE = Pillow.Resampling.LANCZOS
_ORIENTATION = 0x0112
_TURNS = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT, 3: Pillow.Transpose.ROTATE_180, 4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE, 6: Pillow.Transpose.ROTATE_270, 7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}  # fmt: skip
"""By what EXIF says of how the camera was held."""
_FACE = (0.5, 0.35)
"""Where the middle of a square is in a picture that is higher than wide: faces are above its middle."""


def drawn(content: bytes) -> Image:
    """Decode a picture, upright, in sRGB, no larger than the largest size. Of moving ones the first frame. Raises
    Refused with a sentence."""
    edge = SIZES[LARGE].edge
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bombs and odd metadata: pixels are counted here
            with Pillow.open(BytesIO(content), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise Refused(_("The picture has too many pixels. Please make it smaller."))
                opened.draft(None, fitted(*opened.size, edge))  # a large JPEG is decoded no larger than need be
                opened.seek(0)
                opened.load()
                return _plain(opened, edge)
    except Refused:
        raise
    except Exception:
        raise Refused(_("The file is no picture that can be read. Please choose PNG, JPEG, WebP or GIF.")) from None


def _plain(opened: Image, edge: int) -> Image:
    profile, turn = opened.info.get("icc_profile"), _TURNS.get(opened.getexif().get(_ORIENTATION, 1))
    picture = _in_srgb(_eight_bits(opened), profile)
    if max(picture.size) > edge:
        picture = picture.resize(fitted(*picture.size, edge), _FINE)
    return picture.transpose(turn) if turn is not None else picture


def _eight_bits(picture: Image) -> Image:
    """In RGB, or RGBA where some of it can be seen through."""
    if picture.mode.startswith("I"):  # sixteen bits of grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode == "CMYK":
        return picture
    has_alpha = picture.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in picture.info
    if not has_alpha:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    lowest, _highest = clear.getchannel("A").getextrema()
    return clear if isinstance(lowest, int) and lowest < 255 else clear.convert("RGB")


def _in_srgb(picture: Image, profile: bytes | None) -> Image:
    """Colours as every screen understands them; a broken profile is left out."""
    if not profile:
        return picture.convert("RGB") if picture.mode == "CMYK" else picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        converted = None
    return converted or picture.convert(mode)


def written(picture: Image) -> bytes:
    """The bytes of a drawing: WebP, with nothing beside its pixels."""
    out = BytesIO()
    is_flat = picture.getcolors(_FLAT) is not None
    picture.save(out, "WEBP", quality=_QUALITY, lossless=is_flat, method=2, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def resized(picture: Image, shape: Shape, name: str) -> Image:
    """The drawing in one of the sizes."""
    wanted = shape.at(name)
    if SIZES[name].is_square:
        return ImageOps.fit(picture, wanted, _FINE, centering=_FACE)
    return picture.resize(wanted, _FINE)


def reopened(content: bytes) -> Image:
    """A drawing of ours."""
    with Pillow.open(BytesIO(content), formats=("WEBP",)) as opened:
        opened.load()
        return opened.copy()
