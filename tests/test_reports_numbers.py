"""Random data, filters and groupings: a report's numbers are those counted in Python from the list, to the last digit;
and behind every figure lie exactly as many records as it says."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import Contact
from app.data import Money
from app.data.money import digits_of
from tests.plugins_for_tests.garage.models import Vehicle

TIMES = ("registered_on", "seen_at", "created_at")
PLAIN = ("fuel", "state", "insured", "owner", "labels", "plate", "battery", "price")
NUMBERS = ("price", "odometer", "balance", "consumption", "weight")
GRAINS = ("day", "week", "month", "quarter", "year")
PLACES = [
    ("Asia/Riyadh", "SA", "SAR", 6),
    ("America/New_York", "US", "USD", 6),
    ("Africa/Cairo", "EG", "EGP", 5),
    ("Europe/Berlin", "DE", "EUR", 0),
]
VEHICLES = 70


@pytest.fixture(scope="module", params=PLACES, ids=[place[0] for place in PLACES])
def place(request, house):
    zone, country, currency, first = request.param
    tenant = house.new_tenant(timezone=zone, country=country, currency=currency)
    rng = random.Random(zone)
    people = [Contact(full_name=f"Owner {n}") for n in range(5)]
    house.add(*people, tenant=tenant)
    house.add(*(_vehicle(rng, n, people, currency) for n in range(VEHICLES)), tenant=tenant)
    return house.browser("owner", tenant), house.api("owner", tenant), ZoneInfo(zone), first, currency


def _vehicle(rng: random.Random, n: int, people: list[Contact], currency: str) -> Vehicle:
    def maybe(value):
        return value if rng.random() < 0.8 else None

    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(-500_000, 500_000))
    return Vehicle(
        plate=f"{rng.choice('AaBb')}-{n // 4}-{n}",
        fuel=maybe(rng.choice(["petrol", "diesel", "electric"])),
        state=rng.choice(["new", "used", "sold"]),
        battery=maybe(rng.choice(["Big, heavy", "small", "small ", "Small", ""]).strip()),
        price=maybe(Money(rng.randrange(-(10 ** rng.randrange(1, 18)), 10**18), rng.choice([currency, "KWD", "JPY"]))),
        odometer=maybe(rng.randrange(0, 2**62)),
        balance=maybe(rng.randrange(-1000, 1000)),
        consumption=maybe(Decimal(rng.randrange(0, 99_999)) / 1000),
        weight=maybe(Decimal(rng.randrange(10**20)).scaleb(-12)),
        insured=rng.random() < 0.5,
        registered_on=maybe(date(2026, 1, 1) + timedelta(days=rng.randrange(-500, 500))),
        seen_at=maybe(moment),
        labels=rng.sample(["vip", "old", "red", "Blue"], rng.randrange(4)),
        owner_id=maybe(rng.choice(people).id),
        created_at=moment,
    )


def _asked(rng: random.Random) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    by = rng.sample(PLAIN, rng.randrange(3))
    by = [f"{rng.choice(TIMES)}.{rng.choice(GRAINS)}" if rng.random() < 0.4 else one for one in by]
    if len({one.split(".")[0] for one in by}) < len(by):
        by = by[:1]
    measures = [f"{rng.choice(['sum', 'avg', 'median', 'min', 'max'])}.{one}" for one in rng.sample(NUMBERS, 2)]
    measures += rng.sample(
        ["distinct.owner", "distinct.fuel", "distinct.battery", "min.seen_at", "max.registered_on"], 2
    )
    filters = [
        ("fuel.one_of", "petrol,diesel"), ("fuel.none_of", "petrol"), ("insured.is", "true"), ("price.currency", "KWD"),
        ("balance.at_least", "-200"), ("registered_on.within", "this_year"), ("seen_at.after", "2025-12-01"),
        ("registered_on.between", "2025-06-01,2026-09-30"), ("seen_at.between", "2025-02-01,2026-08-31"), ("q", "a"),
        ("labels.has", "vip"), ("battery.is_not", "Big, heavy"), ("owner.empty", "false"),
        ("created_at.between", "2025-06-01T10:00,2026-06-01"),
    ]  # fmt: skip
    return by, measures, rng.sample(filters, rng.randrange(4))


@pytest.mark.parametrize("seed", range(20))
def test_numbers_are_those_of_the_list_and_lead_to_their_records(place, seed):
    browser, api, zone, first, currency = place
    rng = random.Random(seed)
    by, measures, filters = _asked(rng)
    pairs = [*(("by", one) for one in by), ("top", str(rng.choice([1, 2, 5, 20]))), *filters]
    listed = api.get("/garage/vehicle", query_string=[*filters, ("size", "200")]).json["data"]
    answer = api.get(
        "/reports/run",
        query_string=[
            ("source", "garage.vehicle"),
            ("measure", "count"),
            *(("measure", one) for one in measures),
            *pairs,
        ],
    )
    assert answer.status_code == 200, answer.text
    _check_numbers(answer.json, listed, by, measures, zone, first, currency)
    _check_links(browser, api, pairs)


def _check_numbers(result, listed, by, measures, zone, first, currency):
    groups = [result["rows"], result["columns"]]
    shown = [{_hashed(one["key"]) for one in group if not one["others"]} for group in groups]
    rows = [(row, [_keys(row, one, zone, first) for one in by]) for row in listed]
    seen = set()
    for cell in result["cells"]:
        wanted = [
            groups[at][place] if (place := cell[name]) is not None else None
            for at, name in enumerate(("row", "column"))
        ]
        mine = [row for row, keys in rows if all(_is_in(keys[at], wanted[at], shown[at]) for at in range(len(by)))]
        assert cell["count"] == len(mine), (by, wanted)
        assert cell["values"][0] == len(mine)
        for measure, value in zip(measures, cell["values"][1:], strict=True):
            assert value == _measured(measure, mine, currency), (measure, by, wanted)
        seen.add((cell["row"], cell["column"]))
    for row, keys in rows:  # no record is in no cell
        for at, one in enumerate(keys):
            if by[at] != "labels":
                assert any(_is_in(one, group, shown[at]) for group in groups[at]), (row["id"], by[at])
    assert (None, None) in seen


def _is_in(keys, group, shown) -> bool:
    """Is a record with these keys in the group? Without one, the cell is over all."""
    if group is None:
        return True
    if group["others"]:
        return any(key is not None and key not in shown for key in keys)
    return _hashed(group["key"]) in keys


def _hashed(value):
    return tuple(value) if isinstance(value, list) else value


def _keys(row, by, zone, first):
    """The keys of a record in a dimension: one, but for tags."""
    name, _dot, grain = by.partition(".")
    value = row[name]
    if name == "labels":
        return value or [None]
    if grain and value is not None:
        day = (
            date.fromisoformat(value)
            if name == "registered_on"
            else datetime.fromisoformat(value).astimezone(zone).date()
        )
        return [_bucket(day, grain, first).isoformat()]
    if name == "price":
        return [value and value["currency"]]
    if name == "plate":
        return [value.lower()]
    return [value if value != "" else None]


def _bucket(day: date, grain: str, first: int) -> date:
    match grain:
        case "week":
            while day.weekday() != first:
                day -= timedelta(days=1)
            return day
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month={1: 1, 2: 1, 3: 1, 4: 4, 5: 4, 6: 4, 7: 7, 8: 7, 9: 7}.get(day.month, 10), day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def _measured(measure, rows, currency):
    how, _dot, name = measure.partition(".")
    values = [row[name] for row in rows if row[name] not in (None, "")]
    if how == "distinct":
        return len(set(values))
    if name in ("seen_at", "registered_on"):
        return {"min": min, "max": max}[how](values, default=None)
    if name == "price":
        by_currency = defaultdict(list)
        for one in values:
            by_currency[one["currency"]].append(Decimal(one["amount"]))
        codes = sorted(by_currency, key=lambda code: (code != currency, code))
        return [{"amount": f"{_amount(how, by_currency[code], code):f}", "currency": code} for code in codes]
    numbers = [Decimal(str(one)) for one in values]
    if not numbers:
        return None
    return _as_sent(sum(numbers) / len(numbers) if how == "avg" else _of(how, numbers))


def _amount(how, amounts, code):
    unit = Decimal(1).scaleb(-digits_of(code))
    found = sum(amounts) / len(amounts) if how == "avg" else _of(how, amounts)
    return found.quantize(unit, ROUND_HALF_UP)


def _of(how, numbers):
    return {"sum": sum, "median": median, "min": min, "max": max}[how](numbers)


class _as_sent:  # noqa: N801, PLW1641
    """Equal to the same number, whatever zeros it is written with."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return other is not None and Decimal(other) == self.value

    def __repr__(self):
        return repr(self.value)


def _check_links(browser, api, pairs):
    page = browser.go("/garage/vehicle/report", query_string=[*pairs, ("measure", "count")])
    table = page.text[page.text.index("report-table") :]
    found = re.findall(r'<td class="number">(?:<a href="([^"]+)">)?<bdi>([\d,.]+)</bdi>', table)
    for href, number in found:
        if not href:
            continue
        _path, _mark, query = href.replace("&amp;", "&").partition("?")
        counted = api.get(f"/garage/vehicle?{query}{'&' if query else ''}count=exact&size=1")
        assert counted.status_code == 200, (href, counted.text)
        assert counted.json["count"]["value"] == int(number.replace(",", "")), href
    said = sum(bool(href) for href, number in found if number != "0")
    assert said >= sum(number != "0" for _href, number in found) * 0.8
