"""Writes the files of a new plugin, all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from babel import localedata
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from app.host.scaffold import package as around
from app.host.scaffold import source
from app.host.scaffold.arabic import Known
from app.host.scaffold.migration import write_first_revision
from app.host.scaffold.naming import words
from app.host.scaffold.reading import PluginWords, Refused

PLURALS_AR = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
LANGUAGES = ("en", "ar")


def write(plugin: PluginWords, into: Path, languages: Sequence[str] = LANGUAGES) -> Path:
    """Write the package as a new folder of `into`; returns the folder. Raises Refused when there is one already, and
    for a language that nobody knows."""
    unknown = next((one for one in languages if not localedata.exists(one)), None)
    if unknown is not None:
        raise Refused(f"“{unknown}” is no language: write codes, for example --languages en,ar,fr.")
    folder = into / plugin.project
    if folder.exists():
        raise Refused(f"There is a folder {folder} already.")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".new-") as draft:
        made = Path(draft) / plugin.project
        _fill(plugin, made, languages)
        shutil.move(made, folder)
    return folder


def _fill(plugin: PluginWords, folder: Path, languages: Sequence[str]) -> None:
    package = folder / plugin.package
    texts = {
        folder / "pyproject.toml": around.pyproject(plugin),
        folder / "README.md": around.readme(plugin),
        folder / "tests" / f"test_{plugin.name}.py": around.tests(plugin),
        package / "__init__.py": "",
        package / "plugin.py": source.module(plugin),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    write_first_revision(plugin.name, package / "plugin.py")
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    for language in languages:
        if language != "en":
            target = package / "translations" / language / "LC_MESSAGES" / "messages.po"
            target.parent.mkdir(parents=True)
            target.write_bytes(catalogue(plugin, language))


def catalogue(plugin: PluginWords, language: str) -> bytes:
    """The file of a language: words that the core knows are left to the core, generic ones are there, the others wait
    for their translation."""
    known = Known(language)
    catalog = Catalog(locale=language, project=plugin.project, version="1.0", charset="utf-8", fuzzy=False)
    if language == "ar":
        catalog.mime_headers = [("Plural-Forms", PLURALS_AR)]
    for word in words(plugin):
        if word not in known.of_the_core:
            catalog.add(word, known.translation(plugin, word), [("plugin.py", 0)])
    out = BytesIO()
    write_po(out, catalog, width=120, include_lineno=False)
    return out.getvalue()
