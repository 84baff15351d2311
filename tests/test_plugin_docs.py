"""Documentation made from declarations: of what a tenant has on and nothing else."""

from __future__ import annotations

import pytest

from app.host.lifecycle import switch
from app.tenancy.models import Tenant


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def test_the_page_and_the_file_tell_of_what_is_on(house, tenant):
    admin = house.browser("admin", tenant)
    page, file = admin.go("/console/docs/"), admin.go("/console/docs/tenantry.md")
    assert page.status_code == file.status_code == 200
    for words in (
        "garage.vehicle.update",
        "garage.vehicle_created",
        "garage.bays",
        "garage.wash",
        "/api/v1/garage/repair",
    ):
        assert words in page.text, words
        assert words in file.text, words
    assert "garage_vehicle ||--o{ garage_repair : vehicle" in file.text
    assert "contacts_contact |o--o{ garage_vehicle : owner" in file.text
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "garage", "off")
        session.commit()
    assert "garage" not in admin.go("/console/docs/tenantry.md").text
    assert "contacts_contact" in admin.go("/console/docs/tenantry.md").text


def test_no_default_of_a_secret_is_told(house, tenant):
    line = next(
        line for line in house.browser("admin", tenant).go("/console/docs/tenantry.md").text.splitlines()
        if "garage.api_key" in line
    )  # fmt: skip
    assert "•••" in line


def test_only_admins_read_it(house, tenant):
    assert house.browser("viewer", tenant).go("/console/docs/").status_code == 403


def test_the_page_keeps_the_budget(house, tenant, statements):
    admin = house.browser("admin", tenant)
    admin.go("/console/docs/")
    statements.clear()
    assert len(admin.go("/console/docs/").data) < 250_000
    assert len(statements) <= 8
