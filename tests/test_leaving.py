"""Archive, purge and the way back, as the operator does them on screen; the file is the tenant's own."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from app.host.lifecycle import switch
from app.installation.approval import accept_all
from app.installation.pages import leaving
from app.tenancy.models import Tenant
from app.testing.house import House
from tests.plugins_for_tests.garage.models import Vehicle
from tests.test_lifecycle import GARAGE, island  # noqa: F401  (a fixture)

PLACE = "/operator/plugins/garage/leaving"


@pytest.fixture
def tenant(house):
    found = house.new_tenant()
    house.add(Vehicle(plate="ARCHIVE 1"), tenant=found)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(leaving, "archives_folder", lambda: tmp_path)
    return tmp_path


def operator_of(house):
    return house.browser(house.new_person(None, house.acme, operator=True))


def post(operator, path, **values):
    answer = operator.post(path, data={**values, "csrf_token": operator.csrf()})
    assert answer.status_code == 303
    return operator.get(PLACE)


def test_the_operator_archives_and_the_tenant_fetches(house, tenant, folder):
    operator, owner = operator_of(house), house.browser("owner", tenant)
    assert owner.go("/console/plugins/garage/archive").status_code == 404, "there is none yet"
    page = post(operator, f"{PLACE}/archive", tenant=tenant.slug)
    assert f"{tenant.slug}: " in page.text
    assert "written and checked" in page.text
    assert owner.go("/garage/vehicle/").status_code == 404
    assert "/console/plugins/garage/archive" in owner.go("/console/plugins/garage").text
    answer = owner.go("/console/plugins/garage/archive")
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        assert b"ARCHIVE 1" in b"".join(archive.read(name) for name in archive.namelist())
    assert "Archive of a plugin downloaded" in owner.go("/console/audit_entry/").text
    stranger = house.browser("owner", house.new_tenant())
    assert stranger.go("/console/plugins/garage/archive").status_code == 404, "it is the tenant's own"
    assert house.browser("viewer", tenant).go("/console/plugins/garage/archive").status_code == 403


def test_only_the_operator_sees_the_way_out(house, tenant):
    owner = house.browser("owner", tenant)
    assert owner.get(PLACE).status_code == 403
    assert owner.post(f"{PLACE}/purge", data={"csrf_token": owner.csrf(), "confirm": "garage"}).status_code == 403


def test_nothing_is_removed_without_the_name(house, tenant, folder):
    operator = operator_of(house)
    for typed in ("", "Garage", "crm"):
        assert "nothing was removed" in post(operator, f"{PLACE}/purge", confirm=typed).text
    assert "is still on for" in post(operator, f"{PLACE}/purge", confirm="garage").text
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 200
    assert operator.get("/operator/plugins/contacts/leaving").status_code == 404, "the core stays"


@pytest.mark.slow
def test_a_plugin_leaves_and_comes_back_on_screen(island, folder):  # noqa: F811
    _settings, make = island
    made = make(GARAGE)
    with made.app_context():
        accept_all("a test")
    house = House(made)
    tenant = house.acme
    for one, state in ((house.globex, "off"), (tenant, "on")):
        with house.inside(one) as session:
            switch(session.get_one(Tenant, one.id), "garage", state)
            session.commit()
    house.add(Vehicle(plate="GONE 1"), tenant=tenant)
    operator, owner = operator_of(house), house.browser("owner", tenant)
    assert owner.send("/console/plugins/garage/state", {"state": "off"}).status_code == 303
    page = post(operator, f"{PLACE}/purge", confirm="garage").text
    assert "no archive younger than a day" in page, page[page.index("<main") :]
    post(operator, f"{PLACE}/archive")
    page = post(operator, f"{PLACE}/purge", confirm="garage")
    assert "Everything of it is removed" in page.text
    assert "its tables are not there" in page.text
    owner.send("/console/plugins/garage/state", {"state": "on"})
    assert "Its tables are not there" in owner.go("/console/plugins/").text
    assert owner.go("/garage/vehicle/").status_code == 404
    assert "Tenants can switch it on" in post(operator, f"{PLACE}/install").text
    with made.app_context():
        accept_all("a test")
    assert owner.send("/console/plugins/garage/state", {"state": "on"}).status_code == 303
    assert house.api("owner", tenant).get("/garage/vehicle").json["data"] == []
