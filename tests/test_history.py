"""The history of a record, on screen and over REST: what the reader may see, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.contacts.models import Contact
from app.features.access_rules import AccessRule
from app.testing.pages import page_of


@pytest.fixture
def office(house):
    return Office(house)


class Office:
    """A tenant, its owner's browser and API, and a few helpers to change a vehicle."""

    def __init__(self, house):
        self.house = house
        self.tenant = house.new_tenant(currency="USD", timezone="Asia/Riyadh")
        self.owner = house.people[self.tenant.slug, "owner"]
        self.api = house.api("owner", self.tenant)
        self.browser = house.browser("owner", self.tenant)
        self.path = "/garage/vehicle"

    def vehicle(self, **values):
        body = {"plate": f"P-{len(values)}-{id(values)}", **values}
        made = self.api.post(f"{self.path}?confirm=1", body)
        assert made.status_code == 201, made.text
        return made.json["id"]

    def change(self, record_id, **values):
        done = self.api.patch(f"{self.path}/{record_id}?confirm=1", values)
        assert done.status_code == 200, done.text
        return done.json

    def history(self, record_id, api=None):
        got = (api or self.api).get(f"{self.path}/{record_id}/history")
        assert got.status_code == 200, got.text
        return got.json["data"]

    def restore(self, record_id, entry, body=None, **more):
        return self.api.post(f"{self.path}/{record_id}/history/{entry['id']}/restore?confirm=1", body, **more)


def test_a_version_comes_back_with_every_kind_of_value(office):
    with office.house.inside(office.tenant, office.owner.uid) as session:
        ali, sara = Contact(full_name="Ali", first_name="Ali"), Contact(full_name="Sara", first_name="Sara")
        session.add_all([ali, sara])
        session.commit()
        first, second = str(ali.id), str(sara.id)
    before = {
        "fuel": "diesel", "price": {"amount": "10.05", "currency": "USD"}, "odometer": 10, "consumption": "5.125",
        "insured": True, "registered_on": "2026-01-31", "seen_at": "2026-03-29T01:30:15.123456Z",
        "equipment": {"n": [1, 1.5, None]}, "labels": ["a", "b"], "owner": first, "mail": "a@x.example",
    }  # fmt: skip
    record_id = office.vehicle(**before)
    was = office.api.get(f"{office.path}/{record_id}").json
    office.change(
        record_id, fuel="electric", price=None, odometer=11, consumption="6", insured=False, registered_on=None,
        seen_at="2027-01-01T00:00:00Z", equipment=[], labels=["c"], owner=second, mail=None, battery="big",
    )  # fmt: skip
    office.change(record_id, odometer=12)
    newest, middle, made = office.history(record_id)
    assert [one["action"] for one in (made, middle, newest)] == [
        f"garage.vehicle.{v}" for v in ("create", *2 * ("update",))
    ]
    assert middle["changes"]["odometer"] == {"before": 10, "after": 11}
    assert middle["changes"]["price"]["before"] == was["price"]
    assert middle["actor"]["name"] == office.owner.get_full_name()
    restored = office.restore(record_id, made)
    assert restored.status_code == 200, restored.text
    now = office.api.get(f"{office.path}/{record_id}").json
    assert {name: now[name] for name in was if name not in ("version", "updated_at")} == {
        name: value for name, value in was.items() if name not in ("version", "updated_at")
    }
    assert len(office.history(record_id)) == 4, "restoring is a change like any other"


