"""A person in the making: takes a file's raw values, keeps what is good and notes what is not."""

import re
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from flask_babel import gettext as _
from flask_babel import pgettext as _p

from app.contacts.dialects.labels import channel_label
from app.contacts.dialects.people import (
    LONGEST_LABEL,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_POSITION,
    LONGEST_POSTAL_CODE,
    LONGEST_TEXT,
    MOST_CHANNELS,
    MOST_TAGS,
    Address,
    Channel,
    ChannelKind,
    Person,
    Row,
)
from app.contacts.dialects.texts import clean, one_line, shown, web_address
from app.data.codes import COUNTRIES, LANGUAGES
from app.data.phones import split_extension
from app.transfer.days import parse_day
from app.transfer.spellings import code_named

_EMAIL = re.compile(r"[^\s@<>()\[\]:;,\\\"]{1,64}@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
_ANGLED = re.compile(r"<([^<>]*)>")
_BETWEEN_NUMBERS = re.compile(r"\s*(?:[,;/|\n]|\bor\b|\bأو\b)\s*")
_LONGEST_EMAIL = 254
_NO_PRIMARY = ("fax", "pager")


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name as the file cuts it; every part may be empty."""

    first: str = ""
    middle: str = ""
    last: str = ""
    prefix: str = ""
    suffix: str = ""
    full: str = ""


class _Found(NamedTuple):
    label: str
    is_preferred: bool


class Draft:
    """Collects the values of one row. Nothing here raises, and nothing is lost: what cannot be kept as a
    channel, day or address is kept as text with a warning that names the line."""

    def __init__(self, line: int, region: str) -> None:
        self._line = line
        self._region = region
        self._name = NameParts()
        self._company = self._position = ""
        self._channels: dict[tuple[ChannelKind, str], _Found] = {}
        self._addresses: dict[Address, None] = {}
        self._tags: dict[str, None] = {}
        self._notes: dict[str, None] = {}
        self._extras: dict[str, None] = {}
        self._unreadable: dict[str, None] = {}
        self._warnings: list[str] = []
        self._birthday: date | None = None
        self._locale: str | None = None

    # --- what the dialects call

    def name(self, parts: NameParts) -> None:
        """The name; given once."""
        cut = (one_line(getattr(parts, part)) for part in ("first", "middle", "last", "prefix", "suffix", "full"))
        self._name = NameParts(*cut)

    def company(self, name: str, position: str = "") -> None:
        """The first company and position are theirs; further ones are kept in a note."""
        name, position = one_line(name), one_line(position)
        if self._company and name:
            self.aside(_("Company"), name)
        if self._position and position:
            self.aside(_p("job", "Position"), position)
        self._company = self._company or name
        self._position = self._position or position

    def phone(self, raw: str, label: str = "", *, is_preferred: bool = False) -> None:
        """A telephone number, or several in one cell."""
        label = channel_label(label)
        kind: ChannelKind = "whatsapp" if "whatsapp" in label.casefold() else "phone"
        numbers = self._numbers(one_line(raw, keep_lines=True))
        if isinstance(numbers, str):
            self._refuse(_("Phone"), label, raw, numbers)
            return
        for number, dial_on in numbers:
            self._channel(kind, number, label, is_preferred=is_preferred)
            if dial_on:
                self.aside(_("Extension of %(number)s", number=number), dial_on)

    def email(self, raw: str, label: str = "", *, is_preferred: bool = False) -> None:
        """An e-mail address, bare, in angle brackets or as a mailto: link."""
        text = one_line(raw)
        angled = _ANGLED.search(text)
        address = re.sub(r"^mailto:", "", angled.group(1) if angled else text, flags=re.IGNORECASE).strip()
        if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
            reason = _("“%(value)s” is not an e-mail address.", value=shown(text))
            self._refuse(_("E-mail"), channel_label(label), raw, reason)
            return
        self._channel("email", address.lower(), channel_label(label), is_preferred=is_preferred)

    def url(self, raw: str, label: str = "", *, is_preferred: bool = False) -> None:
        """A web address; profiles of LinkedIn and WhatsApp links become channels of their own kind."""
        address = web_address(one_line(raw))
        if address is None:
            reason = _("“%(value)s” is not a web address we can keep.", value=shown(raw))
            self._refuse(_("Web address"), channel_label(label), raw, reason)
            return
        host = (urlsplit(address).hostname or "").removeprefix("www.")
        if host == "wa.me":
            self.phone(f"+{unquote(urlsplit(address).path).strip('/+ ')}", "WhatsApp", is_preferred=is_preferred)
            return
        is_linkedin = host == "linkedin.com" or host.endswith(".linkedin.com")
        kind: ChannelKind = "linkedin" if is_linkedin else "url"
        self._channel(kind, address, channel_label(label), is_preferred=is_preferred)

    def address(self, label: str, *, street: str, city: str, state: str, postal_code: str, country: str) -> None:
        """A postal address; one without any part is ignored."""
        code = code_named(COUNTRIES, one_line(country))
        street = ", ".join(
            filter(None, (*one_line(street, keep_lines=True).split("\n"), "" if code else one_line(country)))
        )
        home = Address(
            label=channel_label(label),
            street_address=self._cut(street, LONGEST_TEXT),
            city=self._cut(one_line(city), LONGEST_NAME),
            state=self._cut(one_line(state), LONGEST_NAME),
            postal_code=self._cut(one_line(postal_code), LONGEST_POSTAL_CODE),
            country=code,
        )
        if any((home.street_address, home.city, home.state, home.postal_code, home.country)):
            self._addresses.setdefault(home)

    def tag(self, name: str) -> None:
        """A label or category."""
        text = one_line(name)
        if text and len(self._tags) < MOST_TAGS:
            self._tags.setdefault(self._cut(text, LONGEST_LABEL))
        elif text:
            self.aside(_("Tag"), text)

    def note(self, text: str) -> None:
        """Free text; a very long one is cut into several."""
        cleaned = clean(text)
        for start in range(0, len(cleaned), LONGEST_NOTE):
            self._notes.setdefault(cleaned[start : start + LONGEST_NOTE])

    def aside(self, label: str, value: str) -> None:
        """A value that has no place of its own; all of them become one note."""
        if text := clean(value):
            self._extras.setdefault(f"{one_line(label)}: {text}" if label else text)

    def birthday(self, raw: str) -> None:
        """A day in any common notation; without a year it is kept as text."""
        text = one_line(raw)
        day = parse_day(text, self._region)
        if day is not None:
            self._birthday = day
        elif text.strip("0/-. "):
            self.aside(_("Birthday"), text)

    def locale(self, raw: str) -> None:
        """A language by its code ("ar", "pt-BR") or its name; one that we do not know is kept as text."""
        text = one_line(raw)
        if code := code_named(LANGUAGES, text):
            self._locale = self._locale or code
        else:
            self.aside(_("Language"), text)

    def surplus(self, cells: tuple[str, ...]) -> None:
        """Cells beyond the last heading: most often a comma that should have been quoted."""
        if not cells:
            return
        self._unreadable.update(dict.fromkeys(clean(cell)[:LONGEST_NOTE] for cell in cells))
        self._warn(
            _(
                "there are more values than headings; “%(value)s” was kept as text. Please check this person.",
                value=shown(", ".join(cells)),
            )
        )

    def unreadable(self, line: str) -> None:
        """A line of the file that makes no sense; kept as text."""
        text = clean(line)
        self._unreadable.setdefault(text[:LONGEST_NOTE])
        self._warn(_("“%(value)s” could not be understood and was kept as text.", value=shown(text)))

    def warn(self, reason: str) -> None:
        """A sentence about this row for the user, without the line."""
        self._warn(reason)

    def row(self) -> Row:
        """The person, or the reason why there is none."""
        first, last, full = self._names()
        if not (first or last or full or self._company or self._channels):
            return self.refused(self._reason_for_nobody())
        person = Person(
            first_name=self._cut(first, LONGEST_NAME),
            last_name=self._cut(last, LONGEST_NAME),
            full_name=self._cut(full, LONGEST_TEXT) or None,
            company=self._cut(self._company, LONGEST_TEXT),
            position=self._cut(self._position, LONGEST_POSITION),
            channels=self._finished_channels(),
            addresses=tuple(self._addresses),
            tags=tuple(self._tags),
            notes=self._finished_notes(),
            birthday=self._birthday,
            locale=self._locale,
            unreadable=tuple(self._unreadable),
        )
        return Row(self._line, person, warnings=tuple(self._warnings))

    def refused(self, reason: str) -> Row:
        """The row as one that gives no person."""
        return Row(self._line, None, error=at_line(self._line, reason))

    # --- inside

    def _numbers(self, text: str) -> list[tuple[str, str]] | str:
        """The numbers of a cell with their extensions, or the sentence why there are none."""
        try:
            return [split_extension(text, self._region)]
        except ValueError as error:
            reason = str(error)
        parts = [part for part in _BETWEEN_NUMBERS.split(text[:500]) if part]
        try:
            return [split_extension(part, self._region) for part in parts] if len(parts) > 1 else reason
        except ValueError:
            return reason

    def _channel(self, kind: ChannelKind, value: str, label: str, *, is_preferred: bool) -> None:
        if (kind, value) not in self._channels and len(self._channels) >= MOST_CHANNELS:
            self.aside(label or kind, value)
            return
        known = self._channels.get((kind, value))
        label = label if known is None else known.label or label
        self._channels[kind, value] = _Found(label, is_preferred or (known is not None and known.is_preferred))

    def _finished_channels(self) -> tuple[Channel, ...]:
        primary: dict[ChannelKind, tuple[int, str]] = {}
        for (kind, value), found in self._channels.items():
            rank = 0 if found.is_preferred else 2 if found.label.endswith(_NO_PRIMARY) else 1
            if kind not in primary or rank < primary[kind][0]:
                primary[kind] = (rank, value)
        return tuple(
            Channel(kind, value, found.label, primary[kind][1] == value)
            for (kind, value), found in self._channels.items()
        )

    def _names(self) -> tuple[str, str, str]:
        name = self._name
        first, last, full = f"{name.first} {name.middle}".strip(), name.last, name.full
        if not (first or last):
            if full == self._company:
                return "", "", ""
            first, _space, last = full.partition(" ")
        if not (full or name.prefix or name.suffix):
            return first, last, ""
        whole = full or " ".join(filter(None, (name.prefix, first, last, name.suffix)))
        # "Doe, Jane" and "Doe Jane" say no more than first and last name do.
        same = sorted(re.findall(r"\w+", whole)) == sorted(re.findall(r"\w+", f"{first} {last}"))
        return first, last, "" if same else whole

    def _finished_notes(self) -> tuple[str, ...]:
        if self._extras:
            self.note("\n".join([_("More from the imported file:"), *self._extras]))
        return tuple(self._notes)

    def _reason_for_nobody(self) -> str:
        if self._unreadable:
            refused = "; ".join(self._unreadable)
            return str(_("there is no name, and nothing else here can be read: “%(value)s”.", value=shown(refused)))
        return str(_("there is neither a name nor a company, a phone number or an e-mail address."))

    def _cut(self, text: str, longest: int) -> str:
        if len(text) > longest:
            self.note(text)
            self._warn(_("“%(value)s” is too long and was cut; the whole text is in a note.", value=shown(text)))
        return text[:longest].strip()

    def _refuse(self, kind: str, label: str, raw: str, reason: str) -> None:
        text = clean(raw)
        if not text:
            return
        self._unreadable.setdefault(f"{kind} ({label}): {text}"[:LONGEST_NOTE] if label else f"{kind}: {text}")
        self._warn(reason)

    def _warn(self, reason: str) -> None:
        self._warnings.append(at_line(self._line, reason))


def at_line(line: int, reason: str) -> str:
    """A reason as the user reads it: "Line 14: ..."."""
    return str(_("Line %(line)d: %(reason)s", line=line, reason=reason))
