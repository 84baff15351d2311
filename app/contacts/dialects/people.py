"""What every dialect is read into."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

ChannelKind = Literal["email", "phone", "url", "whatsapp", "linkedin"]

LONGEST_NAME = 100
"""Of a first or last name, a city and a state, in characters; longer ones are cut and kept whole in a note."""
LONGEST_POSITION = 150
LONGEST_TEXT = 255
"""Of a full name, a company, a street and a web address."""
LONGEST_POSTAL_CODE = 20
LONGEST_LABEL = 60
"""Of labels and tags."""
LONGEST_NOTE = 20_000
MOST_CHANNELS = 50
MOST_TAGS = 50


class UnknownDialect(ValueError):
    """The file is none we can read; the message tells the user what to do instead."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach a person. Phones are E.164, e-mails lower case; each kind present has one primary."""

    kind: ChannelKind
    value: str
    label: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Address:
    """All on one line each. `country` is the two-letter code; a country we do not know is part of the street."""

    label: str
    street_address: str
    city: str
    state: str
    postal_code: str
    country: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person, or a company when neither first nor last name is given.

    `full_name` is set only where it says more than first and last name ("Dr. Nora Al-Rashid, PhD").
    `unreadable` holds what was refused, in the file's own words, so that nothing is lost: "Phone (work): 12-34".
    """

    first_name: str
    last_name: str
    full_name: str | None
    company: str
    position: str
    channels: tuple[Channel, ...]
    addresses: tuple[Address, ...]
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    birthday: date | None
    locale: str | None
    unreadable: tuple[str, ...]

    @property
    def display_name(self) -> str:
        """The best there is to call them: a name, else the company, else a way to reach them."""
        name = self.full_name or f"{self.first_name} {self.last_name}".strip() or self.company
        return name or (self.channels[0].value if self.channels else "")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row or card: a person, or the reason why not.

    `line` is the line it begins at, the first being 1. `error` and `warnings` are sentences that name the line.
    """

    line: int
    person: Person | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
