"""Possible duplicates: asked about on saving, listed by a job, decided by a person; no word of what one may not see."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Company, Contact, ContactChannel
from app.features.access_rules import AccessRule
from app.host.custom_fields import CustomFieldDef
from app.merging.jobs import find
from app.merging.models import DuplicatePair, DuplicateRule
from app.search.likeness import name_words, skeleton
from tests.merging_house import inside
from tests.transfer_house import Run

PEOPLE = "/contacts/contact"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def person(name, **more):
    first, _blank, last = name.partition(" ")
    return Contact(full_name=name, first_name=first, last_name=last or None, **more)


def phone(number, **more):
    return ContactChannel(kind="phone", value=number, value_normalised=number, **more)


def look(app, tenant):
    """Run the job; the pairs of contacts as (points, reasons)."""
    with inside(app, tenant) as session:
        find(Run(), "contacts.contact")
        session.commit()
        rows = session.execute(
            select(DuplicatePair.first_id, DuplicatePair.second_id, DuplicatePair.score, DuplicatePair.reasons)
        ).all()
        return {frozenset(row[:2]): (row[2], [path for path, _points in row[3]]) for row in rows}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Mohammed", "Muhammad"),
        ("Mohamed", "Mohammed"),
        ("Sara", "Sarah"),
        ("Ali", "Aly"),
        ("محمد", "محمّد"),
        ("الراشد", "راشد"),
    ],
)
def test_one_name_in_two_spellings_is_one(first, second):
    assert [skeleton(word) for word in name_words(first)] == [skeleton(word) for word in name_words(second)]


def test_different_names_are_different():
    assert len({skeleton(word) for word in ("sara", "samir", "salma", "sami", "omar", "amr")}) == 6


def test_what_a_company_is_tells_it_from_none():
    assert name_words("Acme Trading Co. Ltd") == name_words("acme trading")


def test_the_job_lists_pairs_with_their_reasons(app, house, tenant):
    (firm,) = house.add(Company(name="Acme"), tenant=tenant)
    ids = house.add(
        person("Sara Haddad", channels=[phone("+966500000011", is_shared=True)]),
        person("S. H.", channels=[phone("+966500000011", is_shared=True)]),
        person("Mohammed Ali", company_id=firm),
        person("Ali Muhammad", company_id=firm),
        person("Ali Muhammad"),
        person("Nobody Else", company_id=firm),
        tenant=tenant,
    )
    found = look(app, tenant)
    assert found == {
        frozenset(ids[:2]): (60, ["channels.value_normalised"]),
        frozenset(ids[2:4]): (60, ["full_name", "company"]),
    }


def test_a_pair_that_is_alike_no_more_goes_and_a_decision_stays(app, house, tenant):
    ids = house.add(
        *[person(f"P{n} Q{n}", channels=[phone("+966500000012", is_shared=True)]) for n in range(3)], tenant=tenant
    )
    assert len(look(app, tenant)) == 3
    api = house.api("manager", tenant)
    pairs = api.get("/merging/duplicates?resource=contacts.contact").json["data"]
    assert len(pairs) == 3
    assert pairs[0]["reasons"] == ["Ways to reach"]
    chosen = pairs[0]
    body = {"resource": "contacts.contact"}
    assert api.post(f"/merging/duplicates/{chosen['id']}/dismiss", body).status_code == 204
    with inside(app, tenant) as session:
        for row in session.scalars(select(ContactChannel)):
            row.value_normalised = f"+96650000{row.id.hex[-4:]}"
        session.commit()
    look(app, tenant)
    assert api.get("/merging/duplicates?resource=contacts.contact").json["data"] == []
    kept = api.get("/merging/duplicates?resource=contacts.contact&state=dismissed").json["data"]
    assert [one["id"] for one in kept] == [chosen["id"]]
    assert api.post(f"/merging/duplicates/{chosen['id']}/open", body).status_code == 204
    assert ids


def test_the_screen_merges_or_leaves_alone(app, house, tenant):
    house.add(
        *[person("Nora Salem", channels=[phone("+966500000013", is_shared=True)]) for _n in range(2)], tenant=tenant
    )
    look(app, tenant)
    browser = house.browser("manager", tenant)
    page = browser.go("/merging/duplicates")
    assert page.status_code == 200
    assert page.text.count("Nora Salem") == 2
    assert "100 points" in page.text
    assert "Compare and merge" in page.text
    pair = page.text.split("/merging/duplicates/")[-1].split("/dismiss")[0]
    done = browser.send(f"/merging/duplicates/{pair}/dismiss", {"resource": "contacts.contact"})
    assert done.status_code == 303
    assert "Nora Salem" not in browser.go("/merging/duplicates").text
    assert "Nora Salem" in browser.go("/merging/duplicates?resource=contacts.contact&state=dismissed").text
    assert browser.send("/merging/duplicates/find?resource=contacts.contact").status_code == 303


def test_a_tenant_says_what_counts(app, house, tenant):
    (firm,) = house.add(Company(name="Acme"), tenant=tenant)
    house.add(person("Nora Salem", company_id=firm), person("Nora Salem", company_id=firm), tenant=tenant)
    assert [score for score, _reasons in look(app, tenant).values()] == [70]
    house.add(DuplicateRule(resource="contacts.contact", path="company", points=0), tenant=tenant)
    assert look(app, tenant) == {}


def test_a_field_of_the_tenants_own_counts_and_finds(app, house, tenant):
    house.add(
        CustomFieldDef(resource="contacts.contact", key="vat", label="VAT", kind="text"),
        DuplicateRule(resource="contacts.contact", path="custom.vat", points=90),
        tenant=tenant,
    )
    ids = house.add(
        person("Nora Salem", custom_fields={"vat": "SA 1"}), person("Omar Zaid", custom_fields={"vat": "sa 1"}),
        tenant=tenant,
    )  # fmt: skip
    assert look(app, tenant) == {frozenset(ids): (90, ["custom.vat"])}
    told = house.api("manager", tenant).post(PEOPLE, {"first_name": "Third", "custom_fields": {"vat": "SA 1"}})
    assert (told.status_code, len(told.json["warnings"])) == (409, 2)


def test_rules_name_fields_that_exist(house, tenant):
    api = house.api("owner", tenant)
    body = {"resource": "contacts.contact", "path": "nothing", "points": 10}
    refused = api.post("/merging/rule", body)
    assert (refused.status_code, set(refused.json["errors"])) == (422, {"path"})
    assert api.post("/merging/rule", {**body, "resource": "contacts.note"}).json["errors"].keys() == {"resource"}
    assert api.post("/merging/rule", {**body, "path": "position"}).status_code == 201
    assert house.api("agent", tenant).post("/merging/rule", body).status_code == 403


def test_the_warning_names_the_owner_and_nothing_else(house, tenant):
    from app.tenancy.models import Membership

    with house.inside(tenant) as session:
        boss = session.scalars(select(Membership).where(Membership.name.like("Manager%"))).one()
        key, name = boss.id, boss.name
    secret = person("Hidden Person", assigned_to_id=key, position="Secret position")
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), secret, tenant=tenant)
    told = house.api("agent", tenant).post(PEOPLE, {"first_name": "hidden", "last_name": "person"})
    assert told.status_code == 409
    (warning,) = told.json["warnings"]
    assert name in warning["message"]
    assert warning["href"] is None
    for leak in ("Hidden Person", str(secret.id), "Secret"):
        assert leak not in told.text
    page = house.browser("agent", tenant).send(f"{PEOPLE}/add", {"first_name": "hidden", "last_name": "person"})
    assert page.status_code == 409
    assert name in page.text
    assert str(secret.id) not in page.text


def test_a_listed_pair_with_a_hidden_record_says_whom_to_ask(app, house, tenant):
    mine, theirs = house.add(
        *[person(name, channels=[phone("+966500000015", is_shared=True)]) for name in ("Mine One", "Theirs Two")],
        tenant=tenant,
    )
    look(app, tenant)
    with inside(app, tenant) as session:
        session.get(Contact, mine).created_by = house.people[tenant.slug, "manager"].uid
        session.commit()
    from app.tenancy.models import Membership

    with inside(app, tenant) as session:
        uid = house.people[tenant.slug, "manager"].uid
        member = session.scalars(select(Membership).where(Membership.account_uid == uid)).one()
        session.get(Contact, mine).assigned_to_id = member.id
        session.commit()
    house.add(AccessRule(role="manager", resource="contacts.contact", row_scope="own"), tenant=tenant)
    told = house.api("manager", tenant).get("/merging/duplicates?resource=contacts.contact").text
    assert "Mine One" in told
    assert "Theirs" not in told
    assert str(theirs) not in told
    page = house.browser("manager", tenant).go("/merging/duplicates").text
    assert "Theirs" not in page
    assert "colleague" in page


def test_the_form_of_a_record_that_is_there_leads_to_the_comparison(house, tenant):
    ids = house.add(person("Nora Salem"), person("Omar Zaid"), tenant=tenant)
    browser = house.browser("manager", tenant)
    page = browser.send(f"{PEOPLE}/{ids[1]}/edit", {"first_name": "Nora", "last_name": "Salem", "_version": "1"})
    assert page.status_code == 409
    assert f"/merging/new?resource=contacts.contact&amp;id={ids[1]}&amp;id={ids[0]}" in page.text


def test_other_tenants_are_not_looked_at(app, house, tenant):
    other = house.new_tenant()
    for one in (tenant, other):
        house.add(person("Nora Salem", channels=[phone("+966500000016")]), tenant=one)
    assert look(app, tenant) == {}
    assert house.api("manager", tenant).post(PEOPLE, {"first_name": "Nobody"}).status_code == 201
