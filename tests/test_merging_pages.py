"""Merging on screens and over REST, and what a merged record's addresses lead to."""

from __future__ import annotations

import re

import pytest

from app.contacts.models import Contact, Note
from app.features.access_rules import AccessRule
from tests.merging_house import differences, dump, value

PEOPLE = "/contacts/contact"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def ids(house, tenant):
    rows = [
        Contact(full_name="Sara Haddad", first_name="Sara", last_name="Haddad", position="Buyer", tags=["vip"]),
        Contact(full_name="Sarah Haddad", first_name="Sarah", last_name="Haddad", position="Seller", tags=["new"]),
    ]
    keys = house.add(*rows, tenant=tenant)
    house.add(Note(target_type="contacts.contact", target_id=keys[1], content="Met in Jeddah"), tenant=tenant)
    return keys


def form(ids, **more):
    return {"resource": "contacts.contact", "id": [str(one) for one in ids], **more}


def test_ticked_rows_are_compared_merged_and_parted_again(app, house, tenant, ids):
    browser = house.browser("manager", tenant)
    before = dump(app, tenant)
    asked = browser.send("/merging/new", form(ids))
    assert asked.status_code == 200
    for words in ("Sara Haddad", "Sarah Haddad", "Buyer", "Seller", "Notes: 1", "All together"):
        assert words in asked.text
    done = browser.send("/merging/new", form(ids, _run="1", survivor=str(ids[0]), **{"field.position": str(ids[1])}))
    assert done.status_code == 303, done.text
    assert value(app, tenant, Contact, ids[0], "position", "tags") == ("Seller", ["vip", "new"])
    page = browser.go(done.location.removeprefix(browser.prefix))
    assert page.status_code == 200
    for words in ("Sarah Haddad", "Notes: 1", "Buyer", "Seller", "Undo this merge"):
        assert words in page.text
    undone = browser.send(done.location.removeprefix(browser.prefix) + "/undo")
    assert undone.status_code == 303
    assert differences(before, dump(app, tenant)) == []


def test_one_row_cannot_be_merged(house, tenant, ids):
    left = house.browser("manager", tenant).send("/merging/new", form(ids[:1]))
    assert left.status_code == 303
    assert left.location.endswith("/contacts/contact/")


def test_somebody_who_changed_one_meanwhile_is_not_overwritten(house, tenant, ids):
    browser = house.browser("manager", tenant)
    versions = {f"version.{ids[0]}": "1", f"version.{ids[1]}": "9"}
    refused = browser.send("/merging/new", form(ids, _run="1", survivor=str(ids[0]), **versions))
    assert refused.status_code == 409
    assert "since you looked" in refused.text


def test_the_list_offers_it_to_those_who_may(house, tenant, ids):
    assert "/merging/new" in house.browser("manager", tenant).go(f"{PEOPLE}/").text
    assert "/merging/new" not in house.browser("agent", tenant).go(f"{PEOPLE}/").text
    assert house.browser("agent", tenant).send("/merging/new", form(ids)).status_code == 403
    assert house.browser("viewer", tenant).go("/merging/duplicates").status_code == 403


def merged(house, tenant, keys, **more):
    body = {"resource": "contacts.contact", "survivor": str(keys[0]), "ids": [str(keys[1])], **more}
    return house.api("manager", tenant).post("/merging/merges", body)


def test_rest_merges_and_takes_back(app, house, tenant, ids):
    before = dump(app, tenant)
    api = house.api("manager", tenant)
    answer = merged(house, tenant, ids, fields={"position": str(ids[1])}, versions={str(ids[1]): 1})
    assert answer.status_code == 201, answer.text
    assert answer.json["moved"] == {"Notes": 1}
    listed = api.get("/merging/merge").json["data"]
    assert [row["id"] for row in listed] == [answer.json["id"]]
    api.patch(f"{PEOPLE}/{ids[0]}", {"position": "Owner"})
    asked = api.post(f"/merging/merges/{answer.json['id']}/undo")
    assert (asked.status_code, asked.json["code"]) == (409, "changed_since")
    row = asked.json["rows"][0]
    decided = {"rows": [{"table": row["table"], "id": row["id"], "do": "back"}]}
    undone = api.post(f"/merging/merges/{answer.json['id']}/undo", decided)
    assert (undone.status_code, undone.json["state"]) == (200, "undone")
    assert differences(before, dump(app, tenant)) == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"survivor": "x"}, "survivor"),
        ({"ids": []}, "ids"),
        ({"ids": "x"}, "ids"),
        ({"fields": {"position": "x"}}, "fields"),
        ({"versions": []}, "versions"),
        ({"what": 1}, "what"),
        ({"fields": {"full_name": None}}, "fields"),
    ],
)
def test_rest_refuses_in_words(house, tenant, ids, more, field):
    answer = merged(house, tenant, ids, **more)
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def test_rest_refuses_who_may_not(house, tenant, ids):
    body = {"resource": "contacts.contact", "survivor": str(ids[0]), "ids": [str(ids[1])]}
    assert house.api("agent", tenant).post("/merging/merges", body).status_code == 403
    assert house.api("manager").post("/merging/merges", body).status_code == 409
    assert (
        house.api("manager", tenant).post("/merging/merges", {**body, "resource": "contacts.note"}).status_code == 404
    )


