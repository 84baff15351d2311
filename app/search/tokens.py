"""The tokens a record is found by, and the prefixes a search box asks for.

A record is found when each term of the query is the beginning of one of its tokens.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from app.data.phones import national_part
from app.search.folding import APOSTROPHES, fold, words
from app.search.sortable import sortable_day, sortable_moment, sortable_number

__all__ = [
    "LONGEST_TOKEN",
    "MOST_TERMS",
    "MOST_TOKENS",
    "email_tokens",
    "fold",
    "phone_tokens",
    "prefix_range",
    "query_terms",
    "sortable_day",
    "sortable_moment",
    "sortable_number",
    "text_tokens",
    "words",
]

LONGEST_TOKEN = 64
MOST_TOKENS = 200
"""Of one value: a long text is found by its beginning, not by its hundredth page."""
MOST_TERMS = 6
_LONGEST_NAME = 100

_ARTICLE = "ال"
_SHORTEST_AFTER_ARTICLE = 3
_PARTICLES = frozenset("عبد ابو ابا ابي ام بن ابن بنت ال abdul abdel abd abu al el bin ibn mc de van".split())
"""Words people write joined to the next or apart from it."""
_SERVANT = "عبد"
# Possessive, and only from the beginning of a word: a word of 100,000 letters is looked at once, not 100,000 times.
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[-‐‑–./_&][^\W_]++)++")
_AFTER_APOSTROPHE = re.compile(r"['’ʼ`]([^\W_]{2,})")
_DIGIT_RUN = re.compile(r"(?<!\S)\+?[(\d][\d\s().\-‐‑–/]*(?!\S)")
_FEWEST_PHONE_DIGITS = 5
_TRUNK_CODES = frozenset(COUNTRY_CODE_TO_REGION_CODE) - {39}
"""Country codes after which a 0 is never dialled; in Italy it is part of the number."""
_LAST_DIGITS = 4
_NO_DIGIT = re.compile(r"\D+")


def text_tokens(value: str) -> frozenset[str]:
    """Tokens of a name or text: its words, compounds in one piece, Arabic words with and without their article."""
    return _tokens_of_name(value) if len(value) <= _LONGEST_NAME else _tokens(_text_forms(value))


@lru_cache(maxsize=5_000)
def _tokens_of_name(value: str) -> frozenset[str]:
    """A name is asked for more than once: by the search and by the log of changes."""
    return _tokens(_text_forms(value))


def email_tokens(value: str) -> frozenset[str]:
    """Tokens of an e-mail address: whole, the part before @ and its pieces, the domain, also without its last label."""
    whole = fold(value).strip()
    local, _at, domain = whole.rpartition("@")
    forms = [whole, local, *words(local), domain, domain.rpartition(".")[0], *words(domain)]
    return _tokens(forms)


def phone_tokens(e164: str) -> frozenset[str]:
    """Tokens of a number in E.164: all digits, the national number with and without a leading 0, the last four."""
    every = _NO_DIGIT.sub("", fold(e164))
    national = national_part(every)
    forms = [every, every[-_LAST_DIGITS:], *([national, f"0{national}"] if national else ())]
    return _tokens(forms)


def query_terms(q: str) -> list[str]:
    """What a user typed into a search box as folded prefixes, every one of which a record must have.

    At most MOST_TERMS terms of at most LONGEST_TOKEN characters; a term implied by a longer one is left out.
    """
    folded = fold(q[: LONGEST_TOKEN * MOST_TERMS * 2])
    found: dict[str, None] = {}
    for term in _terms(folded):
        found.setdefault(term[:LONGEST_TOKEN])
    terms = [term for term in found if not any(other != term and other.startswith(term) for other in found)]
    return terms[:MOST_TERMS]


def prefix_range(term: str) -> tuple[str, str]:
    """Half-open range [low, high) of the tokens that begin with `term`, in the order of code points.

    The order is that of UTF-8 bytes: the token column must have collation "C".
    """
    stem = term.rstrip("\U0010ffff")
    if not stem:
        return term, "\U0010ffff" * (LONGEST_TOKEN + 1)
    following = ord(stem[-1]) + 1
    if 0xD800 <= following <= 0xDFFF:
        following = 0xE000
    return term, stem[:-1] + chr(following)


def _tokens(forms: Iterable[str]) -> frozenset[str]:
    tokens: set[str] = set()
    for form in forms:
        if len(tokens) == MOST_TOKENS:
            break
        if form:
            tokens.add(form[:LONGEST_TOKEN])
    return frozenset(tokens)


def _text_forms(value: str) -> Iterator[str]:
    folded = fold(value)
    plain = words(folded)
    for word in plain:
        yield word
        yield from _inner_forms(word)
    for first, second in pairwise(plain):
        if first in _PARTICLES:
            yield first + second
    for compound in _COMPOUND.findall(folded.translate(APOSTROPHES)):
        joined = "".join(words(compound))
        yield joined
        yield _without_zeros(joined)
    yield from _AFTER_APOSTROPHE.findall(folded)


def _inner_forms(word: str) -> Iterator[str]:
    """ "الراشد" is also looked for as "راشد", and "عبدالرحمن" as "عبد الرحمن"."""
    if word.startswith(_SERVANT + _ARTICLE):
        word = word.removeprefix(_SERVANT)
        yield word
    yield _without_article(word)
    yield _without_zeros(word)


def _without_article(word: str) -> str:
    rest = word.removeprefix(_ARTICLE)
    return rest if len(rest) >= _SHORTEST_AFTER_ARTICLE else word


def _without_zeros(word: str) -> str:
    """A query for 0012345 may mean a number dialled abroad, so the stored word is found without 00 too."""
    return word.removeprefix("00") if word.isdigit() else word


def _terms(folded: str) -> Iterator[str]:
    """Numbers first: "050 123 4567" is one term though it is written as three words."""
    position = 0
    for run in _DIGIT_RUN.finditer(folded):
        dialled = _dialled(run.group())
        if len(dialled) < _FEWEST_PHONE_DIGITS:
            continue
        yield from _word_terms(folded[position : run.start()])
        yield dialled
        position = run.end()
    yield from _word_terms(folded[position:])


def _dialled(run: str) -> str:
    """Digits as phone_tokens() stores them: no plus, no 00, no trunk 0 after a country code."""
    bare = _NO_DIGIT.sub("", run.replace("(0)", ""))
    if not run.startswith("+") and not bare.startswith("00"):
        return bare
    bare = bare.removeprefix("00")
    for size in (1, 2, 3):
        if int(bare[:size] or 0) in _TRUNK_CODES and bare[size : size + 1] == "0":
            return bare[:size] + bare[size + 1 :]
    return bare


def _word_terms(folded: str) -> Iterator[str]:
    for chunk in folded.split():
        if "@" in chunk[1:]:
            yield chunk
        else:
            yield from map(_without_article, words(chunk))
