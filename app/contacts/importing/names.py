"""Whether two names may be of one person, and by which addresses people are recognised."""

from __future__ import annotations

from typing import NamedTuple

from app.contacts.dialects import Person
from app.search.tokens import words

MODEL_KINDS = {"email": "email", "phone": "phone", "whatsapp": "whatsapp", "linkedin": "linkedin", "url": "website"}
"""From the kinds of the files to those of `ContactChannel`."""
RECOGNISED = {"email": "email", "phone": "phone", "whatsapp": "phone", "linkedin": "linkedin"}
"""Kinds that belong to one person. A number is the same whether one calls or writes; colleagues share a website."""

_LOOKS_LIKE_ADDRESS = ("@", "://")


class Key(NamedTuple):
    """An address by which people are recognised."""

    group: str
    value: str


def normalised(kind: str, value: str) -> str:
    """As `services.normalise`, for values that a dialect has already checked."""
    return value if kind in ("phone", "whatsapp") else value.strip().casefold()


def keys_of(person: Person) -> list[Key]:
    """The addresses of a row's person that tell who it is, each once."""
    found = (
        Key(RECOGNISED[kind], normalised(kind, channel.value))
        for channel in person.channels
        if (kind := MODEL_KINDS[channel.kind]) in RECOGNISED
    )
    return list(dict.fromkeys(found))


def name_words(name: str) -> frozenset[str]:
    """The words of a person's name; none when an address stands in for it."""
    if name.startswith("+") or any(sign in name for sign in _LOOKS_LIKE_ADDRESS):
        return frozenset()
    return frozenset(words(name))


def may_be_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Names agree when one says no more than the other: families and colleagues share numbers, and stay apart."""
    return one <= other or other <= one
