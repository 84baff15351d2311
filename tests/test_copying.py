"""A new record from an old one: the form is filled in, nothing is stored, and what only one can have is left out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Contact, ContactAddress, ContactChannel
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Door, Vehicle

CARS = "/garage/vehicle"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("manager", tenant)


def cars(house, tenant):
    with house.inside(tenant) as session:
        rows = session.scalars(select(Vehicle).order_by(Vehicle.id)).all()
        return [(row.plate, row.vin, row.fuel, row.labels, [door.note for door in row.doors]) for row in rows]


def test_a_copy_is_a_form_filled_in_and_stored_when_it_is_saved(house, tenant, browser):
    old = Vehicle(plate="A 1", vin="V", fuel="electric", labels=["vip"], doors=[Door(note="left"), Door(note="right")])
    [key] = house.add(old, tenant=tenant)
    page = browser.go(f"{CARS}/{key}")
    assert f"/add?_copy={key}" in page.text
    form = page_of(browser.go(f"{CARS}/add?_copy={key}")).form("/add")
    assert (form.value("plate"), form.value("fuel"), form.value("labels")) == ("", "electric", "vip")
    assert [form.value(f"doors-{at}-note") for at in (0, 1)] == ["left", "right"]
    assert not form.value("doors-0-id")
    assert len(cars(house, tenant)) == 1, "nothing is stored by looking"
    assert browser.post(browser.prefix + f"{CARS}/add", data=form.data(plate="A 2")).status_code == 303
    assert cars(house, tenant) == [
        ("A 1", "V", "electric", ["vip"], ["left", "right"]),
        ("A 2", "V", "electric", ["vip"], ["left", "right"]),
    ]


def test_an_address_that_belongs_to_one_person_is_not_copied(house, tenant, browser):
    person = Contact(first_name="Nora", full_name="Nora", addresses=[ContactAddress(city="Riyadh")])
    person.channels = [ContactChannel(kind="email", value="n@x.example", value_normalised="n@x.example")]
    [key] = house.add(person, tenant=tenant)
    form = page_of(browser.go(f"/contacts/contact/add?_copy={key}")).form("/add")
    assert (form.value("first_name"), form.value("addresses-0-city")) == ("Nora", "Riyadh")
    assert not any(name.startswith("channels-0") for name in form.names())


def test_who_may_not_add_or_not_read_cannot_copy(house, tenant):
    [key] = house.add(Vehicle(plate="A 1"), tenant=tenant)
    [foreign] = house.add(Vehicle(plate="Theirs"), tenant=house.new_tenant())
    viewer = house.browser("viewer", tenant)
    assert "_copy=" not in viewer.go(f"{CARS}/{key}").text
    assert viewer.get(f"{viewer.prefix}{CARS}/add?_copy={key}").status_code == 403
    manager = house.browser("manager", tenant)
    for other in (foreign, "nonsense", ""):
        assert manager.get(f"{manager.prefix}{CARS}/add?_copy={other}").status_code == 404
