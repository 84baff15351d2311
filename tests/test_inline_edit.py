"""A field that is changed where it is shown: the form's rules, its locks and its refusals, for one control."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.contacts.models import Company
from app.data import Money
from app.features.access_rules import AccessRule
from tests.plugins_for_tests.garage.models import Vehicle

FRAGMENT = {"X-Fragment": "1"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def vehicle(house, tenant):
    row = Vehicle(
        plate="AB 12", fuel="petrol", price=Money(1999, "EUR"), odometer=7, registered_on=date(2020, 2, 29),
        labels=["old"], history="One\nTwo",
    )  # fmt: skip
    return str(house.add(row, tenant=tenant)[0])


class Field:
    """The form of one field, as a script opens and sends it."""

    def __init__(self, browser, path, name):
        self.browser, self.path = browser, f"{path}/field/{name}"
        opened = browser.go(self.path, headers=FRAGMENT)
        assert opened.status_code == 200, opened.status
        self.hidden = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', opened.text))
        self.html = opened.text

    def send(self, **values):
        return self.browser.send(self.path, {**self.hidden, **values}, headers=JSON)


def stored(house, tenant, key):
    with house.inside(tenant) as session:
        row = session.get(Vehicle, key)
        session.expunge(row)
    return row


def test_every_value_that_may_be_changed_has_a_pencil(browser, vehicle):
    page = browser.go(f"/garage/vehicle/{vehicle}").text
    here = f"{browser.prefix}/garage/vehicle/{vehicle}"
    assert f'href="{here}/edit#' in page
    assert f'data-edit="{here}/field/plate"' in page
    assert "field/vin" not in page, "it may only be given once"


def test_a_viewer_has_none(house, tenant, vehicle):
    viewer = house.browser("viewer", tenant)
    assert "data-edit" not in viewer.go(f"/garage/vehicle/{vehicle}").text
    assert viewer.go(f"/garage/vehicle/{vehicle}/field/plate", headers=FRAGMENT).status_code == 403


@pytest.mark.parametrize(
    ("name", "sent", "attribute", "value"),
    [
        ("plate", {"plate": "CD 34"}, "plate", "CD 34"),
        ("price", {"price": "5.00", "price-currency": "USD"}, "price", Money(500, "USD")),
        ("odometer", {"odometer": ""}, "odometer", None),
        ("insured", {"insured": "0"}, "insured", False),
        ("labels", {"labels": "new, red"}, "labels", ["new", "red"]),
        ("fuel", {"fuel": "diesel"}, "fuel", "diesel"),
        ("registered_on", {"registered_on": "2021-03-01"}, "registered_on", date(2021, 3, 1)),
        ("history", {"history": "One\r\nTwo\r\nThree"}, "history", "One\nTwo\nThree"),
    ],
)
def test_one_field_is_saved(house, tenant, browser, vehicle, name, sent, attribute, value):
    saved = Field(browser, f"/garage/vehicle/{vehicle}", name).send(**sent)
    assert saved.status_code == 200, saved.text
    assert f'data-saved="{name}"' in saved.json["html"]
    row = stored(house, tenant, vehicle)
    found = getattr(row, attribute)
    assert (found.replace("\r\n", "\n") if name == "history" else found) == value
    assert row.version == saved.json["version"] == 2


@pytest.mark.parametrize("name", ["plate", "price", "odometer", "insured", "labels", "fuel", "history", "equipment"])
def test_saved_unchanged_it_stays_the_same(house, tenant, browser, vehicle, name):
    form = Field(browser, f"/garage/vehicle/{vehicle}", name)
    was = form.hidden["_was"]
    sent = {name: was}
    if name == "price":
        sent = {"price": was.split()[0], "price-currency": was.split()[1]}
    assert form.send(**sent).status_code == 200
    assert stored(house, tenant, vehicle).version == 1


def test_a_refusal_stands_at_the_field(browser, vehicle):
    form = Field(browser, f"/garage/vehicle/{vehicle}", "plate")
    for wrong in ("", "refused", "x" * 41):
        answer = form.send(plate=wrong)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.json["form"]
        assert f'value="{wrong}"' in answer.json["form"], "what was typed comes back"
        assert answer.json["detail"]


def test_a_doubt_is_asked_and_can_be_confirmed(house, tenant, browser, vehicle):
    form = Field(browser, f"/garage/vehicle/{vehicle}", "plate")
    asked = form.send(plate="strange one")
    assert asked.status_code == 409
    assert 'name="_confirmed"' in asked.json["form"]
    assert form.send(plate="strange one", _confirmed="1").status_code == 200
    assert stored(house, tenant, vehicle).plate == "strange one"


def test_what_somebody_else_changed_meanwhile_is_not_lost(house, tenant, browser, vehicle):
    path = f"/garage/vehicle/{vehicle}"
    plate, odometer = Field(browser, path, "plate"), Field(browser, path, "odometer")
    assert Field(browser, path, "odometer").send(odometer="99").status_code == 200
    assert plate.send(plate="CD 34").status_code == 200, "another field is no conflict"
    late = odometer.send(odometer="8")
    assert late.status_code == 409
    assert "“99”" in late.json["form"]
    assert stored(house, tenant, vehicle).odometer == 99
    again = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', late.json["form"]))
    assert browser.send(odometer.path, {**again, "odometer": "8"}, headers=JSON).status_code == 200
    row = stored(house, tenant, vehicle)
    assert (row.odometer, row.plate) == (8, "CD 34")


def test_only_this_field_is_taken(house, tenant, browser, vehicle):
    form = Field(browser, f"/garage/vehicle/{vehicle}", "odometer")
    assert form.send(odometer="8", plate="smuggled", fuel="nonsense").status_code == 200
    assert stored(house, tenant, vehicle).plate == "AB 12"


def test_fields_that_may_not_be_changed_have_no_form(house, tenant, browser, vehicle):
    house.add(AccessRule(role="agent", resource="garage.vehicle", readonly=["plate"], hidden=["price"]), tenant=tenant)
    agent = house.browser("agent", tenant)
    for name in ("plate", "price", "vin", "nothing", "doors", "created_at", "id"):
        assert agent.go(f"/garage/vehicle/{vehicle}/field/{name}", headers=FRAGMENT).status_code == 404
        assert agent.send(f"/garage/vehicle/{vehicle}/field/{name}", {name: "x"}).status_code == 404


def test_without_scripts_the_whole_form_opens(browser, vehicle):
    answer = browser.go(f"/garage/vehicle/{vehicle}/field/plate")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/garage/vehicle/{vehicle}/edit")


def test_what_changes_along_is_shown_as_well(house, tenant, browser):
    company = str(house.add(Company(name="Old Name", size="1-10"), tenant=tenant)[0])
    path = f"/contacts/company/{company}"
    named = Field(browser, path, "name").send(name="New Name")
    assert "<bdi>New Name</bdi>" in named.json["html"].split("</h1>")[0]
    sized = Field(browser, path, "size").send(size="11-50")
    assert "11-50" in sized.json["html"].split("</h1>")[0], "the badge of the head"


def test_it_costs_a_fixed_number_of_statements(browser, vehicle, statements):
    path = f"/garage/vehicle/{vehicle}"
    Field(browser, path, "owner")
    statements.clear()
    form = Field(browser, path, "owner")
    assert len(statements) <= 8, statements.report()
    statements.clear()
    assert form.send(owner="").status_code == 200
    assert len(statements) <= 16, statements.report()
