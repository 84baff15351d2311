"""Bytes of unknown origin -> text."""

import codecs
import re
from typing import IO

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 200_000
_FOLD = re.compile(rb"\r?\n[ \t]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_UTF8_SEQUENCE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")
_ARABIC = re.compile("[\u0621-\u064a\u067e\u0686\u0698\u06af،؛؟]")


def detect_encoding(file: IO[bytes]) -> str:
    """The encoding of a whole file, read from its beginning in pieces: a mark, UTF-8, or a code page of Windows."""
    file.seek(0)
    head = file.read(_SAMPLE)
    for mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name
    if wide := _wide_encoding(head[:1000]):
        return wide
    decoder, sample, piece = codecs.getincrementaldecoder("utf-8")(), head, head
    while piece:
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            return _best_guess(sample + piece if piece is not sample else sample)
        piece = file.read(1_000_000)
    return "utf-8"


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else the Western or Arabic code page of Windows.

    Never raises: what cannot be decoded becomes U+FFFD. NUL characters are dropped.
    """
    return _decode(data).replace("\0", "").removeprefix("\ufeff")


def decode_folded(data: bytes) -> str:
    """As `decode`, for formats that fold long lines between bytes, so even inside a character.

    Such halves come back as surrogates; `rejoin` makes them whole once the lines are unfolded.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if _is_utf8(_FOLD.sub(b"", data)):
            return data.decode("utf-8", "surrogateescape").replace("\0", "")
    return decode(data)


def rejoin(text: str) -> str:
    """Halves of characters left by `decode_folded`, put together."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decode(data: bytes) -> str:
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    wide = _wide_encoding(data[:1000])
    if wide:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_best_guess(data[:_SAMPLE]), "replace")


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark: of Latin headings, every other byte is NUL."""
    pairs = len(head) // 2
    if pairs and head[1::2].count(0) > pairs * 0.6 and head[0::2].count(0) < pairs * 0.1:
        return "utf-16-le"
    if pairs and head[0::2].count(0) > pairs * 0.6 and head[1::2].count(0) < pairs * 0.1:
        return "utf-16-be"
    return None


def _best_guess(sample: bytes) -> str:
    high = sum(byte >= 0x80 for byte in sample)
    in_sequences = sum(len(sequence) for sequence in _UTF8_SEQUENCE.findall(sample) if _is_utf8(sequence))
    if in_sequences > high * 0.8:
        return "utf-8"  # a few broken bytes in a UTF-8 file
    runs = _HIGH_RUN.findall(sample)
    in_runs = sum(map(len, runs))
    # Arabic words are runs of high bytes; accents of Western languages stand alone between ASCII letters.
    if in_runs < high * 0.5:
        return "cp1252"
    arabic = sum(len(_ARABIC.findall(run.decode("cp1256"))) for run in runs)
    return "cp1256" if arabic > in_runs * 0.7 else "cp1252"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
