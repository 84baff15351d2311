"""The same change of many records: only what is ticked, by everybody's rules, of all of them or of none."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.data import Money
from app.features.access_rules import AccessRule
from app.host.custom_fields import CustomFieldDef
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Door, Vehicle

CARS = "/garage/vehicle"
EDIT = f"{CARS}/bulk-edit"


@pytest.fixture
def tenant(house):
    return house.new_tenant(currency="EUR")


@pytest.fixture
def ids(house, tenant):
    return house.add(
        Vehicle(plate="A 1", fuel="diesel", labels=["old"], odometer=5, price=Money(100, "EUR")),
        Vehicle(plate="A 2", fuel="petrol", labels=["new", "old"], odometer=7),
        Vehicle(plate="B 1", fuel="petrol"),
        tenant=tenant,
    )


@pytest.fixture
def browser(house, tenant):
    return house.browser("manager", tenant)


@pytest.fixture
def cars(house, tenant):
    def read():
        with house.inside(tenant) as session:
            return {row.plate: row for row in session.scalars(select(Vehicle))}

    return read


def change(browser, ids, *names, **values):
    """Ticks rows and fields, fills in values, and sends the form."""
    ticked = {"id": [str(one) for one in ids]}
    form = page_of(browser.send(EDIT, ticked)).form("/bulk-edit").data(**values)
    for name in names:
        form.add("change", name)
    return browser.post(browser.prefix + EDIT, data=form)


def test_ticked_fields_change_and_all_others_stay(browser, ids, cars):
    before = cars()
    answer = change(browser, ids[:2], "fuel", "odometer", "price", fuel="electric", odometer="", price="12.50")
    assert answer.status_code == 303, answer.text
    after = cars()
    assert [after[one].fuel for one in ("A 1", "A 2", "B 1")] == ["electric", "electric", "petrol"]
    assert [after[one].odometer for one in ("A 1", "A 2")] == [None, None]
    assert [after[one].price for one in ("A 1", "A 2")] == [Money(1250, "EUR")] * 2
    assert after["A 1"].labels == before["A 1"].labels
    assert after["A 1"].battery is None
    assert after["B 1"].version == before["B 1"].version
    page = browser.go(f"{CARS}/")
    assert "Changed: 2 records." in page.text
    assert browser.post(page_of(page).form("/undo").action, data=page_of(page).form("/undo").data()).status_code in (
        200,
        303,
    )
    assert [cars()[one].fuel for one in ("A 1", "A 2")] == ["diesel", "petrol"]
    assert cars()["A 1"].odometer == 5


@pytest.mark.parametrize(
    ("way", "wanted"),
    [
        ("add", [["old", "vip"], ["new", "old", "vip"], ["vip", "old"]]),
        ("remove", [[], ["new"], []]),
        ("set", [["vip", "old"]] * 3),
    ],
)
def test_tags_are_added_taken_away_or_replaced(browser, ids, cars, way, wanted):
    answer = change(browser, ids, "labels", labels="vip, old", **{"_way.labels": way})
    assert answer.status_code == 303, answer.text
    assert [cars()[one].labels for one in ("A 1", "A 2", "B 1")] == wanted


def test_all_that_match_are_meant(browser, ids, cars):
    page = browser.send(EDIT, {"all": "1", "query": "plate.contains=A"})
    form = page_of(page).form("/bulk-edit").data(state="used")
    form.add("change", "state")
    assert "Change 2 records" in page.text
    assert browser.post(browser.prefix + EDIT, data=form).status_code == 303
    assert {plate: row.state for plate, row in cars().items()} == {"A 1": "used", "A 2": "used", "B 1": "new"}


@pytest.mark.parametrize(
    ("names", "values", "words"),
    [
        ((), {"fuel": "diesel"}, "choose at least one field"),
        (("odometer",), {"odometer": "-3"}, "at least 0"),
        (("state",), {"state": ""}, "Please fill in"),
        (("owner",), {"owner": "01a21111-0000-7000-8000-000000000000"}, "does not exist"),
        (("fuel",), {"fuel": "steam"}, "not one of"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(browser, ids, cars, names, values, words):
    before = {plate: row.version for plate, row in cars().items()}
    answer = change(browser, ids, *names, **values)
    assert answer.status_code == 422
    assert words in answer.text
    form = page_of(answer).form("/bulk-edit").data()
    assert form.getlist("change") == list(names)
    assert form.getlist("id") == [str(one) for one in sorted(ids)]
    assert {plate: row.version for plate, row in cars().items()} == before


def test_one_record_that_says_no_keeps_all_as_they_are(house, tenant, browser, ids, cars):
    [stubborn] = house.add(Vehicle(plate="refused"), tenant=tenant)
    answer = change(browser, [*ids, stubborn], "fuel", fuel="electric")
    assert answer.status_code == 422
    assert "This plate is refused." in answer.text
    assert [row.fuel for row in cars().values()] == ["diesel", "petrol", "petrol", None]


def test_only_what_somebody_may_change_is_offered(house, tenant, ids):
    house.add(
        AccessRule(role="agent", resource="garage.vehicle", hidden=["price"], readonly=["fuel"]),
        CustomFieldDef(resource="garage.vehicle", key="fleet", label="Fleet", kind="text"),
        tenant=tenant,
    )
    agent = house.browser("agent", tenant)
    offered = page_of(agent.send(EDIT, {"id": [str(ids[0])]})).form("/bulk-edit").names()
    assert {"labels", "custom.fleet", "odometer"} <= offered
    assert not {"price", "fuel", "plate", "vin", "battery", "equipment", "device"} & offered
    answer = change(agent, ids[:1], "fuel", "custom.fleet", **{"custom.fleet": "North"}, fuel="electric")
    assert answer.status_code == 303
    with house.inside(tenant) as session:
        row = session.get_one(Vehicle, ids[0])
        assert (row.fuel, row.custom_fields) == ("diesel", {"fleet": "North"})
    assert house.browser("viewer", tenant).send(EDIT, {"id": [str(ids[0])]}).status_code == 403


def test_many_cost_hardly_more_statements_than_a_few(house, tenant, browser, statements):
    many = house.add(*(Vehicle(plate=f"C {n:03}", doors=[Door()]) for n in range(200)), tenant=tenant)
    costs = []
    for some in (many[:10], many):
        statements.clear()
        assert change(browser, some, "fuel", fuel="diesel").status_code == 303
        costs.append(len(statements))
    assert costs[1] <= costs[0] + 190, f"one for each row that changes: {costs}"


def test_without_scripts_a_relation_is_found_by_its_words(house, tenant, browser, ids, cars):
    nora, _omar = house.add(Contact(full_name="Nora Salem"), Contact(full_name="Omar Salem"), tenant=tenant)
    assert change(browser, ids, "fuel", fuel="diesel", **{"_find.owner": "Nora"}).status_code == 303
    assert {row.owner_id for row in cars().values()} == {None}, "its box was not ticked"
    asked = change(browser, ids, "owner", **{"_find.owner": "Salem"})
    assert asked.status_code == 422
    assert all(words in asked.text for words in ("Nora Salem", "Omar Salem", "choose one from the list"))
    assert change(browser, ids, "owner", **{"_find.owner": "Nora"}).status_code == 303
    assert {row.owner_id for row in cars().values()} == {nora}
