"""Zones: the areas a tenant serves, delivers to or prices by, and which of them an address lies in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from app.data import Record, country, db, long_text
from app.data import text as text_field
from app.identity.principal import principal
from app.tenancy.configuration import by_configuration


class Zone(Record):
    """An area. Addresses whose country and postal code fit are in it, unless somebody says another one."""

    __label__ = "name"
    __config__ = True

    name: Mapped[str] = text_field(max_length=100, unique=True, label=_l("Name"), sortable=True)
    country: Mapped[str | None] = country(label=_l("Country"), help=_l("Any when left empty."))
    postal_codes: Mapped[str | None] = long_text(
        max_length=5_000,
        label=_l("Postal codes"),
        help=_l("One a line, or how they begin; all of the country when left empty."),
    )


class Rule(NamedTuple):
    """One way to be in a zone: a country, a beginning of postal codes; empty for any."""

    zone: UUID
    country: str
    begins: str


def zone_of(country: str | None, postal_code: str | None) -> UUID | None:
    """The zone of an address: where the longest beginning of its postal code is told of, then its country."""
    code, land = _plain(postal_code), country or ""
    fitting = [one for one in _rules() if one.country in ("", land) and code.startswith(one.begins)]
    return max(fitting, key=lambda one: (len(one.begins), bool(one.country))).zone if fitting else None


def _rules() -> list[Rule]:
    found: list[Rule] = by_configuration(db.session(), principal(), "zones", _load)
    return found


def _load(session: Session) -> list[Rule]:
    zones: Any = session.execute(select(Zone.id, Zone.country, Zone.postal_codes).order_by(Zone.name, Zone.id))
    return [rule for zone, land, codes in zones for rule in _of_zone(zone, land or "", (codes or "").split("\n"))]


def _of_zone(zone: UUID, land: str, codes: Iterable[str]) -> list[Rule]:
    """A zone that names nothing holds no address by itself: people put them there."""
    begins = [code for one in codes if (code := _plain(one))]
    return [Rule(zone, land, one) for one in begins or ([""] if land else [])]


def _plain(code: str | None) -> str:
    """`SW1A 1AA` and `sw1a1aa` are one code."""
    return "".join((code or "").split()).casefold()
