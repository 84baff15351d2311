"""Documentation made from declarations: of what a tenant has on and nothing else."""

from __future__ import annotations

import re

import pytest
from defusedxml import ElementTree

from app.host.lifecycle import switch
from app.tenancy.models import Tenant


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def test_the_page_and_the_file_tell_of_what_is_on(house, tenant):
    admin = house.browser("admin", tenant)
    page, file = admin.go("/console/docs/"), admin.go("/console/docs/tenantry.md")
    assert page.status_code == file.status_code == 200
    told = page.text + admin.go("/console/docs/picture/garage").text
    for words in (
        "garage.vehicle.update",
        "garage.vehicle_created",
        "garage.bays",
        "garage.wash",
        "/api/v1/garage/repair",
    ):
        assert words in told, words
        assert words in file.text, words
    assert "garage_vehicle ||--o{ garage_repair : vehicle" in file.text
    assert "contacts_contact |o--o{ garage_vehicle : owner" in file.text
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "garage", "off")
        session.commit()
    assert "garage" not in admin.go("/console/docs/tenantry.md").text
    assert "contacts_contact" in admin.go("/console/docs/tenantry.md").text


def test_roles_and_verbs_are_in_words(house, tenant):
    admin = house.browser("admin", tenant)
    assert "Owner, Admin, Manager, Agent, Viewer" in admin.go("/console/docs/").text
    page = admin.go("/console/plugins/garage").text
    for words in ("<dt>See</dt>", "<dt>Change</dt>", "<dt>Finish</dt>"):
        assert words in page, words


def test_records_are_drawn(house, tenant):
    admin = house.browser("admin", tenant)
    answer = admin.go("/console/docs/picture/garage")
    assert answer.status_code == 200
    picture = ElementTree.fromstring(re.search(r'<svg class="er".*?</svg>', answer.text, re.DOTALL).group())
    names = {one.text for one in picture.iter("text") if one.get("class") == "er-name"}
    assert {"garage.vehicle", "garage.repair", "contacts.contact"} <= names
    boxes = [tuple(float(one.get(name)) for name in ("x", "y", "width", "height")) for one in picture.iter("rect")]
    for number, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[:number]:
            assert x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y, "boxes do not overlap"
        assert x + width <= float(picture.get("width"))
        assert y + height <= float(picture.get("height"))
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "garage", "off")
        session.commit()
    assert admin.go("/console/docs/picture/garage").status_code == 404
    assert admin.go("/console/docs/picture/nothing").status_code == 404


def test_no_default_of_a_secret_is_told(house, tenant):
    line = next(
        line for line in house.browser("admin", tenant).go("/console/docs/tenantry.md").text.splitlines()
        if "garage.api_key" in line
    )  # fmt: skip
    assert "•••" in line


def test_they_have_all_that_is_declared(house, tenant):
    """Of the plugin of the tests that declares everything there is."""
    admin = house.browser("admin", tenant)
    page = "".join(
        admin.go(f"/console/docs/{part}").text for part in ("", "picture/orchard", "brings/orchard", "picture/market")
    )
    file = admin.go("/console/docs/tenantry.md").text
    for words in (
        "orchard.map.open", "Open the map", "orchard.picker", "Picks what is ripe.", "orchard.counting", "Ladders",
        "orchard.trees", "orchard.frost", "Frost is coming", "orchard.crates", "orchard.picked", "/orchard/map",
        "orchard.harvests", "Reads records of", "Adds to Stalls of Market", "Crates in stock (Whole number)",
        "It may refuse that one is saved.", "It may refuse that one is deleted.", "Loose link to: Stall",
        "Link to: Contact",
    ):  # fmt: skip
        assert words in page, words
        assert words in file, words
    assert "</code> record_id" not in page
    assert "market_stall |o..o{ orchard_tree : stall" in file, "a loose link is dashed"
    assert 'class="er-loose"' in admin.go("/console/docs/picture/orchard").text
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "market", "off")
        session.commit()
    assert "Adds to Stalls" not in admin.go("/console/docs/tenantry.md").text
    assert "Adds to Stalls" not in admin.go("/console/docs/brings/orchard").text
    assert admin.go("/console/docs/brings/market").status_code == 404


def test_an_admin_sees_what_a_plugin_does_before_it_is_on(house, tenant):
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "orchard", "off")
        session.commit()
    page = house.browser("admin", tenant).go("/console/plugins/orchard").text
    for words in (
        "Trees", "Open the map: ", "Picker (like Viewer): Picks what is ripe.", "Adds to Stalls of Market",
        "Fields: Crates in stock (Whole number)", "Actions: Deliver", "It may refuse that one is saved.",
        "It may refuse that one is deleted.", "Frost is coming", "Cards for the start page", "Water the trees",
        "Reads records of", "Takes payments by",
    ):  # fmt: skip
        assert words in page, words


def test_only_admins_read_it(house, tenant):
    assert house.browser("viewer", tenant).go("/console/docs/").status_code == 403


def test_the_page_keeps_the_budget(house, tenant, statements):
    admin = house.browser("admin", tenant)
    admin.go("/console/docs/")
    statements.clear()
    assert len(admin.go("/console/docs/").data) < 250_000
    assert len(statements) <= 8
