"""A record and all below it: as a filter of lists and REST, and added up in reports with totals that count once."""

from __future__ import annotations

import random
import re
from decimal import Decimal

import pytest

from app.data import Money, utcnow
from app.features.access_rules import AccessRule
from app.testing.counting import count_statements
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.garage.parts import Part
from tests.test_hierarchy import Firm, firm  # noqa: F401

KEEPERS = ("head", "manager", "seller", "rival")


@pytest.fixture
def cars(firm):  # noqa: F811
    """Vehicles of each member: one of the head's, two of the manager's, four of the seller's, eight of the rival's and
    one of nobody's, with prices of 1, 2, 4, 8 and 100 each."""
    worth = [(name, 2**at) for at, name in enumerate(KEEPERS) for _time in range(2**at)] + [(None, 100)]
    rows = [
        Vehicle(
            plate=f"P{at}", keeper_id=firm.ids.get(name), price=Money(price * 100, "USD"),
            state="new" if at % 2 else "used", labels=["one", "two"] if at % 3 else [],
        )
        for at, (name, price) in enumerate(worth)
    ]  # fmt: skip
    firm.house.add(*rows, tenant=firm.tenant)
    return firm


def ask(firm, query, role="owner"):  # noqa: F811
    answer = firm.house.api(role, firm.tenant).get(f"/reports/run?source=garage.vehicle&{query}")
    assert answer.status_code == 200, answer.text[:500]
    return answer.json


def by_row(firm, result):  # noqa: F811
    """Of each row its count, and its first amount in major units; members by their names here, totals as None."""
    names = {str(key): name for name, key in firm.ids.items()}
    rows = [names.get(row["key"], row["key"]) for row in result["rows"]]
    return {
        None if cell["row"] is None else rows[cell["row"]] or "empty": cell
        for cell in result["cells"]
        if cell["column"] is None
    }


def plates(firm, query):  # noqa: F811
    answer = firm.house.api("owner", firm.tenant).get(f"/garage/vehicle?size=200&{query}")
    assert answer.status_code == 200, answer.text[:500]
    return {row["plate"] for row in answer.json["data"]}


def test_this_one_or_one_below_it(cars):
    sizes = {name: len(plates(cars, f"keeper.at_or_below={cars.ids[name]}")) for name in KEEPERS}
    assert sizes == {"head": 7, "manager": 6, "seller": 4, "rival": 8}
    both = f"keeper.at_or_below={cars.ids['head']}&keeper.at_or_below={cars.ids['seller']}"
    assert len(plates(cars, both)) == 4
    apart = f"keeper.at_or_below={cars.ids['head']}&keeper.at_or_below={cars.ids['rival']}"
    assert plates(cars, apart) == set()
    refused = cars.house.api("owner", cars.tenant).get(f"/garage/vehicle?owner.at_or_below={cars.ids['head']}")
    assert refused.status_code == 422, "contacts make no tree"


def test_it_is_said_in_words_and_chosen_on_the_panel(cars):
    browser = cars.house.browser("owner", cars.tenant)
    query = f"keeper.at_or_below={cars.ids['manager']}&keeper.at_or_below={cars.ids['head']}"
    browser.go("/garage/vehicle/")
    with count_statements() as statements:
        page = browser.go(f"/garage/vehicle/?{query}")
    assert len(statements) <= 8
    assert page.text.count("at or below") == 2
    panel = browser.go(f"/garage/vehicle/filters?keeper.at_or_below={cars.ids['manager']}").text
    assert re.search(r'value="at_or_below"[^>]* selected', panel) is not None
    chosen = browser.go(f"/garage/vehicle/filters?apply=1&op.keeper=at_or_below&v.keeper={cars.ids['manager']}")
    assert f"keeper.at_or_below={cars.ids['manager']}" in chosen.headers["Location"]


def test_every_record_counts_for_all_above_it_and_once_in_totals(cars):
    found = by_row(cars, ask(cars, "by=keeper.at_or_below&measure=count&measure=sum.price&measure=avg.price"))
    assert {name: cell["count"] for name, cell in found.items()} == {
        "head": 7, "manager": 6, "seller": 4, "rival": 8, "empty": 1, None: 16,
    }  # fmt: skip
    sums = {name: Decimal(cell["values"][1][0]["amount"]) for name, cell in found.items()}
    assert sums == {"head": 21, "manager": 20, "seller": 16, "rival": 64, "empty": 100, None: 185}
    assert Decimal(found["head"]["values"][2][0]["amount"]) == 3


