"""Texts broken into lines that fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from app.paper.bidi import is_rtl
from app.paper.shaping import Shaped, Shaper

_BREAK = re.compile(r"(?<=[\s\u200b-])(?=\S)")
_INVISIBLE = re.compile("[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\ufeff]+")
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is ready to be shown, and whether its paragraph is read from right to left."""

    text: str
    shaped: Shaped
    rtl: bool


def readable(text: str) -> str:
    """The text with its letters composed and without what cannot be seen; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub(" ", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


def broken(shaper: Shaper, text: str, width: float, size: float, most: int = 0) -> list[Line]:
    """The lines of a text in a column of this width (points); of more than `most` the last one ends in dots.

    Each paragraph is read in the direction of its first letter, whatever the document's is.
    """
    room = width * 1000 / size
    found: list[Line] = []
    for paragraph in readable(text).split("\n"):
        direction = is_rtl(paragraph)
        for words in _fitting(shaper, paragraph.strip(), room, direction):
            if most and len(found) == most:
                found[-1] = _cut(shaper, found[-1], room)
                return found
            found.append(Line(words, shaper.line(words, direction), direction))
    return found


def _fitting(shaper: Shaper, text: str, room: float, rtl: bool) -> Iterator[str]:
    if shaper.line(text, rtl).width <= room:
        yield text
        return
    line, taken = "", 0.0
    for word in _BREAK.split(text):
        for part in _parts(shaper, word, room, rtl):
            need = shaper.line(part.rstrip(), rtl).width
            if line and taken + need > room:
                yield line.rstrip()
                line, taken = "", 0.0
            line += part
            taken += shaper.line(part, rtl).width
    if line:
        yield line.rstrip()


def _parts(shaper: Shaper, word: str, room: float, rtl: bool) -> Iterator[str]:
    """A word; in pieces where it is longer than a line."""
    while word and shaper.line(word.rstrip(), rtl).width > room:
        low, high = 1, max(1, len(word) - 1)
        while low < high:
            middle = (low + high + 1) // 2
            if shaper.line(word[:middle], rtl).width <= room:
                low = middle
            else:
                high = middle - 1
        yield word[:low]
        word = word[low:]
    if word:
        yield word


def _cut(shaper: Shaper, line: Line, room: float) -> Line:
    """The line with dots at its end, which say that there is more."""
    text = line.text
    while text and shaper.line(text + ELLIPSIS, line.rtl).width > room:
        text = text[:-1]
    text = text.rstrip() + ELLIPSIS
    return Line(text, shaper.line(text, line.rtl), line.rtl)
