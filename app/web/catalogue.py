"""Translations, read straight from the `.po` files: there is no compiled file to forget or to go stale."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g
from flask_babel import Domain, get_locale

CORE = Path(__file__).parent / "translations"


class Catalogues(Domain):  # type: ignore[misc]
    """The core's catalogue with those of the plugins laid over it; the core's words win."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        super().__init__([str(folder) for folder in folders])
        self._folders = folders

    def get_translations(self) -> Translations:
        """The translations for the reader of this request. Kept on `g`, because a page asks a hundred times."""
        locale = get_locale()
        code = "en" if locale is None else str(locale)
        kept: tuple[str, Translations] | None = g.get("_translations") if g else None
        if kept is not None and kept[0] == code:
            return kept[1]
        found = _merged(code, self._folders)
        if g:
            g._translations = (code, found)
        return found


@lru_cache(maxsize=128)
def _merged(code: str, folders: tuple[Path, ...]) -> Translations:
    merged = Translations()
    for folder in folders:
        for name in dict.fromkeys((code.partition("_")[0], code)):
            source = folder / name / "LC_MESSAGES" / "messages.po"
            if source.is_file():
                loaded = _load(source, name)
                merged._catalog.update(loaded._catalog)
                merged.plural = loaded.plural  # type: ignore[method-assign]
    return merged


def _load(source: Path, locale: str) -> Any:
    compiled = BytesIO()
    with source.open("rb") as reader:
        write_mo(compiled, read_po(reader, locale=locale))
    compiled.seek(0)
    return Translations(compiled)