@pytest.mark.parametrize("second", ["state", "labels", "keeper", "price", "created_at.month", "owner"])
@pytest.mark.parametrize("order", [True, False])
def test_every_figure_leads_to_exactly_its_records(cars, second, order):
    by = ["keeper.at_or_below", second] if order else [second, "keeper.at_or_below"]
    result = ask(cars, f"by={by[0]}&by={by[1]}&measure=count&top=50&keeper.at_or_below={cars.ids['head']}")
    api = cars.house.api("owner", cars.tenant)
    for cell in result["cells"]:
        places = ((result["rows"], cell["row"]), (result["columns"], cell["column"]))
        conditions = [pair for groups, at in places if at is not None for pair in groups[at]["conditions"]]
        query = "&".join(f"{one['name']}={one['value']}" for one in [*conditions, *result["conditions"]])
        answer = api.get(f"/garage/vehicle?count=exact&{query}")
        assert answer.json["count"]["value"] == cell["count"], query


def test_two_trees_at_once(house):
    """Against what is counted by hand, over random forests, with different values and a ring among them."""
    rng, tenant = random.Random(7), house.new_tenant()
    parts = []
    for at in range(40):
        parts.append(Part(name=f"N{at:02}", part_of_id=rng.choice(parts).id if parts and rng.random() < 0.8 else None))
    house.add(*parts, tenant=tenant)
    above = {str(one.id): str(one.part_of_id) if one.part_of_id else None for one in parts}

    def way(key):
        while key is not None:
            yield key
            key = above[key]

    api = house.api("owner", tenant)
    answer = api.get(
        "/reports/run?source=garage.part&by=part_of.at_or_below&measure=count&measure=distinct.name&top=100"
    )
    assert answer.status_code == 200
    result = answer.json
    counted = {row["key"]: 0 for row in result["rows"]}
    for one in above.values():
        for key in way(one) if one else [None]:
            counted[key] += 1
    cells = {None if c["row"] is None else result["rows"][c["row"]]["key"] or "empty": c for c in result["cells"]}
    for key, number in counted.items():
        assert cells[key or "empty"]["values"] == [number, number]
    assert cells[None]["values"] == [40, 40]


def test_a_branch_ends_at_what_is_out_of_reach(house):
    tenant = house.new_tenant()
    ids = {}
    for name, up in (("Car", None), ("Engine", "Car"), ("Piston", "Engine"), ("Ring", "Piston")):
        part = Part(name=name, part_of_id=ids.get(up))
        house.add(part, tenant=tenant)
        ids[name] = part.id
    api = house.api("owner", tenant)

    def names(query):
        return {row["name"] for row in api.get(f"/garage/part?{query}").json["data"]}

    assert names(f"part_of.at_or_below={ids['Car']}") == {"Engine", "Piston", "Ring"}
    with house.inside(tenant) as session:
        session.get_one(Part, ids["Engine"]).deleted_at = utcnow()
        session.commit()
    assert names(f"part_of.at_or_below={ids['Car']}") == set(), "as on the tree, what is below the trash is on top"
    assert names(f"part_of.at_or_below={ids['Piston']}") == {"Ring"}


def test_who_may_not_see_the_tree_has_no_branches(cars):
    cars.house.add(AccessRule(role="agent", resource="console.member", hidden=["reports_to"]), tenant=cars.tenant)
    api = cars.house.api("rival", cars.tenant)
    assert api.get(f"/garage/vehicle?keeper.at_or_below={cars.ids['head']}").status_code == 422
    assert api.get("/reports/run?source=garage.vehicle&by=keeper.at_or_below").status_code == 422
    assert "at_or_below" not in cars.house.browser("rival", cars.tenant).go("/garage/vehicle/filters").text


def test_it_is_offered_beside_the_group_and_drawn_and_filed(cars):
    browser = cars.house.browser("owner", cars.tenant)
    asked = "by=keeper.at_or_below&measure=count&measure=sum.price"
    with count_statements() as statements:
        page = browser.go(f"/garage/vehicle/report?{asked}")
    assert page.status_code == 200
    assert len(statements) <= 8
    assert ">Keeper, with those below</option>" in page.text
    assert f"keeper.at_or_below={cars.ids['head']}" in page.text
    file = browser.go(f"/garage/vehicle/report/file?{asked}&format=csv")
    assert "Keeper, with those below" in file.text
    kept = {"name": "Rolled", "source": "garage.vehicle", "query": asked, "audience": "private"}
    api = cars.house.api("owner", cars.tenant)
    made = api.post("/reports/saved", kept)
    assert made.status_code == 201, made.text
    assert len(api.get(f"/reports/saved/{made.json['id']}/result").json["rows"]) == 5
    parameters = api.get("/openapi.json").json["paths"]["/api/v1/garage/vehicle"]["get"]["parameters"]
    names = {one.get("name") for one in parameters}
    assert "keeper.at_or_below" in names
    assert "owner.at_or_below" not in names, "contacts make no tree"
