"""Writes the files of a new plugin, all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from app.host.scaffold import source
from app.host.scaffold.migration import write_first_revision
from app.host.scaffold.reading import PluginWords, Refused

PLURALS_AR = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
_CORE_AR = Path(__file__).resolve().parents[2] / "web" / "translations" / "ar" / "LC_MESSAGES" / "messages.po"


def write(plugin: PluginWords, into: Path) -> Path:
    """Write the package as a new folder of `into`; returns the folder. Raises Refused when there is one already."""
    folder = into / plugin.project
    if folder.exists():
        raise Refused(f"There is a folder {folder} already.")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".new-") as draft:
        made = Path(draft) / plugin.project
        _fill(plugin, made)
        shutil.move(made, folder)
    return folder


def _fill(plugin: PluginWords, folder: Path) -> None:
    package = folder / plugin.package
    texts = {
        folder / "pyproject.toml": source.pyproject(plugin),
        folder / "README.md": source.readme(plugin),
        folder / "tests" / f"test_{plugin.name}.py": source.tests(plugin),
        package / "__init__.py": "",
        package / "plugin.py": source.module(plugin),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write_first_revision(plugin.name, package / "plugin.py")
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    catalogue = package / "translations" / "ar" / "LC_MESSAGES" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_bytes(arabic(plugin))


def arabic(plugin: PluginWords) -> bytes:
    """The Arabic file: words that the core knows are left to the core, the others wait for their translation."""
    known = read_po(BytesIO(_CORE_AR.read_bytes()), locale="ar")
    catalog = Catalog(locale="ar", project=plugin.project, version="1.0", charset="utf-8", fuzzy=False)
    catalog.mime_headers = [("Plural-Forms", PLURALS_AR)]
    for word in source.words(plugin):
        if word not in known:
            catalog.add(word, "", [("plugin.py", 0)])
    out = BytesIO()
    write_po(out, catalog, width=120, include_lineno=False)
    return out.getvalue()