def test_the_addresses_of_a_merged_record_lead_to_the_one_that_stayed(house, tenant, ids):
    merged(house, tenant, ids)
    browser, api = house.browser("manager", tenant), house.api("manager", tenant)
    gone = browser.go(f"{PEOPLE}/{ids[1]}")
    assert gone.status_code == 302
    assert gone.location.endswith(f"{PEOPLE}/{ids[0]}")
    assert browser.send(f"{PEOPLE}/{ids[1]}/edit", {"first_name": "X"}).status_code == 410
    read = api.get(f"{PEOPLE}/{ids[1]}")
    assert (read.status_code, read.json["merged_into"]) == (301, str(ids[0]))
    assert read.headers["Location"].endswith(f"{PEOPLE}/{ids[0]}")
    assert read.headers["Cache-Control"] == "no-store"
    changed = api.patch(f"{PEOPLE}/{ids[1]}", {"first_name": "X"})
    assert (changed.status_code, changed.json["merged_into"]) == (410, str(ids[0]))


def test_the_trash_does_not_hold_merged_records(house, tenant, ids):
    merged(house, tenant, ids)
    browser = house.browser("owner", tenant)
    assert "Sarah" not in browser.go(f"{PEOPLE}/trash").text
    assert browser.send(f"{PEOPLE}/trash/{ids[1]}/restore").status_code == 410
    assert browser.send(f"{PEOPLE}/trash/{ids[1]}/purge", {"_run": "1"}).status_code == 410


def test_the_history_of_both_is_read_at_the_one_that_stayed(house, tenant, ids):
    api = house.api("manager", tenant)
    api.patch(f"{PEOPLE}/{ids[1]}", {"position": "Head of sales"})
    merged(house, tenant, ids)
    told = api.get(f"{PEOPLE}/{ids[0]}/history").text
    assert "Head of sales" in told
    assert "Head of sales" in house.browser("manager", tenant).go(f"{PEOPLE}/{ids[0]}/history").text


def test_one_finds_the_survivor_by_the_words_of_both(house, tenant, ids):
    from app.contacts.models import ContactChannel

    house.add(
        ContactChannel(contact_id=ids[1], kind="email", value="s@mail.example", value_normalised="s@mail.example"),
        tenant=tenant,
    )
    merged(house, tenant, ids)
    found = house.api("manager", tenant).get(f"{PEOPLE}?q=s@mail.example").json["data"]
    assert [row["id"] for row in found] == [str(ids[0])]


def test_what_the_person_may_not_read_moves_without_a_word(app, house, tenant, ids):
    from tests.merging_house import inside
    from tests.plugins_for_tests.garage.models import Diary, Vehicle

    (car,) = house.add(Vehicle(plate="SECRET-1", owner_id=ids[1]), tenant=tenant)
    house.add(AccessRule(role="manager", resource="garage.vehicle", row_scope="own"), tenant=tenant)
    with inside(app, tenant):
        assert Diary is not None
    answer = merged(house, tenant, ids)
    assert value(app, tenant, Vehicle, car, "owner_id") == (ids[0],)
    page = house.browser("manager", tenant).go(f"/merging/merges/{answer.json['id']}").text
    assert "SECRET-1" not in page


def test_a_field_hidden_from_somebody_is_no_choice_and_not_shown(house, tenant, ids):
    house.add(AccessRule(role="manager", resource="contacts.contact", hidden=["position"]), tenant=tenant)
    page = house.browser("manager", tenant).send("/merging/new", form(ids)).text
    assert "Buyer" not in page
    refused = merged(house, tenant, ids, fields={"position": str(ids[1])})
    assert refused.status_code == 422
    assert "fields.position" in refused.json["errors"]


def test_who_sees_only_their_own_sees_their_own_merge(house, tenant, ids):
    from sqlalchemy import select

    from app.tenancy.models import Membership

    uid = house.people[tenant.slug, "manager"].uid
    with house.inside(tenant) as session:
        member = session.scalars(select(Membership).where(Membership.account_uid == uid)).one()
        for one in ids:
            session.get(Contact, one).assigned_to_id = member.id
        session.commit()
    house.add(AccessRule(role="manager", resource="contacts.contact", row_scope="own"), tenant=tenant)
    done = merged(house, tenant, ids).json["id"]
    assert house.browser("manager", tenant).go(f"/merging/merges/{done}").status_code == 200
    assert house.browser("owner", tenant).go(f"/merging/merges/{done}").status_code == 200


def test_an_unknown_merge_is_not_there(house, tenant, ids):
    done = merged(house, tenant, ids).json["id"]
    assert house.browser("manager").go(f"/merging/merges/{done}").status_code == 404
    assert house.api("manager").post(f"/merging/merges/{done}/undo").status_code == 404


def test_the_pages_stay_within_the_budget(house, tenant, ids, statements):
    browser = house.browser("manager", tenant)
    browser.go("/")
    statements.clear()
    browser.go(f"/merging/new?resource=contacts.contact&id={ids[0]}&id={ids[1]}")
    assert len(statements) <= 8, statements.report()
    done = merged(house, tenant, ids).json["id"]
    statements.clear()
    browser.go(f"/merging/merges/{done}")
    assert len(statements) <= 8, statements.report()
    statements.clear()
    browser.go("/merging/duplicates")
    assert len(statements) <= 8, statements.report()


def test_the_page_says_it_in_arabic(house, ids):
    tenant = house.new_tenant(locale="ar")
    keys = house.add(
        Contact(full_name="سارة", first_name="سارة"), Contact(full_name="ساره", first_name="ساره"), tenant=tenant
    )
    address = f"/merging/new?resource=contacts.contact&id={keys[0]}&id={keys[1]}"
    page = house.browser("manager", tenant).go(address).text
    assert 'dir="rtl"' in page
    assert not re.search(r">\s*Stays\s*<", page)
