"""From words to glyphs: each line as the operators that show it, with the width they take.

A line is shaped once and remembered; what is remembered holds for every size, because PDF measures inside a line in
thousandths of the font's size.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import uharfbuzz as hb
from fpdf.fonts import TTFFont

from app.paper.bidi import visual_runs

REPLACEMENT = "\ufffd"
"""Stands for a letter that none of the fonts has."""
_REMEMBERED = 20_000
_FEATURES = {"liga": False}
"""Letters that need not be one glyph stay apart, so that readers of the file find each of them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Glyphs of one font at one height: `shown` is the array of a TJ operator, `rise` thousandths of the size."""

    font: int
    rise: int
    shown: str


@dataclass(frozen=True, slots=True)
class Shaped:
    """A line, and its width in thousandths of the size."""

    pieces: tuple[Piece, ...]
    width: float

    def operators(self, size: float) -> str:
        """What stands between BT and ET after the place is set."""
        found = []
        for piece in self.pieces:
            rise = f"{piece.rise * size / 1000:.2f} Ts " if piece.rise else ""
            found.append(f"/F{piece.font} {size:g} Tf {rise}[{piece.shown}] TJ{' 0 Ts' if rise else ''}")
        return " ".join(found)


class Face:
    """One font of a document: which letters it has, and the codes its glyphs have in the file."""

    def __init__(self, font: TTFFont) -> None:
        self.font = font
        self.number = font.i
        self._codes: dict[tuple[int, tuple[int, ...]], tuple[str, float]] = {}

    @cached_property
    def letters(self) -> frozenset[int]:
        return frozenset(self.font.cmap)

    def code(self, glyph: int, letters: tuple[int, ...]) -> tuple[str, float]:
        """(code, width) of a glyph that stands for these letters."""
        key = glyph, letters
        found = self._codes.get(key)
        if found is None:
            name = self.font.ttfont.getGlyphName(glyph)
            width = round(self.font.scale * self.font.ttfont["hmtx"].metrics[name][0])
            made = self.font.subset.get_glyph(glyph=glyph, unicode=letters, glyph_name=name, glyph_width=width)
            place = self.font.subset.pick_glyph(made) if made is not None else None
            found = self._codes[key] = ("" if place is None else f"<{place:04x}>", width)
        return found

    def shape(self, text: str, rtl: bool) -> tuple[Sequence[Any], Sequence[Any]]:
        """HarfBuzz's glyphs and their places, from left to right."""
        buffer: Any = hb.Buffer()
        buffer.cluster_level = 1
        buffer.add_str(text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if rtl else "ltr"
        hb.shape(self.font.hbfont, buffer, _FEATURES)
        return buffer.glyph_infos, buffer.glyph_positions


class Shaper:
    """Shapes lines with the fonts of one document: the first that has a letter shows it; in right-to-left runs the last
    one is asked first."""

    def __init__(self, fonts: Sequence[TTFFont]) -> None:
        self.faces = [Face(font) for font in fonts]
        self._known: dict[tuple[str, bool], Shaped] = {}

    def line(self, text: str, rtl: bool) -> Shaped:
        """One line of a paragraph that is read in this direction."""
        key = text, rtl
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._shape(text, rtl)
        return found

    def _shape(self, text: str, rtl: bool) -> Shaped:
        pieces: list[Piece] = []
        width = 0.0
        for run, goes_left in visual_runs(text, rtl):
            for part, face in self._by_face(run, goes_left):
                shown, advance = _pieces(face, part, goes_left)
                pieces += shown
                width += advance
        return Shaped(tuple(pieces), width)

    def _by_face(self, run: str, rtl: bool) -> Iterator[tuple[str, Face]]:
        """The run split by fonts, from left to right. What every font has stays with what stands before it."""
        preferred = self.faces[::-1] if rtl else self.faces
        found: list[tuple[str, Face]] = []
        if all(ord(letter) in preferred[0].letters for letter in run):
            found = [(run, preferred[0])]
        else:
            for letter in run:
                current = found[-1][1] if found else preferred[0]
                shown, face = _shown_by(letter, [current, *preferred])
                if found and face is current:
                    found[-1] = found[-1][0] + shown, face
                else:
                    found.append((shown, face))
        yield from reversed(found) if rtl else found


def _shown_by(letter: str, faces: Sequence[Face]) -> tuple[str, Face]:
    for face in faces:
        if ord(letter) in face.letters:
            return letter, face
    if unicodedata.category(letter) in ("Cf", "Mn"):  # seen only by what they do to others
        return letter, faces[0]
    return _shown_by(REPLACEMENT, faces) if letter != REPLACEMENT else ("?", faces[0])


def _pieces(face: Face, text: str, rtl: bool) -> tuple[list[Piece], float]:
    """Glyphs as TJ arrays, a new one where they leave the line (vowel marks), and the width of all."""
    infos, places = face.shape(text, rtl)
    letters = _letters_of([info.cluster for info in infos], text)
    scale = face.font.scale
    found: list[Piece] = []
    shown: list[str] = []
    shift = width = 0.0
    rise = 0
    for info, place, said in zip(infos, places, letters, strict=True):
        code, own = face.code(info.codepoint, said)
        height = round(place.y_offset * scale)
        if height != rise and shown:
            found.append(Piece(face.number, rise, "".join(shown)))
            shown = []
        rise = height
        shift += place.x_offset * scale
        if round(shift):
            shown.append(f"{-round(shift)}")
        shown.append(code)
        advance = place.x_advance * scale
        shift = advance - place.x_offset * scale - (own if code else 0)
        width += advance
    if round(shift):
        shown.append(f"{-round(shift)}")
    if shown:
        found.append(Piece(face.number, rise, "".join(shown)))
    return found, width


def _letters_of(clusters: Sequence[int], text: str) -> list[tuple[int, ...]]:
    """The letters that each glyph stands for: those of its cluster with the first glyph of it, none with the others."""
    starts = sorted(set(clusters))
    seen: set[int] = set()
    found: list[tuple[int, ...]] = []
    for cluster in clusters:
        if cluster in seen:
            found.append(())
            continue
        seen.add(cluster)
        at = bisect_right(starts, cluster)
        end = starts[at] if at < len(starts) else len(text)
        found.append(tuple(map(ord, text[cluster:end])))
    return found
