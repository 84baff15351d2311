"""A document from top to bottom: title, headings, facts, paragraphs, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from app.paper.lines import broken
from app.paper.sheet import LEADING, SOFT, Imprint, Letterhead, Sheets
from app.paper.table import Cells, Column, Table

TITLE, HEADING, BODY, LABEL = 17.0, 11.5, 9.5, 7.5
GUTTER = 16.0
Fact = tuple[str, str, bool]
"""Label, value, and whether it takes the whole width."""


PICTURE = 96.0
"""How high pictures are, in points."""
Picture = tuple[bytes, float, str]
"""PNG or JPEG, width divided by height, and its words."""


class Document:
    """Written in the order of its calls; `finish` gives the file."""

    def __init__(
        self, letterhead: Letterhead, imprint: Imprint, *, paper: str = "a4", landscape: bool = False, words: str = ""
    ) -> None:
        self.sheets = Sheets(letterhead, imprint, paper=paper, landscape=landscape)
        self._title(imprint.title, words)

    def _title(self, title: str, words: str) -> None:
        sheets = self.sheets
        with sheets.part("H1", title):
            y = sheets.words(title, 0, sheets.width, sheets.y + TITLE, TITLE, bold=True, most=3)
        if words:
            with sheets.part("P"):
                y = sheets.words(words, 0, sheets.width, y - TITLE * 0.25, LABEL + 1, colour=SOFT, most=6)
        sheets.y = y - 2

    def heading(self, text: str) -> None:
        """The head of a section; it never stands alone at the end of a page."""
        sheets = self.sheets
        sheets.need(HEADING * 5)
        sheets.y += HEADING * 0.8
        with sheets.part("H2", text):
            accent = sheets.letterhead.accent
            y = sheets.words(text, 0, sheets.width, sheets.y + HEADING, HEADING, bold=True, colour=accent, most=2)
        sheets.y = y - HEADING * 0.7

    def facts(self, facts: Iterable[Fact]) -> None:
        """Labels with their values, two beside each other; a wide one takes the line."""
        pair: list[Fact] = []
        for fact in facts:
            if fact[2]:
                self._beside(pair)
                pair = []
                self.paragraph(fact[1], label=fact[0])
            else:
                pair.append(fact)
            if len(pair) == 2:
                self._beside(pair)
                pair = []
        self._beside(pair)

    def _beside(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        sheets = self.sheets
        width = (sheets.width - GUTTER) / 2
        shown = [(label, broken(sheets.shaper, value, width, BODY, 30)) for label, value, _wide in facts]
        height = LABEL * 1.5 + max(len(lines) for _label, lines in shown) * BODY * LEADING + 5
        sheets.need(height)
        for at, (label, lines) in enumerate(shown):
            start = at * (width + GUTTER)
            with sheets.part("P"):
                sheets.words(label, start, width, sheets.y + LABEL, LABEL, colour=SOFT, most=1)
                y = sheets.y + LABEL * 1.5 + BODY
                for line in lines:
                    sheets.text(line, start, width, y, BODY)
                    y += BODY * LEADING
        sheets.y += height

    def paragraph(self, text: str, *, label: str = "") -> None:
        """A text of any length, over as many pages as it takes."""
        sheets = self.sheets
        lines = broken(sheets.shaper, text, sheets.width, BODY)
        sheets.need(LABEL * 2 + BODY * LEADING * min(len(lines), 3))
        if label:
            with sheets.part("P"):
                sheets.words(label, 0, sheets.width, sheets.y + LABEL, LABEL, colour=SOFT, most=1)
            sheets.y += LABEL * 1.5
        for line in lines:
            sheets.need(BODY * LEADING)
            with sheets.part("P"):
                sheets.text(line, 0, sheets.width, sheets.y + BODY, BODY)
            sheets.y += BODY * LEADING
        sheets.y += 5

    def note(self, text: str) -> None:
        """A quiet sentence."""
        sheets = self.sheets
        sheets.need(LABEL * 3)
        with sheets.part("P"):
            y = sheets.words(text, 0, sheets.width, sheets.y + LABEL + 4, LABEL + 0.5, colour=SOFT)
        sheets.y = y

    def pictures(self, pictures: Sequence[Picture]) -> None:
        """Pictures beside each other, as many as a line has room for."""
        sheets, start = self.sheets, 0.0
        if not pictures:
            return
        sheets.need(PICTURE + 8)
        for content, shape, words in pictures:
            width = min(PICTURE * shape, sheets.width)
            if start and start + width > sheets.width:
                break
            with sheets.part("Figure", words):
                x, y = sheets.left(start, width), sheets.y + 4
                sheets.pdf.image(BytesIO(content), x, y, width, width / shape, alt_text=words)
            start += width + GUTTER
        sheets.y += PICTURE + 8

    def table(self, columns: Sequence[Column], rows: Iterable[Cells], totals: Sequence[Cells] = ()) -> int:
        """A table with its totals below; returns how many rows it has."""
        self.sheets.y += 6
        count = Table(self.sheets, columns, rows, totals).write()
        self.sheets.y += 6
        return count

    def finish(self) -> bytes:
        """The file."""
        return self.sheets.finish()
