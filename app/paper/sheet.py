"""The sheets of a document: size, margins, letterhead, footer; where things are put is said from the side at which
reading begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import fontpkg
from fpdf import FPDF
from fpdf.enums import PDFResourceType, TextDirection
from fpdf.prefs import ViewerPreferences

from app.paper.lines import Line, broken
from app.paper.shaping import Shaper

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
INK: Colour = (26, 31, 41)
SOFT: Colour = (86, 96, 114)
RULE: Colour = (205, 211, 221)
FONTS = ("Noto Sans", "IBM Plex Sans Arabic")
"""Latin, Greek and Cyrillic; Arabic, each joined letter of which is one glyph: Noto draws the dots apart, and then no
reader of the file finds the words."""
SIDE, TOP, BOTTOM = 42.0, 82.0, 56.0
"""Margins in points; letterhead and footer stand in those above and below."""
LEADING = 1.4
_BOLD = 0.034
"""How much thicker bold letters are drawn, in parts of their size: their outline is drawn as well."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose paper it is. `logo` are the bytes of a PNG, JPEG or SVG, `shape` its width divided by its height."""

    name: str
    accent: Colour
    logo: bytes | None = None
    shape: float = 1.0
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Imprint:
    """What a document says of itself, in the reader's language. `pages` is such as `Page {page} of {pages}`."""

    title: str
    language: str
    rtl: bool
    author: str
    made: str
    pages: str


class _Preferences(ViewerPreferences):
    """Says the direction as PDF does, which fpdf2 2.8.9 gets wrong."""

    def serialize(self, *more: Any, **options: Any) -> str:
        return (
            super()
            .serialize(*more, **options)
            .replace("/Direction RTL", "/Direction /R2L")
            .replace("/Direction LTR", "/Direction /L2R")
        )


