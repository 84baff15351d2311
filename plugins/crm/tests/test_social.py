"""Snapshots hang on contacts and leads, are listed there, and move with a merge."""

from __future__ import annotations

import pytest

from app.sdk import Contact
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
