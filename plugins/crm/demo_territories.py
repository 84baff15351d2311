"""A small tree of territories for a demo tenant, with rules and people, and its leads where the rules say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from app.sdk import ContactAddress, Member, Money, Tenant, _, session, utcnow
from plugins.crm.models import (
    Lead,
    SalesTarget,
    Territory,
    TerritoryCondition,
    TerritoryMember,
    TerritoryRule,
)
from plugins.crm.services.conditions import with_details
from plugins.crm.services.territories.finding import place
from plugins.crm.services.territories.known import known

TARGET = 250_000_00
FEW = 3
"""Cities of a region that are territories of their own."""


def fill(tenant: Tenant) -> None:
    """Write the tree and find the leads' territories; the caller commits."""
    members = list(session.scalars(select(Member).where(Member.is_active).order_by(Member.email)))
    owner = next((one for one in members if one.is_owner), members[0])  # others are not to see all there is
    world = _territory(_("World"), None, 1, "grey", manager=owner)
    _rule(world, _("Wherever else"), ("address.country", "filled", None, None))
    cities = _cities()
    regions = (
        (_("Gulf"), "green", ("SA", "AE", "KW", "QA")),
        (_("Levant and North Africa"), "amber", ("EG", "JO", "MA", "LB")),
        (_("Europe"), "blue", ("GB", "DE", "FR", "ES")),
        (_("North America"), "purple", ("US", "CA")),
    )
    known_ones = [one for one in regions if any(country in cities for country in one[2])]
    made = []
    for position, (name, colour, countries) in enumerate(known_ones, 1):
        region = _territory(name, world, position, colour, members=members[position - 1 : position + 1])
        _rule(region, _("Its countries"), *(("address.country", "is", None, one) for one in countries))
        made.append(region)
        inside = Counter[str]()
        for country in countries:
            inside.update(cities.get(country, {}))
        for rank, (city, _people) in enumerate(inside.most_common(FEW), 1):
            _rule(_territory(city, region, rank, colour, members=members[rank : rank + 1]), city,
                  ("address.city", "is", city, None))  # fmt: skip
    session.flush()
    _place_all(session.scalars(select(Lead)).all())
    _targets(made, tenant)
    session.flush()


def _territory(
    name: str, above: Territory | None, position: int, colour: str, *, manager: Member | None = None,
    members: Sequence[Member] = (),
) -> Territory:  # fmt: skip
    row: Any = Territory(name=name, position=position, colour=colour)
    row.part_of_id = above.id if above is not None else None
    row.manager_id = manager.id if manager is not None else None
    session.add(row)
    session.flush()
    session.add_all([TerritoryMember(territory_id=row.id, member_id=one.id) for one in members])
    return row  # type: ignore[no-any-return]


def _rule(territory: Territory, name: str, *conditions: tuple[str, str, str | None, str | None]) -> None:
    rule = TerritoryRule(name=name, territory_id=territory.id)
    session.add(rule)
    session.flush()
    session.add_all(
        TerritoryCondition(rule_id=rule.id, field=field, operator=operator, value=value, country=country)
        for field, operator, value, country in conditions
    )


def _cities() -> dict[str, Counter[str]]:
    """How many contacts of the demo live in which city, by country."""
    counted: dict[str, Counter[str]] = {}
    for country, city in session.execute(select(ContactAddress.country, ContactAddress.city)):
        if country and city:
            counted.setdefault(country, Counter())[city] += 1
    return counted


def _place_all(leads: Iterable[Any]) -> None:
    territories = known()
    for lead in with_details(list(leads), territories.details):
        place(lead, territories)


def _targets(places: Iterable[Territory], tenant: Tenant) -> None:
    starts_on = utcnow().date().replace(day=1)
    for one in places:
        amount = Money(TARGET, tenant.currency or "USD")
        session.add(SalesTarget(starts_on=starts_on, territory_id=one.id, amount=amount))
