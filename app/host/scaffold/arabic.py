"""Translations that a new plugin begins with: words that every business says, and what is put together of them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from app.host.scaffold.naming import plural, report_title, reported, summary
from app.host.scaffold.reading import PluginWords

_ROOT = Path(__file__).resolve().parents[3]
_CORE = _ROOT / "app" / "web" / "translations"
_FILE = Path("LC_MESSAGES", "messages.po")
_COMMON = Path(__file__).with_name("common_ar.po")


class Known:
    """What is known of a language: the core's own words, those of the plugins beside it, and generic ones in Arabic."""

    def __init__(self, language: str) -> None:
        self.language = language

    @cached_property
    def of_the_core(self) -> Catalog:
        """The core's catalogue, which speaks for every plugin."""
        return _read(_CORE / self.language / _FILE, self.language)

    @cached_property
    def common(self) -> dict[str, str]:
        """Words by their English."""
        files = [path / self.language / _FILE for path in sorted(_ROOT.glob("plugins/*/translations"))]
        files += [_COMMON] if self.language == "ar" else []
        said = (one for path in files for one in _read(path, self.language) if one.id and not one.context)
        return {str(one.id): one.string for one in said if isinstance(one.string, str) and one.string}

    def translation(self, plugin: PluginWords, word: str) -> str:
        """A word or sentence of the plugin in the language; empty where nobody knows."""
        return self._word(word) or (self._composed(plugin, word) if self.language == "ar" else "")

    def _word(self, word: str) -> str:
        said = self.of_the_core.get(word)
        return str(said.string) if said is not None and isinstance(said.string, str) else self.common.get(word, "")

    def _composed(self, plugin: PluginWords, word: str) -> str:
        """“Vehicles, repairs” and “Repairs by status”."""
        if word == summary(plugin):
            found = [self._word(plural(one)) for one in plugin.records]
            return "، ".join(found) if all(found) else ""
        by = reported(plugin)
        if by is None or word != report_title(*by):
            return ""
        parts = self._word(plural(by[0])), self._word(by[1].replace("_", " ").capitalize())
        return f"{parts[0]} حسب {parts[1]}" if all(parts) else ""


def _read(path: Path, language: str) -> Catalog:
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)
