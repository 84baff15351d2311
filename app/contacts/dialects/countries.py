"""Names of countries as address books write them -> ISO 3166 codes."""

import re
from functools import cache

from babel import Locale

from app.search.folding import fold

_LANGUAGES = ("en", "ar", "fr", "de", "es", "tr", "it", "pt", "nl")
_ALIASES = {
    "usa": "US", "us": "US", "u s a": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "u k": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "uae": "AE", "u a e": "AE", "emirates": "AE", "الامارات": "AE",
    "ksa": "SA", "k s a": "SA", "kingdom of saudi arabia": "SA", "saudi": "SA", "السعوديه": "SA",
    "holland": "NL", "korea": "KR", "south korea": "KR", "russia": "RU", "czech republic": "CZ",
    "palestine": "PS", "فلسطين": "PS", "syria": "SY", "turkey": "TR", "ivory coast": "CI",
}  # fmt: skip


def country_code(name: str) -> str:
    """The two-letter code of a country named in one of the common languages, "" when it is not understood."""
    return _codes().get(_key(name), "")


def _key(name: str) -> str:
    return " ".join(re.findall(r"\w+", fold(name)))


@cache
def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"ZZ", "EU", "UN", "EZ", "XA", "XB", "QO"}:
                codes.setdefault(_key(name), code)
                codes.setdefault(code.lower(), code)
    return codes | _ALIASES
