"""Files of pages: kept for ever under an address that names their content, packed for whoever takes it; the kit."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
import sys
from pathlib import Path

import brotli
import pytest

from app.web import assets
from app.web.icons import icon, icon_names

ROOT = Path(__file__).parent.parent
GZIP = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("name", ["app.css", "kit/look.css", "kit/icons.svg", "kit/htmx.js"])
@pytest.mark.parametrize(
    ("accepted", "coding", "unpack"),
    [("gzip", "gzip", gzip.decompress), ("gzip, deflate, br, zstd", "br", brotli.decompress)],
)
def test_a_text_comes_packed_and_is_the_same_text(app, name, accepted, coding, unpack):
    client = app.test_client()
    plain = client.get(assets.asset(name))
    packed = client.get(assets.asset(name), headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == coding
    assert unpack(packed.data) == (assets.STATIC / name).read_bytes()
    assert all("Accept-Encoding" in answer.headers["Vary"] for answer in (plain, packed))
    assert plain.mimetype == packed.mimetype
    assert "immutable" in packed.headers["Cache-Control"]


def test_an_address_that_names_another_content_is_not_kept(app):
    answer = app.test_client().get("/assets/app.css?v=000000000000", headers=GZIP)
    assert answer.headers["Cache-Control"] == "no-cache"
    again = app.test_client().get("/assets/app.css", headers={**GZIP, "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["../config.py", "kit/../../assets.py", "kit", "kit/", "kit/nothing.css", "%2e%2e/assets.py"]
)
def test_nothing_else_is_served(app, name):
    assert app.test_client().get(f"/assets/{name}").status_code == 404


def test_fonts_are_asked_for_under_the_address_that_pages_preload(app):
    css = assets.content("kit/look.css").decode()
    addresses = re.findall(r"url\(([\w.-]+\.woff2\?v=\w+)\)", css)
    assert len(addresses) >= 9
    for address in addresses:
        name = "kit/" + address.partition("?")[0]
        assert assets.asset(name) == f"/assets/kit/{address}"
    assert css.count("unicode-range") == len(addresses)


def test_a_page_comes_packed_and_is_the_same_page(house):
    browser = house.browser("viewer")
    plain, packed = browser.go("/contacts/contact/?q=nobody"), browser.go("/contacts/contact/?q=nobody", headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    unmarked = re.compile(rb'(csrf[_-]token"[^>]*?(?:value|content)=")[^"]+')
    assert unmarked.sub(rb"\1", gzip.decompress(packed.data)) == unmarked.sub(rb"\1", plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert len(packed.data) < len(plain.data) / 3


def test_every_icon_that_is_named_is_drawn(app):
    named = set()
    for folder in ("app", "plugins"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".html"):
                named |= set(re.findall(r"""icon(?:=|\()["']([a-z-]+)["']""", path.read_text(encoding="utf-8")))
    with app.test_request_context():
        dots = {name for name in named if "#dot" in icon(name)}
    assert len(named) > 40
    assert dots <= {"dot"}
    assert icon_names() >= {"person", "search", "moon"}


def test_without_the_kit_pages_say_how_to_build_it(monkeypatch, tmp_path):
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    with pytest.raises(assets.KitMissing, match="pip install -e"):
        assets.content("kit/look.css")


def test_a_kit_that_is_there_is_not_built_again_and_a_changed_one_says_why_it_fails(tmp_path):
    shutil.copytree(ROOT / "kit", tmp_path / "kit", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy(ROOT / "hatch_build.py", tmp_path)
    shutil.copytree(assets.STATIC / "kit", tmp_path / "app/web/static/kit")
    run = [sys.executable, tmp_path / "hatch_build.py"]
    before = (tmp_path / "app/web/static/kit/look.css").stat().st_mtime_ns
    assert subprocess.run(run, capture_output=True).returncode == 0
    assert (tmp_path / "app/web/static/kit/look.css").stat().st_mtime_ns == before
    (tmp_path / "kit/package.json").write_text("{")
    failed = subprocess.run(run, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "The kit could not be built: npm ci failed." in failed.stderr
    assert (tmp_path / "app/web/static/kit/look.css").stat().st_mtime_ns == before