class Sheets:
    """Pages of one size with their surroundings. `y` is where the next thing goes, in points from the top."""

    def __init__(self, letterhead: Letterhead, imprint: Imprint, *, paper: str = "a4", landscape: bool = False) -> None:
        self.letterhead, self.imprint, self.rtl = letterhead, imprint, imprint.rtl
        self.pdf = FPDF(orientation="landscape" if landscape else "portrait", unit="pt", format=paper)  # type: ignore[arg-type]
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self._describe()
        for family in FONTS:
            self.pdf.add_font(family.lower(), fname=fontpkg.path(family))
        fonts: Sequence[Any] = list(self.pdf.fonts.values())
        self.shaper = Shaper(fonts)
        self.marked: dict[int, int] = {}
        self.y = 0.0
        self.turn()

    def _describe(self) -> None:
        pdf, imprint = self.pdf, self.imprint
        pdf.set_title(imprint.title)
        pdf.set_author(imprint.author)
        pdf.set_subject(imprint.made)
        pdf.set_creator("Tenantry")
        pdf.set_lang(imprint.language)
        direction = TextDirection.RTL if imprint.rtl else TextDirection.LTR
        pdf.viewer_preferences = _Preferences(display_doc_title=True, direction=direction)

    @property
    def width(self) -> float:
        """Points between the margins."""
        return self.pdf.w - 2 * SIDE

    @property
    def room(self) -> float:
        """Points that are left on the page."""
        return self.pdf.h - BOTTOM - self.y

    def turn(self) -> None:
        """Begin a new page."""
        self.pdf.add_page()
        for face in self.shaper.faces:  # a page names the fonts that are on it
            self.pdf._resource_catalog.add(PDFResourceType.FONT, face.number, self.pdf.page)
        with self.aside():
            self._letterhead()
        self.y = TOP

    def need(self, points: float) -> bool:
        """Turn the page unless that much is left. True when it was turned."""
        if self.room >= points:
            return False
        self.turn()
        return True

    def text(
        self, line: Line, start: float, width: float, y: float, size: float, *, colour: Colour = INK,
        bold: bool = False, at_end: bool = False,
    ) -> None:  # fmt: skip
        """Show a line in a column that begins `start` points from the side where reading begins; `y` is its base."""
        taken = line.shaped.width * size / 1000
        to_right = self.rtl != at_end
        x = self.left(start, width) + (width - taken if to_right else 0)
        rgb = _rgb(colour)
        thick = f"2 Tr {size * _BOLD:.3f} w {rgb} RG " if bold else ""
        shown = f"BT {x:.2f} {self.pdf.h - y:.2f} Td {line.shaped.operators(size)} ET"
        self.pdf._out(f"q {thick}{rgb} rg {shown} Q")

    def words(self, text: str, start: float, width: float, y: float, size: float, **look: Any) -> float:
        """Show a text on lines of its own, the first one at `y`; returns the base of the one that would follow."""
        most = look.pop("most", 0)
        for line in broken(self.shaper, text, width, size, most):
            self.text(line, start, width, y, size, **look)
            y += size * LEADING
        return y

    def left(self, start: float, width: float) -> float:
        """Where a thing of this width begins as PDF counts, from the left edge."""
        return self.pdf.w - SIDE - start - width if self.rtl else SIDE + start

    def rule(self, y: float, colour: Colour = RULE, thickness: float = 0.5) -> None:
        """A line across the page."""
        self.fill(0, self.width, y - thickness / 2, thickness, colour)

    def fill(self, start: float, width: float, y: float, height: float, colour: Colour) -> None:
        """A filled box."""
        x, low = self.left(start, width), self.pdf.h - y - height
        self.pdf._out(f"q {_rgb(colour)} rg {x:.2f} {low:.2f} {width:.2f} {height:.2f} re f Q")

    @contextmanager
    def part(self, kind: str, title: str = "") -> Iterator[None]:
        """What is shown inside is one part of the document for those who have it read out: `H1`, `H2`, `P`."""
        page = self.pdf.page
        number = self.marked[page] = self.marked.get(page, -1) + 1
        self.pdf._add_marked_content(struct_type=f"/{kind}", mcid=number, title=title or None)
        self.pdf._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self.pdf._out("EMC")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is shown inside is no part of what the document says: it is on every page."""
        self.pdf._out("/Artifact BMC")
        yield
        self.pdf._out("EMC")

    def finish(self) -> bytes:
        """Write the footers, now that the number of pages is known, and give the file."""
        pages = self.pdf.page
        for page in range(1, pages + 1):
            self.pdf.page = page
            with self.aside():
                self._footer(self.imprint.pages.format(page=page, pages=pages))
        self.pdf.page = pages
        return bytes(self.pdf.output())

    def _letterhead(self) -> None:
        head, taken = self.letterhead, 0.0
        if head.logo is not None:
            width = min(30 * head.shape, 150.0)
            height = width / head.shape
            y = 24 + (30 - height) / 2
            self.pdf.image(BytesIO(head.logo), self.left(0, width), y, width, height)
            taken = width + 10
        room = self.width * 0.55 - taken
        self.words(head.name, taken, room, 43, 12, bold=True, colour=head.accent, most=1)
        if head.header:
            lines = broken(self.shaper, head.header, self.width * 0.42, 7.5, 3)
            y = 43 - (len(lines) - 1) * 7.5 * LEADING / 2
            for line in lines:
                self.text(line, self.width * 0.58, self.width * 0.42, y, 7.5, colour=SOFT, at_end=True)
                y += 7.5 * LEADING
        self.rule(60, head.accent, 1.2)

    def _footer(self, pages: str) -> None:
        y = self.pdf.h - 40
        self.rule(y, RULE)
        self.words(self.imprint.made, 0, self.width * 0.7, y + 12, 7.5, colour=SOFT, most=1)
        self.words(pages, self.width * 0.7, self.width * 0.3, y + 12, 7.5, colour=SOFT, at_end=True, most=1)
        if self.letterhead.footer:
            self.words(self.letterhead.footer, 0, self.width, y + 23, 7.5, colour=SOFT, most=1)


def _rgb(colour: Colour) -> str:
    """A colour as PDF's operators take it."""
    return " ".join([f"{part / 255:.3f}" for part in colour])
