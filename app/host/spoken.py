"""Words of manifests and declarations are tried when the server starts, in every language that the plugin has: a title
that raises would take every page down that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask
from flask_babel import Babel, force_locale, gettext, pgettext
from flask_babel.speaklater import LazyString

from app.host.claims import ClaimError

_SOUND = frozenset({"builtins", "datetime", "decimal", "flask", "re", "sqlalchemy", "uuid", "zoneinfo"})
"""Packages whose objects can be said, and mean no words."""
_PLAIN = (str, bytes, bool, int, float, type(None))


def check_words(declared: Iterable[Any], module: ModuleType) -> None:
    """Raises ClaimError for words that cannot be said in some language."""
    risky = [one for each in declared for one in _words(each) if _is_risky(one[1])]
    for where, words in risky:
        _say(where, words, "")
    if not risky:
        return
    catalogues = Path(module.__file__ or "").parent / "translations"
    languages = sorted(one.parent.name for one in catalogues.glob("*/LC_MESSAGES"))
    with _speaker(str(catalogues)).app_context():
        for language in languages:
            with force_locale(language):
                for where, words in risky:
                    _say(where, words, f" in “{language}”")


def _words(declared: Any, where: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Whatever stands in the fields of a declaration, and in declarations within it, that is not plain already."""
    if type(declared) in _PLAIN or isinstance(declared, type) or callable(declared) or depth > 6:
        return
    if is_dataclass(declared):
        for field in fields(declared):
            yield from _words(getattr(declared, field.name), f"{type(declared).__name__}.{field.name}", depth + 1)
    elif isinstance(declared, Mapping):
        for one in declared.values():
            yield from _words(one, where, depth + 1)
    elif isinstance(declared, list | tuple | set | frozenset):
        for one in declared:
            yield from _words(one, where, depth + 1)
    else:
        yield where, declared


def _is_risky(words: Any) -> bool:
    """Words without arguments that gettext itself translates cannot raise, in whatever language."""
    if type(words).__module__.partition(".")[0] in _SOUND:
        return False
    return type(words) is not LazyString or words._func not in (gettext, pgettext) or bool(words._kwargs)


def _say(where: str, words: Any, language: str) -> None:
    try:
        str(words)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise ClaimError(f"The words of {where} cannot be said{language}: {told}") from error


@cache
def _speaker(translations: str) -> Flask:
    """An application that knows nothing but languages."""
    app = Flask(__name__, static_folder=None)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = translations
    Babel(app)
    return app
