"""Files as they come, and files that mean harm: each is a table or a sentence, never an error, never the memory."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile

import openpyxl
import pytest

from app.transfer.reading import Unreadable, detect, open_table
from app.transfer.reading import workbook as workbooks
from tests.transfer_house import bring, problems

TEXT = "Name;Note\nNora;été\nسالم;x\n"


@pytest.fixture(autouse=True)
def context(app):
    with app.test_request_context():
        yield


def table(data, **changes):
    from dataclasses import replace

    file = io.BytesIO(data)
    found = detect(file, ("channels",))
    opened = open_table(file, replace(found, **changes))
    return opened.headings, [(line.number, line.cells, bool(line.problem)) for line in opened.lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_in_every_encoding(encoding):
    assert table(TEXT.encode(encoding)) == (("Name", "Note"), [(2, ["Nora", "été"], False), (3, ["سالم", "x"], False)])


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1252", "Name,Ort\nZoé,Zürich\n"), ("cp1256", "الاسم,المدينة\nنورة,الرياض\n")]
)
def test_code_pages_of_windows(encoding, text):
    head, row = (line.split(",") for line in text.splitlines())
    assert table(text.encode(encoding)) == (tuple(head), [(2, row, False)])


def test_a_code_page_that_shows_only_late_in_the_file():
    data = b"Name,Note\n" + b"a,b\n" * 100_000 + "Zoé,x\n".encode("cp1252")
    assert table(data)[1][-1][1] == ["Zoé", "x"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(delimiter):
    data = f'Name{delimiter}Note\n"a{delimiter}b"{delimiter}"1,5"\nc{delimiter}"d; e"\n'.encode()
    assert table(data) == (("Name", "Note"), [(2, [f"a{delimiter}b", "1,5"], False), (3, ["c", "d; e"], False)])


def test_headings_are_made_unique_and_none_are_numbered():
    assert table(b" A ,,A,A\n1,2,3,4\n")[0] == ("A", "Column 2", "A (2)", "A (3)")
    assert table(b"1,2\n3,4\n")[0] == ("Column 1", "Column 2")
    assert table(b"only,headings\n")[0] == ("Column 1", "Column 2")


def test_ragged_lines_blank_lines_and_open_quotations():
    headings, lines = table(b'A,B\n1\n\n1,2,3\n1,2,,\n"x,1\n5,6\n')
    assert headings == ("A", "B")
    assert lines == [
        (2, ["1", ""], False), (4, ["1", "2"], True), (5, ["1", "2"], False), (6, ["", ""], True),
        (7, ["5", "6"], False),
    ]  # fmt: skip


def test_a_nul_byte_is_one_lines_problem(app, house):
    tenant = house.new_tenant()
    record = bring(app, tenant, "garage.vehicle", b"Plate\nA\nB\0C\nD\n")
    assert (record.created, record.failed) == (2, 1)
    assert "NUL" in problems(app, tenant, record)[3][0][1]


def test_an_endless_line_and_an_endless_cell_stay_small():
    tracemalloc.start()
    try:
        headings, lines = table(b"A,B\n" + b"x" * 30_000_000 + b"\n1,2\n")
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()
    assert headings == ("A", "B")
    assert lines[-1][1] == ["1", "2"]
    assert lines[0][2]


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n \n", b"%PDF-1.7", b"\x89PNG\r\n", b"\x1f\x8b\x08", b"PK\x03\x04broken", b'[{"a":', b'[{"a": 1},'],
)
def test_what_is_no_table_is_refused_in_a_sentence(data):
    with pytest.raises(Unreadable, match=r"\."):
        table(data)


def book(*rows, **more):
    made = openpyxl.Workbook(**more)
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_workbook_with_typed_cells_and_formulas():
    from datetime import date, datetime

    at = datetime(2026, 1, 31, 14, 30)  # noqa: DTZ001  (a spreadsheet knows no zones)
    data = book(
        ["Name", "Day", "At", "Number", "Yes"], ["Nora", date(2026, 1, 31), at, 5.0, True],
        ["=1+1", None, None, 1.25, False],
    )  # fmt: skip
    headings, lines = table(data)
    assert headings == ("Name", "Day", "At", "Number", "Yes")
    assert lines[0][1] == ["Nora", "2026-01-31", "2026-01-31T14:30:00", "5", "true"]
    assert lines[1][1] == ["", "", "", "1.25", "false"], "a formula is not evaluated"


def repacked(data, changes, extra=()):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, changes.get(member.filename, old.read(member.filename)))
        for name, content in extra:
            new.writestr(name, content)
    return out.getvalue()


def test_a_workbook_that_is_a_bomb_is_refused(monkeypatch):
    bomb = repacked(book(["A"], ["1"]), {}, [("xl/media/x.bin", b"\0" * 60_000_000)])
    with pytest.raises(Unreadable, match="too large"):
        table(bomb)
    monkeypatch.setattr(workbooks, "MOST_BYTES", 1000)
    with pytest.raises(Unreadable, match="too large"):
        table(book(["A"], ["1"]))


def test_a_workbook_with_too_many_parts_is_refused():
    with pytest.raises(Unreadable, match="too many parts"):
        table(repacked(book(["A"], ["1"]), {}, [(f"x/{n}", b"") for n in range(2_001)]))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_entities_is_refused(encoding):
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'.encode(encoding)
    with pytest.raises(Unreadable, match="definitions"):
        table(repacked(book(["A"], ["1"]), {"xl/worksheets/sheet1.xml": evil}))


def test_a_workbook_that_lies_about_its_size():
    data = book(["A", "B"], ["1", "2"])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    lying = sheet.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')
    assert lying != sheet
    assert table(repacked(data, {"xl/worksheets/sheet1.xml": lying}))[0] == ("A", "B")


def test_json_as_a_list_and_as_lines():
    rows = [{"a": 1, "b": [1, {"x": 2}]}, {"a": 2.50, "custom_fields": {"k": "v"}, "channels": [{"kind": "email"}]}]
    headings, lines = table(json.dumps(rows).encode())
    assert headings == ("a", "b", "custom.k", "channels.1.kind")
    assert [line[1] for line in lines] == [["1", '[1, {"x": 2}]', "", ""], ["2.5", "", "v", "email"]]
    assert table("\n".join(json.dumps(row) for row in rows).encode())[0] == headings
    assert table(b'[{"a": 1}, 5, null]')[1][1:] == [(2, [""], True), (3, [""], True)]


def test_a_deeply_nested_value_is_refused_or_read():
    data = b'[{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]"
    with pytest.raises(Unreadable):
        table(data)


@pytest.mark.slow
def test_lines_stream_within_memory_however_many(tmp_path):
    """Of CSV and of JSON lines; read from disk, as an upload is. Kept, they would take five times as much."""
    for name, head, row in (
        ("x.csv", "Name,Mail\n", "Nora {0},n{0}@x.example\n"),
        ("x.jsonl", "", '{{"Name": "N{0}", "Mail": "m"}}\n'),
    ):
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as out:
            out.write(head)
            out.writelines(row.format(number) for number in range(250_000))
        tracemalloc.start()
        try:
            with path.open("rb") as file:
                assert sum(1 for _line in open_table(file, detect(file)).lines) == 250_000
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()
