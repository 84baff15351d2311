"""Files with bad intentions: they are refused in words, or kept as harmless downloads; never unpacked, never shown."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from app.contacts.models import Contact
from app.files.kinds import ALLOWED, mime_of
from app.files.services import attach

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 64
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\x00" + b"x" * 100
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
ELF = b"\x7fELF\x02\x01\x01" + b"\x00" * 200
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600


def zipped(*names, body=b"x"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, body)
    return out.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
TAKEN = {
    "a.png": PNG, "a.JPG": JPEG, "a.jpeg": JPEG, "a.gif": b"GIF89a" + b"\x00" * 50, "a.pdf": PDF, "a.docx": DOCX,
    "a.webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 40, "a.xlsx": zipped("xl/workbook.xml"),
    "a.pptx": zipped("ppt/presentation.xml"), "a.odt": zipped("mimetype", "content.xml"), "a.zip": zipped("b.txt"),
    "a.doc": OLE, "a.xls": OLE, "a.txt": b"plain", "b.txt": "نص عربي".encode(), "c.csv": b"a;b\r\n1;2\r\n",
    "d.csv": "a;b\n".encode("utf-16"), "e.txt": "caf\u00e9".encode("cp1252"), "a.json": b"{}", "a.html": HTML,
    "a.svg": SVG, "a.vcf": b"BEGIN:VCARD\r\nEND:VCARD\r\n", "a.mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\x00" * 50,
    "a.mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 50,
    "a.wav": b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 40, "a.rtf": b"{\\rtf1\\ansi hello}",
    "a.ogg": b"OggS\x00\x02" + b"\x00" * 50,
}  # fmt: skip
REFUSED = {
    "run.exe": EXE, "run": EXE, "run.sh": b"#!/bin/sh\n", "page.php": b"<?php", "lib.js": b"alert(1)", "x.jar": DOCX,
    "a.pdf": EXE, "b.png": EXE, "c.txt": EXE, "d.docx": EXE, "e.zip": EXE, "f.txt": ELF, "g.csv": ELF,
    "photo.png": HTML, "photo.jpg": PDF, "photo.gif": SVG, "letter.pdf": HTML, "letter.txt": PNG, "page.html": PDF,
    "sheet.xlsx": DOCX, "word.docx": zipped("xl/workbook.xml"), "word2.docx": zipped("a.class"), "half.docx": DOCX[:40],
    "empty.docx": b"PK\x03\x04", "book.xls": DOCX, "movie.mp4": HTML, "song.mp3": HTML, "nul.txt": b"a\x00b",
    "nul.csv": b"a,b\n\x00\x00", "card.vcf": JPEG, ".htaccess": b"deny", "x.png.exe": PNG, "x.exe.": EXE,
    "odd16.txt": b"\xff\xfe\x00\xd8\x00\xd8" * 20,
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_taken(name):
    assert mime_of(name, io.BytesIO(TAKEN[name])) == ALLOWED[name.rpartition(".")[2].lower()][0]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    assert mime_of(name, io.BytesIO(REFUSED[name])) is None


def test_the_stream_stands_at_its_beginning_afterwards():
    for name, body in (*TAKEN.items(), *REFUSED.items()):
        stream = io.BytesIO(body)
        mime_of(name, stream)
        assert stream.tell() == 0, name


def test_a_zip_bomb_costs_nothing():
    """Names alone are read, and no more of them than a real document has."""
    bomb = zipped("word/document.xml", body=b"\x00" * 50_000_000)
    assert len(bomb) < 60_000
    assert mime_of("bomb.docx", io.BytesIO(bomb)) is not None
    many = bytearray(zipped("word/document.xml"))
    at = many.rfind(b"PK\x05\x06")
    struct.pack_into("<L", many, at + 12, 2**31)
    assert mime_of("many.docx", io.BytesIO(bytes(many))) is None


@pytest.fixture(scope="module")
def tenant(house):
    return house.new_tenant()


@pytest.fixture(scope="module")
def person(house, tenant):
    return house.add(Contact(full_name="Has Files", first_name="Has"), tenant=tenant)[0]


def send(api, person, content, name):
    data = {"target_type": "contacts.contact", "target_id": str(person), "file": (io.BytesIO(content), name)}
    return api.post("/files", data=data, content_type="multipart/form-data")


def test_a_refusal_says_what_is_possible(house, tenant, person):
    for name in ("run.exe", "photo.png", "letter.pdf"):
        answer = send(house.api("owner", tenant), person, REFUSED[name], name)
        assert answer.status_code == 422
        assert "docx" in answer.json["errors"]["file"]


POLYGLOTS = {
    "gif-and-script.gif": b"GIF89a/*" + b"\x00" * 20 + b"*/=1;alert(document.cookie)//",
    "png-and-page.png": PNG + HTML,
    "pdf-and-page.pdf": PDF + HTML,
    "jpeg-and-zip.jpg": JPEG + zipped("evil.class"),
    "page.html": HTML,
    "drawing.svg": SVG,
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_polyglots_are_never_anything_but_a_download(house, tenant, person, name):
    browser = house.browser("owner", tenant)
    made = send(house.api("owner", tenant), person, POLYGLOTS[name], name)
    assert made.status_code == 201, made.text
    got = browser.go(f"/files/{made.json['id']}")
    assert got.data == POLYGLOTS[name]
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../../etc/cron.d/x.txt", "x.txt"),
        ("C:\\windows\\x.txt", "x.txt"),
        ("invoice\u202etxt.pdf", "invoicetxt.pdf"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ('quote".txt', 'quote".txt'),
        ("<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("n" * 5_000 + ".txt", "n" * 180 + ".txt"),
    ],
)
def test_names_do_no_harm(house, tenant, person, name, shown):
    """Past the client library, which would not send such names."""
    body = PDF if shown.endswith("pdf") else name.encode()
    with house.inside(tenant) as session:
        made = attach(session(), "contacts.contact", person, io.BytesIO(body), name)
        assert made.name == shown
        made_id = made.id
        session.commit()
    browser = house.browser("owner", tenant)
    got = browser.go(f"/files/{made_id}")
    assert got.data == body
    assert "Set-Cookie" not in got.headers
    page = browser.go(f"/contacts/contact/{person}/related/contacts-attachment-target").text
    assert "<img src=x" not in page


def test_a_name_of_nul_bytes(house, tenant, person):
    """Sent by hand: no client library writes such a name."""
    boundary = "x"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in (("target_type", "contacts.contact"), ("target_id", person))
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a\x00b.txt"\r\n\r\nhello\r\n'
    body = "".join([*parts, head, f"--{boundary}--\r\n"]).encode()
    answer = house.api("owner", tenant).post(
        "/files", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )
    assert answer.status_code in (201, 400, 422), answer.text
    assert "\x00" not in answer.text


def test_a_body_far_over_the_limit_is_refused_unread(house, tenant, person, app):
    limit = app.config["MAX_CONTENT_LENGTH"]
    answer = house.api("owner", tenant).post(
        "/files", content_type="multipart/form-data; boundary=x", environ_overrides={"CONTENT_LENGTH": str(limit + 1)}
    )
    assert answer.status_code == 413
    assert answer.json["detail"]
