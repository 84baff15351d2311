"""Names of countries, languages and time zones as files write them -> their codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from app.data.codes import COUNTRIES, TIME_ZONES, Codes
from app.search.folding import fold

_LANGUAGES = ("en", "ar", "fr", "de", "es", "tr", "it", "pt", "nl")
_COUNTRIES = {
    "usa": "US", "us": "US", "u s a": "US", "united states of america": "US", "america": "US",
    "uk": "GB", "u k": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "uae": "AE", "u a e": "AE", "emirates": "AE", "الامارات": "AE",
    "ksa": "SA", "k s a": "SA", "kingdom of saudi arabia": "SA", "saudi": "SA", "السعوديه": "SA",
    "holland": "NL", "korea": "KR", "south korea": "KR", "russia": "RU", "czech republic": "CZ",
    "palestine": "PS", "فلسطين": "PS", "syria": "SY", "turkey": "TR", "ivory coast": "CI",
}  # fmt: skip


def code_named(codes: Codes, text: str) -> str:
    """The code that a text spells, or names in one of the common languages; "" when it is not understood."""
    return codes.code_of(text.strip()) or _names(codes).get(_key(text), "")


def _key(name: str) -> str:
    return " ".join(re.findall(r"\w+", fold(name)))


@cache
def _names(codes: Codes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language in _LANGUAGES if codes is not TIME_ZONES else ():
        for code, name in codes.words_in(language).items():
            found.setdefault(_key(name), code)
    return found | _COUNTRIES if codes is COUNTRIES else found
