"""Believable people and companies for a demonstration: the same ones for the same seed, on every machine."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random

from app.contacts.demo_names import (
    ARABIC_MEN,
    ARABIC_WOMEN,
    ENGLISH_FAMILIES,
    ENGLISH_MEN,
    ENGLISH_WOMEN,
    FAMILIES,
    PLACES,
    Name,
    Place,
)
from app.contacts.demo_phones import MobileNumbers
from app.contacts.demo_words import (
    ARABIC_NOTES,
    ARABIC_ROOTS,
    ENGLISH_NOTES,
    ENGLISH_ROOTS,
    INDUSTRIES,
    JOBS,
    TAGS,
    Industry,
)

_ARAB_COUNTRIES = ("SA", "SA", "SA", "AE", "AE", "EG", "EG", "JO", "MA")
_ENGLISH_COUNTRIES = ("GB", "GB", "US", "US", "AE", "SA")
_COUNTRY_OF_LAST_RESORT = "SA"
_DOMAINS = ("example.com", "example.org", "example.net")
_LEGAL_FORMS = {"GB": " Ltd", "US": " Inc."}
_SIZES = ("1-10", "11-50", "51-200", "201-1000", "1000+")
_FIRST_BIRTHDAY = date(1955, 1, 1)
_DAYS_OF_BIRTH = 50 * 365


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A company; `domain` lies under example.com and so belongs to nobody."""

    name: str
    industry: str
    domain: str
    website: str
    size: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person; phone is E.164, country and locale are ISO codes."""

    first_name: str
    last_name: str
    company: DemoCompany | None
    position: str
    phone: str
    email: str
    street_address: str
    city: str
    country: str
    locale: str
    tags: tuple[str, ...]
    note: str | None
    birthday: date | None


@dataclass(frozen=True, slots=True)
class _Identity:
    first: str
    last: str
    latin: str
    is_woman: bool
    is_arabic: bool
    country: str


def companies(seed: str, count: int) -> Iterator[DemoCompany]:
    """That many companies, about half of them named in Arabic; no name and no domain twice.

    Raises ValueError beyond 10,000: there are no more names.
    """
    if count > 10_000:
        raise ValueError("There are names for 10,000 demo companies.")
    random = _random(seed, "companies")
    taken: set[str] = set()
    fresh = (company for company in _endless_companies(random) if not _is_taken(taken, company))
    yield from islice(fresh, count)


def people(seed: str, count: int, arabic_share: float, employers: Sequence[DemoCompany] = ()) -> Iterator[DemoPerson]:
    """That many people, `arabic_share` (0 to 1) of them written in Arabic letters; no phone and no e-mail twice.

    Three in four work for one of the `employers`, when there are any.
    """
    random = _random(seed, "people")
    numbers = MobileNumbers(random.randrange(10**9))
    emails: dict[str, int] = {}
    for _turn in range(count):
        is_arabic = random.random() < arabic_share
        company = random.choice(employers) if employers and random.random() < 0.75 else None
        country, phone = _country_and_phone(random, numbers, company, is_arabic=is_arabic)
        identity = _identity(random, country, is_arabic=is_arabic)
        yield _person(random, identity, company, phone, _fresh_email(random, identity, company, emails))


def _random(seed: str, what: str) -> Random:
    return Random(f"{seed}/{what}")  # noqa: S311 - repeatable demo data, no secret


def _endless_companies(random: Random) -> Iterator[DemoCompany]:
    while True:
        industry = random.choice(INDUSTRIES)
        is_arabic = random.random() < 0.5
        country = random.choice(_ARAB_COUNTRIES if is_arabic else _ENGLISH_COUNTRIES)
        place = random.choice(PLACES[country])
        firm = _arabic_firm(random, industry, place) if is_arabic else _english_firm(random, industry, country)
        domain = f"{_slug(firm.latin)}.example.com"
        yield DemoCompany(
            name=firm.arabic,
            industry=industry.name,
            domain=domain,
            website=f"https://www.{domain}",
            size=random.choice(_SIZES),
            city=place.arabic if is_arabic else place.latin,
            country=country,
        )


def _arabic_firm(random: Random, industry: Industry, place: Place) -> Name:
    root, kind = random.choice(ARABIC_ROOTS), random.choice(industry.arabic)
    name, latin = f"شركة {root.arabic} {kind.arabic}", f"{root.latin} {kind.latin}"
    if random.random() < 0.5:
        return Name(name, latin)
    return Name(f"{name} - {place.arabic}", f"{latin} {place.latin}")


def _english_firm(random: Random, industry: Industry, country: str) -> Name:
    partner = f" & {random.choice(ENGLISH_FAMILIES)}" if random.random() < 0.4 else ""
    name = f"{random.choice(ENGLISH_ROOTS)}{partner} {random.choice(industry.english)}"
    return Name(name + _LEGAL_FORMS.get(country, " LLC"), name)


def _is_taken(taken: set[str], company: DemoCompany) -> bool:
    known = company.name in taken or company.domain in taken
    if not known:
        taken.update((company.name, company.domain))
    return known


def _country_and_phone(
    random: Random, numbers: MobileNumbers, company: DemoCompany | None, *, is_arabic: bool
) -> tuple[str, str]:
    """Where somebody lives, near the company if that can be, and a number of that country."""
    country = random.choice(_ARAB_COUNTRIES if is_arabic else _ENGLISH_COUNTRIES)
    if company and (company.country in FAMILIES or not is_arabic):
        country = company.country
    for where in (country, _COUNTRY_OF_LAST_RESORT):
        phone = numbers.take(where)
        if phone is not None:
            return where, phone
    raise ValueError("There are no more telephone numbers for demo people.")


def _identity(random: Random, country: str, *, is_arabic: bool) -> _Identity:
    is_woman = random.random() < 0.5
    # In the Gulf many write their Arabic name in Latin letters.
    if is_arabic or (country in FAMILIES and random.random() < 0.5):
        first: Name = random.choice(ARABIC_WOMEN if is_woman else ARABIC_MEN)
        last: Name = random.choice(FAMILIES[country])
        latin = f"{first.latin}.{last.latin}"
        if is_arabic:
            return _Identity(first.arabic, last.arabic, latin, is_woman, True, country)
        return _Identity(first.latin, last.latin, latin, is_woman, False, country)
    english = random.choice(ENGLISH_WOMEN if is_woman else ENGLISH_MEN), random.choice(ENGLISH_FAMILIES)
    return _Identity(*english, ".".join(english), is_woman, False, country)


def _fresh_email(random: Random, identity: _Identity, company: DemoCompany | None, taken: dict[str, int]) -> str:
    domain = company.domain if company else random.choice(_DOMAINS)
    local = ".".join(_slug(part).replace("-", "") for part in identity.latin.split("."))
    address = f"{local}@{domain}"
    taken[address] = uses = taken.get(address, 0) + 1
    return address if uses == 1 else f"{local}{uses}@{domain}"


def _person(random: Random, identity: _Identity, company: DemoCompany | None, phone: str, email: str) -> DemoPerson:
    place = random.choice(PLACES[identity.country])
    street, house = random.choice(place.streets), random.randint(1, 240)
    job = random.choice(JOBS)
    arabic_job = job.for_her if identity.is_woman else job.for_him
    notes = ARABIC_NOTES if identity.is_arabic else ENGLISH_NOTES
    birthday = _FIRST_BIRTHDAY + timedelta(days=random.randrange(_DAYS_OF_BIRTH))
    return DemoPerson(
        first_name=identity.first,
        last_name=identity.last,
        company=company,
        position=arabic_job if identity.is_arabic else job.english,
        phone=phone,
        email=email,
        street_address=f"{street.arabic} {house}" if identity.is_arabic else f"{house} {street.latin}",
        city=place.arabic if identity.is_arabic else place.latin,
        country=identity.country,
        locale="ar" if identity.is_arabic else "en",
        tags=tuple(random.sample(TAGS, random.choice((0, 0, 1, 1, 2, 3)))),
        note=random.choice(notes) if random.random() < 0.3 else None,
        birthday=birthday if random.random() < 0.6 else None,
    )


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
