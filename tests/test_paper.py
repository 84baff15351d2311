"""Documents on paper: shaping, direction, broken lines, tables over many pages, and what is found in the files."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO

import pytest
from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from app.paper import Column, Document, Imprint, Letterhead
from app.paper.bidi import is_rtl, visual_runs
from app.paper.lines import broken
from app.paper.sheet import Sheets

MIXED = st.text(alphabet="abc XYZ 019 +-.,()/% ابتثح ٠٩ عربي\u05d0\u05d1", max_size=40)


def paper(language="en", **more):
    letterhead = Letterhead("Acme", (47, 81, 201), header="Acme Ltd\nLondon", footer="Registered", **more)
    rtl = language == "ar"
    imprint = Imprint("Cars" if not rtl else "السيارات", language, rtl, "Nora", "today, Nora", "Page {page} of {pages}")
    return letterhead, imprint


def document(language="en", **more):
    return Document(*paper(language), **more)


@pytest.fixture(scope="module")
def sheets():
    return Sheets(*paper())


def read(content):
    return PdfReader(BytesIO(content))


def words_of(content):
    return "\n".join(page.extract_text() for page in read(content).pages)


def places_of(content, page=0):
    """Where each text of a page begins, from the left edge in points."""
    found = {}

    def visit(text, _outer, matrix, *_more):
        if text.strip():
            found.setdefault(text.strip(), matrix[4])

    read(content).pages[page].extract_text(visitor_text=visit)
    return found


# Direction -----------------------------------------------------------------------------------------------------------


@given(MIXED)
@settings(max_examples=300)
def test_runs_stand_as_the_unicode_algorithm_has_them(text):
    for rtl in (False, True):
        shown = "".join(run[::-1] if goes_left else run for run, goes_left in visual_runs(text, rtl))
        direction = TextDirection.RTL if rtl else TextDirection.LTR
        assert shown == BidiParagraph(text, direction).get_reordered_string()


def test_a_text_is_read_in_the_direction_of_its_first_letter():
    assert not is_rtl("Acme شركة")
    assert is_rtl("شركة Acme")
    assert is_rtl("(شركة")
    assert not is_rtl("-1,250.00")
    assert not is_rtl("\u200e+966 50")
    assert is_rtl("\u200f1,250.00 ر.س.")


def test_marks_of_direction_are_not_shown():
    assert "".join(run for run, _rtl in visual_runs("\u200e+966501", True)) == "+966501"


# Shaping -------------------------------------------------------------------------------------------------------------


def glyph_names(sheets, text, rtl):
    """The glyphs of a line from left to right, by their names in the fonts."""
    line, found = sheets.shaper.line(text, rtl), []
    for piece in line.pieces:
        face = next(face for face in sheets.shaper.faces if face.number == piece.font)
        by_code = {code: glyph.glyph_name for glyph, code in face.font.subset.items() if glyph is not None}
        found += [by_code[int(code, 16)] for code in re.findall(r"<([0-9a-f]{4})>", piece.shown)]
    return found


def test_arabic_letters_are_joined_and_stand_from_right_to_left(sheets):
    """U+FE8F to U+FE92 are the four forms of the letter, by which the font calls its glyphs."""
    assert glyph_names(sheets, "ب", True) == ["uni0628"]
    end, within, beginning = "uniFE90", "uniFE92", "uniFE91"
    assert glyph_names(sheets, "ببب", True) == [end, within, beginning]
    assert glyph_names(sheets, "بد", True) == ["uniFEAA", beginning], "the first letter stands at the right"


def test_lam_and_alef_become_one_letter(sheets):
    assert glyph_names(sheets, "لا", True) == ["uniFEFB"]


def test_a_letter_that_no_font_has_is_seen_to_be_missing(sheets):
    assert glyph_names(sheets, "a漢b", False)[1] not in glyph_names(sheets, "ab", False)
    assert sheets.shaper.line("漢", False).width > 0


def test_latin_among_arabic_uses_both_fonts(sheets):
    line = sheets.shaper.line("شركة Acme", True)
    assert {piece.font for piece in line.pieces} == {1, 2}
    assert line.pieces[0].font == 1, "the name stands at the left, after the Arabic word"


# Lines ---------------------------------------------------------------------------------------------------------------


@given(st.text(alphabet="abcdefghi WXYZ -ابتثج ", min_size=1, max_size=120), st.floats(30, 300))
@settings(max_examples=100)
def test_no_line_is_wider_than_its_column_and_nothing_is_lost(text, width):
    sheets = _kept()
    lines = broken(sheets.shaper, text, width, 9)
    assert all(line.shaped.width * 9 / 1000 <= width + 0.01 for line in lines)
    assert "".join("".join(line.text for line in lines).split()) == "".join(text.split())


_sheets: list[Sheets] = []


def _kept():
    if not _sheets:
        _sheets.append(Sheets(*paper()))
    return _sheets[0]


def test_what_is_too_long_ends_in_dots(sheets):
    lines = broken(sheets.shaper, "word " * 200, 100, 9, most=3)
    assert len(lines) == 3
    assert lines[-1].text.endswith("…")
    assert lines[-1].shaped.width * 9 / 1000 <= 100


# Documents -----------------------------------------------------------------------------------------------------------


def test_a_document_says_what_it_is():
    made = document("ar")
    made.heading("تفاصيل")
    found = read(made.finish())
    catalogue = found.trailer["/Root"]
    assert found.metadata.title == "السيارات"
    assert found.metadata.author == "Nora"
    assert catalogue["/Lang"] == "ar"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert catalogue["/ViewerPreferences"]["/Direction"] == "/R2L"
    assert catalogue["/MarkInfo"]["/Marked"]
    parts = [part.get_object() for part in catalogue["/StructTreeRoot"]["/K"][0].get_object()["/K"]]
    assert [part["/S"] for part in parts] == ["/H1", "/H2"]
    assert parts[0]["/T"] == "السيارات"


def test_a_long_table_repeats_its_heads_and_counts_its_pages():
    made = document()
    columns = [Column("Plate"), Column("Price", is_number=True)]
    count = made.table(columns, ((f"P {number}", f"{number}.00") for number in range(200)), [("Total", "19,900.00")])
    found = read(made.finish())
    texts = [page.extract_text() for page in found.pages]
    assert count == 200
    assert len(texts) > 3
    for number, text in enumerate(texts, 1):
        assert "Plate" in text
        assert "Registered" in text
        assert f"Page {number} of {len(texts)}" in text
    everything = "\n".join(texts)
    assert all(f"P {number}\n" in everything or f"P {number} " in everything for number in range(200))
    assert "19,900.00" in texts[-1]


def test_arabic_is_found_as_it_was_written_and_mirrored():
    rows = [("نورة عبد الله", "شركة Acme", "+966501234567")]
    columns = [Column("الاسم"), Column("الشركة"), Column("الهاتف")]
    made = document("ar")
    made.table(columns, rows)
    content = made.finish()
    text = words_of(content)
    for words in ("نورة عبد الله", "الاسم", "السيارات", "Acme", "+966501234567"):
        assert words in text, text
    places = places_of(content)
    assert places["الاسم"] > places["الشركة"] > places["الهاتف"], "columns go from right to left"


def test_columns_go_from_left_to_right_in_english():
    made = document()
    made.table([Column("One"), Column("Two")], [("a", "b")])
    places = places_of(made.finish())
    assert places["One"] < places["Two"]


@pytest.mark.parametrize("columns", [1, 6, 14, 40])
def test_any_number_of_columns_fits(columns):
    made = document(landscape=columns > 6)
    made.table(
        [Column(f"Column {at}") for at in range(columns)], [[f"value {at} of many" for at in range(columns)]] * 3
    )
    content = made.finish()
    edge = float(read(content).pages[0].mediabox.width)
    assert all(0 < x < edge for x in places_of(content).values())


def test_a_text_of_many_pages_and_an_endless_cell_are_printed():
    made = document()
    made.facts([("Note", "word " * 6_000 + "END", True), ("Short", "x", False)])
    made.table([Column("A"), Column("B")], [("word " * 4_000, "b"), ("", "")])
    text = words_of(made.finish())
    assert "END" in text
    assert "…" in text


def test_hostile_texts_are_only_texts():
    made = document()
    made.facts([("Name", ") Tj ET Q /F1 99 Tf <</JS (x)>> \\ ( \x00\x07\ud7ff\u2028 %s {page}", False)])
    found = read(made.finish())
    assert ") Tj ET Q /F1 99 Tf <</JS (x)>>" in found.pages[0].extract_text()
    assert "/JS" not in str(found.trailer["/Root"])


_SCRIPT = r"""
import re, time
from pathlib import Path
from app.paper import Column, Document
from tests.test_paper import paper
made = Document(*paper("{language}"), landscape=True)
names = {names!r}
rows = ([f"{{name}} {{at}}-{{number}}" for at, name in enumerate(names)] for number in range(2_000))
began = time.process_time()
made.table([Column(name) for name in names], rows)
content = made.finish()
seconds, peak = time.process_time() - began, re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
from tests.pace import slowness
print(round(seconds / slowness(), 2), int(peak[1]) // 1024, len(content))
"""


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Name", "Company", "E-mail", "Phone", "City", "Source", "Status", "Created"]),
        ("ar", ["الاسم", "شركة Acme", "البريد", "الهاتف", "المدينة", "المصدر", "الحالة", "أنشئ"]),
    ],
)
def test_two_thousand_rows_take_less_than_five_seconds_and_150_megabytes(language, names):
    """Of a processor's time (`pace`), in a process of its own; no cell is like another, which is the worst case."""
    script = _SCRIPT.format(language=language, names=names)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    seconds, megabytes, size = done.stdout.split()
    assert float(seconds) < 5, done.stdout
    assert int(megabytes) < 150, done.stdout
    assert int(size) > 100_000
