"""What is true of this plugin. What must be true of every plugin: tenantry plugin check garage"""

from datetime import date

import pytest

from tenantry_garage.plugin import Repair, Vehicle, mark_late


@pytest.mark.parametrize(("model", "name"), [(Repair, "repair"), (Vehicle, "vehicle")])
def test_records_are_seen_by_their_own_tenant_alone(house, samples, model, name):
    with house.inside(house.acme) as session:
        key = samples.record(session, model).id
        session.commit()
    assert house.api("owner", house.acme).get(f"/garage/{name}/{key}").status_code == 200
    assert house.api("owner", house.globex).get(f"/garage/{name}/{key}").status_code == 404


def test_late_repairs_are_marked(house, samples):
    with house.inside(house.acme) as session:
        repair = samples.record(session, Repair, status="booked", due=date(2020, 1, 1))
        mark_late(None)
        assert repair.status == "late"
