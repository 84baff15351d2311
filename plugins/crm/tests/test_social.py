"""Snapshots hang on contacts and leads, are listed there, and move with a merge."""

from __future__ import annotations

import pytest

from app.sdk import Contact
from app.testing.pumping import pump
from plugins.crm.models import Lead


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def test_a_snapshot_is_listed_where_it_hangs(house, tenant):
    (person,) = house.add(Contact(full_name="Nora", first_name="Nora"), tenant=tenant)
    api = house.api("agent", tenant)
    made = api.post(
        "/crm/social_snapshot",
        {
            "target_type": "contacts.contact", "target_id": str(person), "source": "linkedin",
            "headline": "Head of sales", "profile": "https://linkedin.example/in/nora", "data": {"followers": 12},
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    page = house.browser("agent", tenant).go(f"/contacts/contact/{person}")
    assert "Social snapshots" in page.text
    listed = house.browser("agent", tenant).go(f"/contacts/contact/{person}/related/crm-social_snapshot-target")
    assert "Head of sales" in listed.text


def test_a_snapshot_by_hand_is_of_now_unless_somebody_says_when(house, tenant):
    (person,) = house.add(Contact(full_name="Nora", first_name="Nora"), tenant=tenant)
    about = {"target_type": "contacts.contact", "target_id": str(person), "source": "manual", "headline": "Buyer"}
    sent = house.browser("agent", tenant).send("/crm/social_snapshot/add", {**about, "taken_at": ""})
    assert sent.status_code == 303, sent.text
    (row,) = house.api("agent", tenant).get("/crm/social_snapshot?headline.is=Buyer").json["data"]
    assert row["taken_at"]


def test_it_hangs_on_nothing_else(house, tenant):
    refused = house.api("agent", tenant).post(
        "/crm/social_snapshot", {"target_type": "crm.pipeline", "target_id": "0" * 32, "source": "x"}
    )
    assert refused.status_code == 422
    assert "target_type" in refused.json["errors"]


def test_leads_are_merged_with_their_snapshots(house, tenant):
    api = house.api("manager", tenant)
    ids = [api.post("/crm/lead?confirm=1", {"title": f"Fleet {n}"}).json["id"] for n in range(2)]
    body = {"target_type": "crm.lead", "target_id": ids[1], "source": "website"}
    snapshot = api.post("/crm/social_snapshot", body).json["id"]
    done = api.post("/merging/merges", {"resource": "crm.lead", "survivor": ids[0], "ids": [ids[1]]})
    assert done.status_code == 201, done.text
    assert api.get(f"/crm/social_snapshot/{snapshot}").json["target_id"] == ids[0]
    assert api.get(f"/crm/lead/{ids[1]}").status_code == 301
    assert api.post(f"/merging/merges/{done.json['id']}/undo").json["state"] == "undone"
    assert api.get(f"/crm/social_snapshot/{snapshot}").json["target_id"] == ids[1]
    assert Lead.__fields__["merged_into"].readonly


def test_two_leads_of_one_contact_with_one_title_are_asked_about(house, tenant):
    (person,) = house.add(Contact(full_name="Nora", first_name="Nora"), tenant=tenant)
    api = house.api("manager", tenant)
    body = {"title": "Fleet service", "contact": str(person)}
    assert api.post("/crm/lead", body).status_code == 201
    told = api.post("/crm/lead", body)
    assert (told.status_code, told.json["warnings"][0]["code"]) == (409, "duplicate")


def test_a_snapshot_stays_as_it_was_taken(house, tenant):
    api = house.api("owner", tenant)
    person = api.post("/contacts/contact?confirm=1", {"first_name": "Nora"}).json["id"]
    body = {"target_type": "contacts.contact", "target_id": person, "source": "website", "headline": "Buyer"}
    made = api.post("/crm/social_snapshot", body).json
    assert api.patch(f"/crm/social_snapshot/{made['id']}", {"headline": "Seller"}).status_code == 405
    browser = house.browser("owner", tenant)
    assert browser.go(f"/crm/social_snapshot/{made['id']}/edit").status_code in (403, 404)
    assert api.get(f"/crm/social_snapshot/{made['id']}").json == made


def plain(page):
    """Without the marks that keep pieces of two directions apart."""
    return page.text.replace("\u2068", "").replace("\u2069", "")


def test_the_newest_of_each_source_is_shown_with_what_has_changed(house, tenant):
    api = house.api("owner", tenant)
    person = api.post("/contacts/contact?confirm=1", {"first_name": "Nora"}).json["id"]
    about = {"target_type": "contacts.contact", "target_id": person}
    rows = [
        ("linkedin", "2026-01-05T10:00:00Z", "Buyer", {"followers": 12, "at": {"company": "Delta", "city": "Abha"}}),
        ("linkedin", "2026-03-05T10:00:00Z", "Head of sales", {"followers": 20, "at": {"company": "Delta"}}),
        ("register", "2026-02-01T10:00:00Z", "Registered", None),
    ]
    for source, at, headline, data in rows:
        body = {**about, "source": source, "taken_at": at, "headline": headline, "data": data}
        assert api.post("/crm/social_snapshot", body).status_code == 201
    browser = house.browser("owner", tenant)
    shown = plain(browser.go(f"/contacts/contact/{person}/related/crm__snapshots"))
    assert "Head of sales · Mar 5, 2026" in shown
    assert "Registered · Feb 1, 2026" in shown
    assert "Changed since Jan 5, 2026" in shown
    for change in ("Headline: Head of sales, before Buyer", "followers: 20, before 12", "at.city: –, before Abha"):
        assert change in shown
    assert "at.company" not in shown


def test_sources_of_other_plugins_are_asked_by_a_job(house, app, tenant):
    from tests.plugins_for_tests.orchard import plugin as orchard

    api = house.api("owner", tenant)
    person = api.post("/contacts/contact?confirm=1", {"first_name": "Nora"}).json["id"]
    path = f"/contacts/contact/{person}"
    assert "Ask the sources" not in house.browser("owner", tenant).go(path).text, "nobody to ask"
    try:
        orchard.said_of["Nora"] = {"source": "orchard_register", "headline": "Grower", "data": {"trees": 7}}
        assert "Ask the sources" in house.browser("owner", tenant).go(path).text
        assert api.post(f"{path}/actions/crm__look_up").status_code == 200
        pump(app)
        orchard.said_of["Nora"]["data"] = {"trees": 9}
        assert api.post(f"{path}/actions/crm__look_up").status_code == 200
        pump(app)
        shown = plain(house.browser("owner", tenant).go(f"{path}/related/crm__snapshots"))
        assert "Register of growers" in shown
        assert "trees: 9, before 7" in shown
        assert len(api.get(f"/crm/social_snapshot?target_id.is={person}").json["data"]) == 2
    finally:
        orchard.said_of.clear()


def test_what_others_said_goes_with_a_person_who_is_forgotten(house, tenant):
    api = house.api("owner", tenant)
    person = api.post("/contacts/contact?confirm=1", {"first_name": "Nora"}).json["id"]
    lead = api.post("/crm/lead", {"title": "Fleet", "contact": person, "external_id": "nora-7"}).json["id"]
    for kind, key in (("contacts.contact", person), ("crm.lead", lead)):
        body = {"target_type": kind, "target_id": key, "source": "website", "headline": f"Nora of {kind}"}
        assert api.post("/crm/social_snapshot", body).status_code == 201
    known = house.browser("owner", tenant).go(f"/contacts/privacy/{person}").text
    assert "Nora of contacts.contact" in known
    assert "Nora of crm.lead" in known
    assert api.post(f"/contacts/contact/{person}/actions/forget").status_code == 200
    assert api.get("/crm/social_snapshot").json["data"] == []
    assert api.get(f"/crm/lead/{lead}").json["external_id"] is None
