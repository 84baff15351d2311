"""Codes of standards that people choose by words: countries, languages, time zones.

    country: Mapped[str | None] = country(label=_l("Country"))

A code is stored as it ever was; forms, lists, filters, reports and papers show its name in the reader's language, as
CLDR has it. What no standard knows is refused, and yet stays, and may be saved again, where it was stored before.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, overload

from babel import Locale, localedata
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from app.data.fields import Choice, Field

_ENGLISH = Locale("en")
_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
_NO_LANGUAGES = frozenset({"mis", "mul", "und", "zxx"})
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")


class Codes(Sequence[Choice]):
    """The codes of one standard as choices, each called as the reader's language calls it and in its order.

    `code_of` gives the code that a text spells, "" for none; `refusal` is the sentence for those, with `%(value)s`.
    """

    def __init__(
        self, choices: Callable[[Locale], Iterable[Choice]], code_of: Callable[[str], str], refusal: Any, standard: str
    ) -> None:
        self._choices_in = cache(lambda locale: tuple(choices(Locale.parse(locale))))
        self.code_of = code_of
        self.refusal = refusal
        self.standard = standard

    def words_in(self, language: str) -> Mapping[str, str]:
        """The name of every code in a language."""
        return {one.value: one.words for one in self._choices_in(language)}

    @property
    def _here(self) -> tuple[Choice, ...]:
        return self._choices_in(str(get_locale() or "en"))

    def __len__(self) -> int:
        return len(self._here)

    @overload
    def __getitem__(self, place: int) -> Choice: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Choice]: ...
    def __getitem__(self, place: Any) -> Any:
        return self._here[place]

    def __iter__(self) -> Iterator[Choice]:
        return iter(self._here)


def _ordered(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Codes with their names as they stand in a list: a capital first, accents beside their letters."""
    capital = {code: name[:1].upper() + name[1:] for code, name in names.items()}
    return sorted(capital.items(), key=lambda one: unicodedata.normalize("NFKD", one[1]).casefold())


def _countries(locale: Locale) -> Iterator[Choice]:
    named = {code: name for code in _country_codes() if (name := locale.territories.get(code))}
    for code, name in _ordered(named):
        yield Choice(code, name)


@cache
def _country_codes() -> frozenset[str]:
    known = (str(code) for code in _ENGLISH.territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def _country_of(text: str) -> str:
    return text.upper() if text.upper() in _country_codes() else ""


def _languages(locale: Locale) -> Iterator[Choice]:
    """Languages, and those of a country that have a name of their own (pt-BR); others of a country have their words
    and are not offered."""
    named = {code.replace("_", "-"): name for code, name in locale.languages.items() if _is_offered(code)}
    for code, name in _ordered(named):
        yield Choice(code, name)
    for code, (language, country) in _local_languages().items():
        if code not in named and language in named and country in locale.territories:
            words = f"{named[language]} ({locale.territories[country]})"
            yield Choice(code, words[:1].upper() + words[1:], here=lambda: False)


def _is_offered(code: str) -> bool:
    """Languages of two letters and those that computers speak; not each that ever was."""
    language = code.partition("_")[0]
    return code not in _NO_LANGUAGES and (len(language) == 2 or (code == language and language in _spoken()))


@cache
def _spoken() -> frozenset[str]:
    return frozenset(one.partition("_")[0] for one in localedata.locale_identifiers())


@cache
def _local_languages() -> dict[str, tuple[str, str]]:
    """`ar-EG` -> `ar`, `EG`."""
    parts = (one.split("_") for one in sorted(localedata.locale_identifiers()))
    return {"-".join(one): (one[0], one[1]) for one in parts if len(one) == 2 and len(one[1]) == 2}


def _language_of(text: str) -> str:
    """`en_us` is en-US: the parts are checked one by one, as there is no list of all that go together."""
    match = _LANGUAGE.fullmatch(text)
    if match is None:
        return ""
    language, script, region = match[1].lower(), (match[2] or "").title(), (match[3] or "").upper()
    known = (
        language in _ENGLISH.languages
        and language not in _NO_LANGUAGES
        and (not script or script in _ENGLISH.scripts)
        and (not region or region in _ENGLISH.territories)
    )
    return "-".join(filter(None, (language, script, region))) if known else ""


def _time_zones(locale: Locale) -> Iterator[Choice]:
    """Places; their old and short names (`EST`) are understood and not offered."""
    for name in sorted(zoneinfo.available_timezones()):
        if "/" in name or name == "UTC":
            yield Choice(name, name)


@cache
def _zones_by_spelling() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}


def _zone_of(text: str) -> str:
    return _zones_by_spelling().get(text.replace(" ", "_").casefold(), "")


COUNTRIES = Codes(
    _countries, _country_of,
    _l("“%(value)s” is not a country. Please choose one from the list, or give its two letters, such as SA."),
    "ISO 3166-1, two letters, such as SA",
)  # fmt: skip
LANGUAGES = Codes(
    _languages, _language_of,
    _l("“%(value)s” is not a language. Please choose one from the list, or give its code, such as ar or pt-BR."),
    "BCP 47, such as ar or pt-BR",
)  # fmt: skip
TIME_ZONES = Codes(
    _time_zones, _zone_of,
    _l("“%(value)s” is not a time zone. Please choose one from the list, such as Asia/Riyadh."),
    "IANA time zone, such as Asia/Riyadh",
)  # fmt: skip


def country(**options: Any) -> Any:
    """A country, stored as its two letters (`SA`) and chosen by its name."""
    return _coded(COUNTRIES, 2, options)


def language(**options: Any) -> Any:
    """A language, stored as its code (`ar`, `pt-BR`) and chosen by its name."""
    return _coded(LANGUAGES, 20, options)


def time_zone(**options: Any) -> Any:
    """A time zone, stored by its IANA name (`Asia/Riyadh`)."""
    return _coded(TIME_ZONES, 64, options)


def _coded(codes: Codes, longest: int, options: dict[str, Any]) -> Field:
    return Field("choice", open=True, choices=codes, max_length=longest, extra={"show": "words"}, **options)
