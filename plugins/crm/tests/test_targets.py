"""Targets in the forecast: by owner, with everyone below, by pipeline, territory, month, quarter, year."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from app.sdk import Money
from app.testing.counting import count_statements
from plugins.crm.models import Pipeline, SalesTarget, Territory
from plugins.crm.tests.agenda import member_of

MONTHS = {"month": 1, "quarter": 3, "year": 12}


@pytest.fixture(scope="module")
def market(house):
    """People who report to each other, two pipelines, a tree of territories."""
    tenant = house.new_tenant()
    people = {role: member_of(house, tenant, role) for role in ("admin", "manager", "agent", "viewer")}
    api = house.api("owner", tenant)
    for who, above in (("agent", "manager"), ("manager", "admin"), ("viewer", "admin")):
        assert api.patch(f"/console/member/{people[who]}", {"reports_to": str(people[above])}).status_code == 200
    [partners] = house.add(Pipeline(name="Partners", position=9), tenant=tenant)
    sales = api.get("/crm/pipeline").json["data"][0]["id"]
    [world] = house.add(Territory(name="World"), tenant=tenant)
    gulf, dach = house.add(*(Territory(name=name, part_of_id=world) for name in ("Gulf", "DACH")), tenant=tenant)
    return house, tenant, (list(people.values()), [sales, str(partners)], [world, gulf, dach])


def some_targets(chance, people, pipelines, territories, count):
    """Random ones, each thing said once; the months of a year are never all said."""
    made = {}
    for _each in range(count):
        period = chance.choice(("month", "quarter", "year"))
        starts = date(2031, {"month": chance.choice((1, 2, 5)), "quarter": chance.choice((1, 4)), "year": 1}[period], 1)
        owner = chance.choice((None, None, *people))
        covers = "branch" if owner and chance.random() < 0.5 else "person"
        pipeline, territory = chance.choice((None, None, *pipelines)), chance.choice((None, None, *territories))
        made[period, starts, owner, covers, pipeline, territory] = 1_000_000_00 * MONTHS[period] + chance.randrange(
            99_99
        )
    return made


def shown(api, measure, filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    answer = api.get(f"/reports/run?source=crm.forecasting&measure={measure}&{query}")
    assert answer.status_code == 200, answer.text
    values = answer.json["cells"][-1]["values"][0]
    return Decimal(values[0]["amount"]) * 100 if values else Decimal(0)


@pytest.mark.parametrize("seed", range(4))
def test_every_target_is_shown_as_it_was_said(market, seed):
    """Whatever other targets there are, inside it, around it, across it."""
    house, tenant, known = market
    api = house.api("owner", tenant)
    targets = some_targets(random.Random(seed), *known, count=14)
    ids = house.add(
        *(
            SalesTarget(
                period=period, starts_on=starts, owner_id=owner, covers=covers, pipeline_id=pipeline,
                territory_id=territory, amount=Money(amount, "USD"),
            )
            for (period, starts, owner, covers, pipeline, territory), amount in targets.items()
        ),
        tenant=tenant,
    )  # fmt: skip
    for (period, starts, owner, covers, pipeline, territory), amount in targets.items():
        month = starts.month - 1 + MONTHS[period]
        end = date(starts.year + month // 12, month % 12 + 1, 1).toordinal() - 1
        filters = {"close.between": f"{starts},{date.fromordinal(end)}"}
        if owner:
            filters["owner.at_or_below" if covers == "branch" else "owner.is"] = str(owner)
        if pipeline:
            filters["pipeline.is"] = str(pipeline)
        if territory:
            filters["territory.at_or_below"] = str(territory)
        measure = "own_target" if owner and covers == "person" else "target"
        assert shown(api, measure, filters) == amount, (period, starts, owner, covers, pipeline, territory)
    whole = {total_of(api, by) for by in ("owner", "pipeline", "territory", "close.month", "close.quarter", "stage")}
    assert len(whole) == 1
    assert len(set(whole.pop())) == 1, "the lines add up to the total, however they are grouped"
    for one in ids:
        assert api.delete(f"/crm/sales_target/{one}").status_code in (200, 204)


def total_of(api, by):
    answer = api.get(f"/reports/run?source=crm.forecasting&measure=target&by={by}&top=100").json
    amounts = [(cell["row"], cell["values"][0]) for cell in answer["cells"]]
    found = [(row, Decimal(values[0]["amount"]) if values else Decimal(0)) for row, values in amounts]
    return sum(value for row, value in found if row is not None), sum(value for row, value in found if row is None)


def test_currencies_are_never_mixed(market):
    house, tenant, (people, *_more) = market
    targets = [
        SalesTarget(period="year", starts_on=date(2035, 1, 1), amount=Money(1_200_00, "USD")),
        SalesTarget(starts_on=date(2035, 1, 1), owner_id=people[0], amount=Money(50_000, "KWD")),
    ]
    house.add(*targets, tenant=tenant)
    question = "/reports/run?source=crm.forecasting&measure=target&by=close.month&close.between=2035-01-01,2035-12-31"
    answer = house.api("owner", tenant).get(question).json
    cells = {cell["row"]: cell["values"][0] for cell in answer["cells"]}
    first, *others, total = (cells[row] for row in (*range(12), None))
    assert first == [{"amount": "100.00", "currency": "USD"}, {"amount": "50.000", "currency": "KWD"}]
    assert others == [[{"amount": "100.00", "currency": "USD"}]] * 11
    assert total == [{"amount": "1200.00", "currency": "USD"}, {"amount": "50.000", "currency": "KWD"}]


def test_targets_cost_one_statement_however_many_there_are(market):
    house, tenant, (people, *_more) = market
    browser = house.browser("owner", tenant)
    address = "/reports/data/crm.forecasting?by=owner.at_or_below&measure=target&measure=won&measure=attained"
    house.add(SalesTarget(starts_on=date(2049, 1, 1), owner_id=people[0], amount=Money(1_00, "USD")), tenant=tenant)
    browser.go(address)
    with count_statements() as before:
        browser.go(address)
    house.add(
        *(SalesTarget(starts_on=date(year, month, 1), owner_id=one, amount=Money(1_00, "USD"))
          for year in range(2050, 2055) for month in range(1, 13) for one in people),
        tenant=tenant,
    )  # fmt: skip
    with count_statements() as after:
        browser.go(address)
    assert len(after) == len(before) <= 8
