"""Believable contacts as lines of PostgreSQL's COPY format, with the tokens that `app.search` would write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from app.contacts.demo_people import DemoCompany, DemoPerson, companies, people
from app.host import Clue
from app.search.index import tag_token
from app.search.likeness import tokens_of_values
from app.search.tokens import email_tokens, phone_tokens, text_tokens
from tests.bench.plan import SEED

CONTACT = "contacts.contact"
COMPANY = "contacts.company"
SOURCES = ("Website", "Referral", "Trade fair", "Cold call", "Import", "Newsletter", "Partner", "Walk-in")
COLUMNS = {
    "company": "tenant_id, id, name, domain, industry, size, website, city, country, created_at",
    "contact": "tenant_id, id, first_name, last_name, full_name, company_id, position, birthday, source,"
    " assigned_to_id, tags, locale, created_at, updated_at",
    "contact_channel": "tenant_id, id, contact_id, kind, value, value_normalised, is_primary, opt_state, created_at",
    "search_token": "tenant_id, kind, token, record_id, fields",
    "tag": "tenant_id, id, name, colour",
}
"""The columns of each table in the order of the lines."""
_FIRST_MS = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp() * 1000)
_SPAN_MS = 3 * 365 * 86_400_000
_NULL = "\\N"
_SAME_DOMAIN, _SAME_COMPANY = Clue("domain", 60), Clue("name", 60, how="name")
_SAME_CHANNEL, _SAME_PERSON = Clue("channels.value_normalised", 60), Clue("full_name", 40, how="name")
"""The clues of `app.contacts` whose keys stand among the tokens."""


@dataclass(frozen=True, slots=True)
class Share:
    """One tenant's part of the load."""

    number: int
    tenant_id: UUID
    contacts: int
    members: tuple[UUID, ...]
    """Memberships that contacts are assigned to."""


@dataclass(slots=True)
class Lines:
    """Lines by table, ready for COPY."""

    contacts: int = 0
    of: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in COLUMNS})


def lines_of(share: Share, chunk: int) -> Iterator[Lines]:
    """All rows of a tenant in chunks of so many contacts, the same at every call."""
    maker = _Maker(share)
    employers = list(companies(f"{SEED}/{share.number}", max(5, min(5_000, share.contacts // 20))))
    lines = Lines()
    maker.add_companies(lines, employers)
    for at, person in enumerate(people(f"{SEED}/{share.number}", share.contacts, 0.35, employers)):
        maker.add_contact(lines, person, at)
        if lines.contacts == chunk:
            yield lines
            lines = Lines()
    maker.add_tags(lines)
    yield lines


class _Maker:
    def __init__(self, share: Share) -> None:
        self.share = share
        self.tenant = str(share.tenant_id)
        self.random = Random(f"{SEED}/{share.number}/rows")
        self.company_ids: dict[str, UUID] = {}
        self.tags: set[str] = set()

    def add_companies(self, lines: Lines, made: Iterable[DemoCompany]) -> None:
        for one in made:
            key = self.company_ids[one.domain] = self._key(_FIRST_MS)
            lines.of["company"].append(
                _line(self.tenant, key, one.name, one.domain, one.industry, one.size, one.website, one.city,
                      one.country, _moment(_FIRST_MS))
            )  # fmt: skip
            domain = text_tokens(one.domain) | tokens_of_values(_SAME_DOMAIN, iter([one.domain]))
            name = text_tokens(one.name) | tokens_of_values(_SAME_COMPANY, iter([one.name]))
            self._add_tokens(lines, COMPANY, key, {"domain": domain, "name": name})

    def add_contact(self, lines: Lines, person: DemoPerson, at: int) -> None:
        ms = _FIRST_MS + at * _SPAN_MS // max(1, self.share.contacts)
        key, name, when = self._key(ms), f"{person.first_name} {person.last_name}", _moment(ms)
        company = self.company_ids[person.company.domain] if person.company else None
        member = self.random.choice(self.share.members) if self.share.members and self.random.random() < 0.5 else None
        source = self.random.choice(SOURCES) if self.random.random() < 0.8 else None
        lines.of["contact"].append(
            _line(self.tenant, key, person.first_name, person.last_name, name, company, person.position,
                  person.birthday, source, member, _array(person.tags), person.locale, when, when)
        )  # fmt: skip
        for kind, value in (("phone", person.phone), ("email", person.email)):
            lines.of["contact_channel"].append(
                _line(self.tenant, self._key(ms), key, kind, value, value, "t", "unknown", when)
            )
        channels = phone_tokens(person.phone) | email_tokens(person.email)
        channels |= tokens_of_values(_SAME_CHANNEL, iter([person.phone, person.email]))
        full_name = text_tokens(name) | tokens_of_values(_SAME_PERSON, iter([name]))
        tags = {tag_token(tag) for tag in person.tags}
        self._add_tokens(lines, CONTACT, key, {"channels": channels, "full_name": full_name, "tags": tags})
        self.tags.update(person.tags)
        lines.contacts += 1

    def add_tags(self, lines: Lines) -> None:
        lines.of["tag"] += [_line(self.tenant, self._key(_FIRST_MS), tag, "grey") for tag in sorted(self.tags)]

    def _key(self, ms: int) -> UUID:
        """A UUIDv7 of that millisecond."""
        chance = self.random.getrandbits(74)
        return UUID(int=ms << 80 | 7 << 76 | chance >> 62 << 64 | 2 << 62 | chance & (1 << 62) - 1)

    def _add_tokens(self, lines: Lines, kind: str, key: UUID, tokens: dict[str, set[str]]) -> None:
        """`tokens` by the field they come from, the fields in the order of their names."""
        sources: dict[str, list[str]] = {}
        for name, found in tokens.items():
            for token in found:
                sources.setdefault(token, []).append(name)
        lines.of["search_token"] += [
            f"{self.tenant}\t{kind}\t{_escaped(token)}\t{key}\t{' '.join(names)}\n" for token, names in sources.items()
        ]


def _line(*values: object) -> str:
    return "\t".join([_NULL if value is None else _escaped(str(value)) for value in values]) + "\n"


def _escaped(text: str) -> str:
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text


def _array(values: Iterable[str]) -> str:
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()
