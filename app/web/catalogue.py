"""Translations, read straight from the `.po` files: there is no compiled file to forget or to go stale."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g, has_app_context
from flask_babel import Domain, get_domain
from markupsafe import Markup

from app.identity.locale import current_locale, noted_locale

CORE = Path(__file__).parent / "translations"


class Catalogues(Domain):  # type: ignore[misc]
    """The core's catalogue with those of the plugins laid over it; the core's words win."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        super().__init__([str(folder) for folder in folders])
        self._folders = folders

    def get_translations(self) -> Translations:
        """The translations for the reader of this request. Kept on `g`, because a page asks a hundred times."""
        kept = _kept()
        if kept is not None:
            return kept
        locale = current_locale()
        found = _merged("en" if locale is None else str(locale), self._folders)
        if has_app_context():
            g._translations = (locale, found)
        return found

    def gettext(self, string: str, /, **variables: Any) -> str:
        """`_()` in code."""
        text = _translations().gettext(string)
        return text % variables if variables else text


def _kept() -> Translations | None:
    """What was found before for the language in force."""
    if not has_app_context():
        return None
    kept: tuple[Any, Translations] | None = getattr(g._get_current_object(), "_translations", None)
    if kept is None or kept[0] is None:
        return None
    return kept[1] if noted_locale() is kept[0] else None


def _translations() -> Translations:
    return _kept() or get_domain().get_translations()


def template_gettext(message: str, /, **variables: Any) -> Markup:
    """`_()` in templates. Jinja's own goes through three calls for each word, and a page has a hundred."""
    text = Markup(_translations().gettext(message))  # noqa: S704  (the catalogue's words are ours)
    return text % variables if variables else text


def template_pgettext(context: str, message: str, /, **variables: Any) -> Markup:
    """`pgettext()` in templates: a word that means two things is told apart by the context it stands in."""
    text = Markup(_translations().pgettext(context, message))  # noqa: S704  (the catalogue's words are ours)
    return text % variables if variables else text


def template_ngettext(singular: str, plural: str, num: int, /, **variables: Any) -> Markup:
    """`ngettext()` in templates; `num` is among the variables."""
    text = _translations().ngettext(singular, plural, num)
    return Markup(text) % {"num": num, **variables}  # noqa: S704  (the catalogue's words are ours)


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
