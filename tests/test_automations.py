"""Automations: what sets them off, what they do, in whose name, once, and never in a circle."""

from __future__ import annotations

import pytest

from app.testing.pumping import discard_pending
from tests.automation_house import VEHICLE, Automations, set_field
from tests.plugins_for_tests.garage.models import Vehicle


@pytest.fixture
def tenant(app, house):
    discard_pending(app)
    return house.new_tenant(currency="EUR")


@pytest.fixture
def automations(house, tenant):
    return Automations(house, tenant)


@pytest.fixture
def car(house, tenant):
    def make(plate="AUTO 1", **values):
        return house.add(Vehicle(plate=plate, **values), tenant=tenant)[0]

    return make


def stored(house, tenant, key, model=Vehicle):
    with house.inside(tenant) as session:
        row = session.get(model, key)
        session.expunge_all()
    return row


IS_NEW = [[{"field": "state", "operator": "is", "values": ["new"]}]]


# --- what sets them off -----------------------------------------------------------------------------------------------


def test_a_new_record_that_fits_gets_its_fields_set(house, tenant, automations, car):
    automations.make(set_field("odometer", 7), conditions=IS_NEW)
    new, old = car(state="new"), car("AUTO 2", state="used")
    automations.work()
    assert stored(house, tenant, new).odometer == 7
    assert stored(house, tenant, old).odometer is None
    [run] = automations.runs()
    assert (run.state, run.target_id, run.record_label) == ("done", new, "AUTO 1")
    assert automations.said() == ["Set Odometer → 7"]