def test_one_field_gets_back_what_it_held_before_an_entry(office):
    record_id = office.vehicle(odometer=1, mail="a@x.example")
    office.change(record_id, odometer=2, mail="b@x.example")
    office.change(record_id, odometer=3)
    _newest, middle, _made = office.history(record_id)
    assert office.restore(record_id, middle, {"fields": ["mail"]}).json["mail"] == "a@x.example"
    assert office.api.get(f"{office.path}/{record_id}").json["odometer"] == 3
    assert office.restore(record_id, middle, {"fields": ["mail"]}).json["code"] == "nothing_to_restore"
    assert office.restore(record_id, middle, {"fields": []}).status_code == 422
    stale = office.restore(record_id, middle, {"fields": ["odometer"]}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


def test_rows_inside_the_form_come_back(office):
    with office.house.inside(office.tenant, office.owner.uid) as session:
        from tests.plugins_for_tests.garage.models import Door, Vehicle

        vehicle = Vehicle(plate="rows")
        vehicle.doors = [Door(side="left", note="kept"), Door(side="right", note="gone")]
        session.add(vehicle)
        session.commit()
        record_id = str(vehicle.id)
        vehicle.doors[0].note = "changed"
        session.delete(vehicle.doors[1])
        vehicle.doors.append(Door(side="left", note="new"))
        session.commit()
    newest, made = office.history(record_id)
    assert sorted(row["change"] for row in newest["rows"]) == ["create", "delete", "update"]
    assert office.restore(record_id, made).status_code == 200
    with office.house.inside(office.tenant) as session:
        notes = set(session.scalars(select(Door.note)))
    assert notes == {"kept", "gone"}


def test_custom_fields_have_a_history(office, house):
    with house.inside(office.tenant) as session:
        from app.host.custom_fields import CustomFieldDef

        session.add(CustomFieldDef(resource="garage.vehicle", key="fleet", label="Fleet", kind="text"))
        session.commit()
    record_id = office.vehicle(custom_fields={"fleet": "north"})
    office.change(record_id, custom_fields={"fleet": "south"})
    newest, made = office.history(record_id)
    assert newest["changes"] == {"custom.fleet": {"before": "north", "after": "south"}}
    assert office.restore(record_id, made).json["custom_fields"] == {"fleet": "north"}


def test_what_cannot_be_stored_today_is_refused_at_its_field(office, house):
    (contact_id,) = house.add(Contact(full_name="Gone", first_name="Gone"), tenant=office.tenant)
    record_id = office.vehicle(owner=str(contact_id))
    office.change(record_id, owner=None)
    with house.inside(office.tenant) as session:
        session.delete(session.get(Contact, contact_id))
        session.commit()
    _newest, made = office.history(record_id)
    refused = office.restore(record_id, made)
    assert refused.status_code == 422
    assert "owner" in refused.json["errors"]


def test_the_screen_shows_the_history_and_restores(office):
    record_id = office.vehicle(odometer=1, price={"amount": "5.00", "currency": "USD"})
    office.change(record_id, odometer=2, price={"amount": "7.00", "currency": "USD"})
    detail = page_of(office.browser.go(f"{office.path}/{record_id}"))
    address = next(one for one in detail.fetched if one.endswith("/history"))
    page = page_of(office.browser.get(address))
    assert "Vehicle: changed" in page.text
    assert "$5.00" in page.text
    assert "price_minor" not in page.text, "nothing raw"
    restores = [form for form in page.forms if "/history/" in form.action]
    one = next(form for form in restores if form.value("field") == "odometer")
    answer = office.browser.post(one.action, data=one.data())
    assert answer.status_code == 303
    assert office.api.get(f"{office.path}/{record_id}").json["odometer"] == 1
    office.browser.post(one.action, data=one.data())
    again = page_of(office.browser.go(f"{office.path}/{record_id}"))
    assert "nothing to restore" in again.text
    stale = next(form for form in restores if form.value("field") is None)
    office.browser.post(stale.action, data=stale.data())
    assert "Somebody else has changed this" in page_of(office.browser.go(f"{office.path}/{record_id}")).text


def test_a_viewer_reads_the_history_and_restores_nothing(office, house):
    record_id = office.vehicle(odometer=1)
    office.change(record_id, odometer=2)
    entry = office.history(record_id)[0]
    viewer = house.api("viewer", office.tenant)
    assert len(office.history(record_id, viewer)) == 2
    refused = viewer.post(f"{office.path}/{record_id}/history/{entry['id']}/restore")
    assert refused.status_code == 403
    page = page_of(house.browser("viewer", office.tenant).go(f"{office.path}/{record_id}/history"))
    assert [form for form in page.forms if "/history/" in form.action] == []


def test_hidden_fields_are_hidden_in_the_past_too(office, house):
    record_id = office.vehicle(odometer=1, vin="SECRETVIN")
    office.change(record_id, odometer=2)
    with house.inside(office.tenant) as session:
        session.add(AccessRule(role="agent", resource="garage.vehicle", hidden=["vin", "doors"], readonly=["odometer"]))
        session.commit()
    agent = house.api("agent", office.tenant)
    newest, made = office.history(record_id, agent)
    assert "vin" not in made["changes"]
    assert "SECRETVIN" not in house.browser("agent", office.tenant).go(f"{office.path}/{record_id}/history").text
    answer = agent.post(f"{office.path}/{record_id}/history/{newest['id']}/restore", {"fields": ["odometer"]})
    assert answer.json["code"] == "nothing_to_restore", "read-only fields are not restored either"


def test_row_rules_hold_in_the_history_and_in_the_log(office, house):
    """Diaries are their author's alone, an owner of the tenant included."""
    agent = house.api("agent", office.tenant)
    made = agent.post("/garage/diary", {"title": "zqsecret diary"})
    assert made.status_code == 201, made.text
    record_id = made.json["id"]
    assert len(agent.get(f"/garage/diary/{record_id}/history").json["data"]) == 1
    assert office.api.get(f"/garage/diary/{record_id}/history").status_code == 404
    log = office.api.get("/console/audit_entry?size=200")
    assert "zqsecret" not in log.text
    assert office.api.get("/console/audit_entry?q=zqsecret").json["data"] == []
    with house.inside(office.tenant) as session:
        entry = session.scalars(select(AuditEntry.id).where(AuditEntry.target_id == record_id)).one()
    assert office.browser.go(f"/console/audit_entry/{entry}").status_code == 404


def test_the_log_is_for_owners_and_admins_and_can_be_searched_and_filtered(office, house):
    record_id = office.vehicle(plate="LOOKFORME")
    office.change(record_id, odometer=5)
    found = office.api.get("/console/audit_entry?q=lookforme").json["data"]
    assert [one["action"] for one in found] == ["garage.vehicle.update", "garage.vehicle.create"]
    for query in (
        "action.is=garage.vehicle.update", "via.is=rest&q=lookforme", f"target_id.is={record_id}",
        f"actor_name.is={office.owner.get_full_name()}", "created_at.after=2020-01-01", "target_type.is=garage.vehicle",
    ):  # fmt: skip
        assert office.api.get(f"/console/audit_entry?{query}").json["data"], query
    assert office.api.get("/console/audit_entry?via.is=job").json["data"] == []
    page = page_of(office.browser.go("/console/audit_entry/"))
    assert "Vehicle: changed" in page.text
    assert "garage.vehicle.update" not in page.text, "in words"
    detail = page_of(office.browser.go(f"/console/audit_entry/{found[0]['id']}"))
    assert "Odometer" in detail.text
    assert "Open the record" in detail.text
    for role in ("manager", "agent", "viewer"):
        assert house.api(role, office.tenant).get("/console/audit_entry").status_code == 403
    assert house.api("admin", office.tenant).get("/console/audit_entry").status_code == 200
    for method in ("POST", "PATCH", "DELETE"):
        assert office.api(method, f"/console/audit_entry/{found[0]['id']}").status_code in (404, 405)


def test_erased_entries_are_shown_as_such(app, office):
    from uuid import UUID

    from app.audit import keeping

    record_id = office.vehicle(odometer=1)
    office.change(record_id, odometer=2)
    with app.app_context():
        keeping.erase_records(office.tenant.id, [UUID(record_id)], "a test")
    newest, _made = office.history(record_id)
    assert newest["erased"]
    assert newest["changes"] == {}
    assert "was erased" in office.restore(record_id, newest).json["detail"]
    assert "was erased" in page_of(office.browser.go(f"{office.path}/{record_id}/history")).text


def test_pages_of_history_and_their_cost(office, statements):
    record_id = office.vehicle(odometer=0)
    for number in range(1, 25):
        office.change(record_id, odometer=number)
    office.browser.go(f"{office.path}/{record_id}/history")
    statements.clear()
    page = page_of(office.browser.go(f"{office.path}/{record_id}/history"))
    assert len(statements) <= 8, statements.report()
    older = next(link for link in page.links if "before=" in link)
    assert "Show older" in page.text
    assert page_of(office.browser.get(older)).text.count("Vehicle: changed") == 10
    entry = office.history(record_id)[3]
    statements.clear()
    office.restore(record_id, entry)
    assert len(statements) <= 16, statements.report()


def test_moments_are_exact_after_a_restore(office):
    record_id = office.vehicle(seen_at="2026-03-29T01:30:15.123456Z")
    office.change(record_id, seen_at=None)
    office.restore(record_id, office.history(record_id)[1])
    seen = datetime.fromisoformat(office.api.get(f"{office.path}/{record_id}").json["seen_at"])
    assert seen == datetime(2026, 3, 29, 1, 30, 15, 123456, UTC)
