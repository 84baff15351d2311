"""Which files are taken: the ending must be on the list, and the bytes must be what the ending says."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from typing import IO

import puremagic

_HEAD = 64 * 1024
_MOST_DIRECTORY = 1024 * 1024
"""Bytes of a zip's table of contents that are read; nothing inside is ever unpacked."""
_END_OF_ZIP = b"PK\x05\x06"
_BINARY = frozenset(range(9)) | {11, 12} | frozenset(range(14, 32)) - {27}

Check = Callable[[IO[bytes], bytes], bool]
"""Are a stream and its first bytes of the kind? May move the stream."""


def mime_of(name: str, stream: IO[bytes]) -> str | None:
    """The MIME type of a file that is taken; None for an ending that is not on the list or bytes that belie it.

    The stream must be seekable, and stands at its beginning afterwards.
    """
    kind = ALLOWED.get(ending_of(name))
    if kind is None:
        return None
    mime, is_one = kind
    stream.seek(0)
    try:
        return mime if is_one(stream, stream.read(_HEAD)) else None
    finally:
        stream.seek(0)


def ending_of(name: str) -> str:
    """What follows the last dot, in small letters."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def allowed_endings() -> str:
    """The endings that are taken, for people."""
    return ", ".join(sorted(ALLOWED))


def _signed(*endings: str) -> Check:
    """Files with a signature that puremagic knows by one of these endings."""
    wanted = {f".{ending}" for ending in endings}

    def check(_stream: IO[bytes], head: bytes) -> bool:
        try:
            return not wanted.isdisjoint(match.extension for match in puremagic.magic_string(head))
        except (puremagic.PureError, ValueError):
            return False

    return check


def _office(part: str) -> Check:
    """A zip that holds the part which makes it a document of its kind."""

    def check(stream: IO[bytes], head: bytes) -> bool:
        return head.startswith(b"PK\x03\x04") and any(name.startswith(part) for name in _members(stream))

    return check


def _members(stream: IO[bytes]) -> list[str]:
    """Names in a zip's table of contents, unless that is damaged or endless."""
    try:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 65_557))
        tail = stream.read()
        at = tail.rfind(_END_OF_ZIP)
        if at < 0 or struct.unpack_from("<L", tail, at + 12)[0] > _MOST_DIRECTORY:
            return []
        with zipfile.ZipFile(stream) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError):
        return []


def _text(_stream: IO[bytes], head: bytes) -> bool:
    """Reads as text: no control characters but line ends and tabs, in UTF-8, UTF-16 with its mark, or one byte a
    letter."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            head[: len(head) // 2 * 2].decode("utf-16")
        except UnicodeDecodeError as error:
            return error.start >= len(head) - 4  # a letter of two halves, cut in the middle
        return True
    return bool(head) and _BINARY.isdisjoint(head)


def _zip(_stream: IO[bytes], head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", _END_OF_ZIP))


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
_OLE = _signed("doc")

ALLOWED: dict[str, tuple[str, Check]] = {
    "png": ("image/png", _signed("png")),
    "jpg": ("image/jpeg", _signed("jpg", "jpeg")),
    "jpeg": ("image/jpeg", _signed("jpg", "jpeg")),
    "gif": ("image/gif", _signed("gif")),
    "webp": ("image/webp", _signed("webp")),
    "heic": ("image/heic", _signed("heif", "heic")),
    "bmp": ("image/bmp", _signed("bmp")),
    "tif": ("image/tiff", _signed("tif")),
    "tiff": ("image/tiff", _signed("tif")),
    "svg": ("image/svg+xml", _text),
    "pdf": ("application/pdf", _signed("pdf")),
    "doc": ("application/msword", _OLE),
    "xls": ("application/vnd.ms-excel", _OLE),
    "ppt": ("application/vnd.ms-powerpoint", _OLE),
    "msg": ("application/vnd.ms-outlook", _OLE),
    "docx": (f"{_OOXML}wordprocessingml.document", _office("word/")),
    "xlsx": (f"{_OOXML}spreadsheetml.sheet", _office("xl/")),
    "pptx": (f"{_OOXML}presentationml.presentation", _office("ppt/")),
    "odt": (f"{_ODF}text", _office("content.xml")),
    "ods": (f"{_ODF}spreadsheet", _office("content.xml")),
    "odp": (f"{_ODF}presentation", _office("content.xml")),
    "rtf": ("application/rtf", _signed("rtf")),
    "txt": ("text/plain", _text),
    "log": ("text/plain", _text),
    "md": ("text/markdown", _text),
    "csv": ("text/csv", _text),
    "tsv": ("text/tab-separated-values", _text),
    "json": ("application/json", _text),
    "xml": ("application/xml", _text),
    "html": ("text/html", _text),
    "htm": ("text/html", _text),
    "vcf": ("text/vcard", _text),
    "ics": ("text/calendar", _text),
    "eml": ("message/rfc822", _text),
    "zip": ("application/zip", _zip),
    "mp3": ("audio/mpeg", _signed("mp3", "mpga")),
    "m4a": ("audio/mp4", _signed("m4a", "mp4")),
    "ogg": ("audio/ogg", _signed("ogg")),
    "opus": ("audio/ogg", _signed("ogg")),
    "wav": ("audio/wav", _signed("wav")),
    "amr": ("audio/amr", _signed("amr")),
    "mp4": ("video/mp4", _signed("mp4", "m4v")),
    "mov": ("video/quicktime", _signed("mov")),
    "webm": ("video/webm", _signed("webm")),
}
"""Ending -> type and check. Web pages and drawings may be kept: nothing is ever shown, all is sent as a download."""
