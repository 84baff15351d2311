"""The form in which two values that mean the same are equal: keys by which records that may be the same are found.

They are tokens like any other (`~full_name:hmd mhmd`), so they are written, rebuilt and looked up with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from app.host import Clue
from app.search.folding import fold, words

_LONGEST = 150
_PARTICLES = frozenset("al el bin ibn bint de van von der la le mr mrs ms dr prof بن ابن بنت".split())
_FORMS = frozenset(
    "ltd limited llc inc gmbh ag sa srl bv co corp corporation company plc kg llp est شركه مؤسسه مجموعه".split()
)
"""What companies are: it tells none from another."""
_WEAK = re.compile(r"(?<=.)[aeiouyاوي]+")
_DOUBLED = re.compile(r"(.)\1+")
_LAST_H = re.compile(r"(?<=.)[hه]$")


def key_token(path: str, key: str) -> str:
    """The token of a key of one clue."""
    return f"~{path}:{key}"[:_LONGEST]


def key_range(path: str) -> tuple[str, str]:
    """Half-open range of all tokens of a clue."""
    return f"~{path}:", f"~{path};"


def key_of(clue: Clue, value: Any) -> str:
    """The key of a value; empty when it tells nothing."""
    if value in (None, ""):
        return ""
    return _key(clue.how, str(value))


@lru_cache(maxsize=10_000)
def _key(how: str, text: str) -> str:
    """An import asks for it twice: whom a record is like, and by what it is found."""
    if how == "name":
        return " ".join(sorted(filter(None, map(skeleton, name_words(text)))))
    return " ".join(fold(text).split())


@lru_cache(maxsize=5_000)
def name_words(name: str) -> tuple[str, ...]:
    """What tells a name from another: its words without titles, particles and forms of companies."""
    found = tuple(_without_article(word) for word in words(name))
    return tuple(word for word in found if word not in _PARTICLES and word not in _FORMS) or found


@lru_cache(maxsize=5_000)
def skeleton(word: str) -> str:
    """A word without what is spelt in many ways: Mohammed, Muhammad and Mohamed are one."""
    bare = _DOUBLED.sub(r"\1", _WEAK.sub("", word))
    return _LAST_H.sub("", bare)


def _without_article(word: str) -> str:
    rest = word.removeprefix("ال")
    return rest if len(rest) > 2 else word


def tokens_of_values(clue: Clue, values: Iterator[Any]) -> set[str]:
    """The tokens of a record's values for one clue. One word is too little to look for somebody by a name."""
    keys = {key_of(clue, value) for value in values}
    return {key_token(clue.path, key) for key in keys if key and (clue.how != "name" or _is_telling(key))}


def _is_telling(key: str) -> bool:
    return " " in key or len(key) > 3
