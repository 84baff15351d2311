"""One search over everything: what a person may read, by what they may see, for a fixed number of statements."""

from __future__ import annotations

from io import BytesIO

import pytest
from sqlalchemy import select, text

from app.contacts.models import Company, Contact, ContactChannel, Note
from app.data import utcnow
from app.features.access_rules import AccessRule
from app.files.services import attach
from app.search import everywhere
from app.tenancy.models import Membership
from app.testing.pages import page_of
from tests.plugins_for_tests.garage.models import Vehicle

BUDGET = 8


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def contact(name, *channels, **more):
    row = Contact(full_name=name, first_name=name, **more)
    for kind, value in channels:
        row.channels.append(ContactChannel(kind=kind, value=value, value_normalised=value))
    return row


@pytest.fixture
def filled(house, tenant):
    house.add(
        contact("Ali Hassan", ("phone", "+966501234567"), ("email", "ali@mail.example")),
        contact("Alison Wong"),
        contact("علي الراشد"),
        Company(name="Alinma Bank", city="Riyadh", domain="alinma.example"),
        Vehicle(plate="ALI 1"),
        tenant=tenant,
    )
    return tenant


def found(api, words, **more):
    """Labels by kind."""
    answer = api.get("/search", query_string={"q": words, **more})
    assert answer.status_code == 200, answer.text
    return {group["kind"]: [hit["label"] for hit in group["results"]] for group in answer.json["data"]}


def test_records_of_every_kind_are_found_by_kind_in_the_order_of_the_menu(house, filled):
    api = house.api("owner", filled)
    groups = found(api, "ali")
    assert list(groups) == ["contacts.contact", "contacts.company", "garage.vehicle"]
    assert groups["contacts.contact"] == ["Ali Hassan", "Alison Wong"]
    assert groups["garage.vehicle"] == ["ALI 1"]
    assert found(api, "ALI has") == {"contacts.contact": ["Ali Hassan"]}
    assert found(api, "hassan") == {"contacts.contact": ["Ali Hassan"]}
    assert found(api, "riyadh") == {}
    assert found(api, "nobody") == found(api, "") == found(api, "()") == found(api, "\x00") == {}


@pytest.mark.parametrize("words", ["0501234567", "+966 50 123", "4567", "ali@mail", "mail.example", "٠٥٠١٢٣٤٥٦٧"])
def test_by_fragments_of_phone_and_e_mail(house, filled, words):
    assert found(house.api("owner", filled), words) == {"contacts.contact": ["Ali Hassan"]}


def test_arabic_in_any_spelling(house, filled):
    for words in ("علي", "على", "عَلِي", "راشد", "الراشد علي"):
        assert found(house.api("owner", filled), words) == {"contacts.contact": ["علي الراشد"]}


def test_hints_and_addresses(house, filled):
    (group,) = house.api("owner", filled).get("/search?q=alinma").json["data"]
    (hit,) = group["results"]
    assert (hit["label"], hit["hint"]) == ("Alinma Bank", "Riyadh")
    page = house.browser("owner", filled).get(f"/t/{filled.slug}{hit['href']}")
    assert "Alinma Bank" in page.text


def test_only_some_kinds_and_so_many(house, filled):
    api = house.api("owner", filled)
    assert list(found(api, "ali", kinds="garage.vehicle,contacts.company")) == ["contacts.company", "garage.vehicle"]
    answer = api.get("/search?q=ali&size=1").json["data"]
    assert [(len(group["results"]), group["more"]) for group in answer] == [(1, True), (1, False), (1, False)]
    for bad in ("", "?q=a&kinds=nothing", "?q=a&size=0", "?q=a&size=x", "?q=a&unknown=1", "?q=" + "a" * 201):
        refused = api.get(f"/search{bad}")
        assert (refused.status_code, refused.json["code"]) == (422, "invalid"), bad


def test_what_is_in_the_trash_or_deleted_is_not_found(house, filled):
    with house.inside(filled) as session:
        session.query(Contact).filter_by(full_name="Ali Hassan").one().deleted_at = utcnow()
        session.delete(session.query(Vehicle).one())
        session.commit()
    groups = found(house.api("owner", filled), "ali")
    assert groups["contacts.contact"] == ["Alison Wong"]
    assert "garage.vehicle" not in groups


def test_two_tenants_never_find_each_other(house, filled):
    other = house.new_tenant()
    assert found(house.api("owner", other), "ali") == {}
    assert house.browser("owner", other).get(f"/t/{filled.slug}/search?q=ali").status_code == 404
    assert house.browser("owner", other).get(f"/t/{filled.slug}/search/suggest?q=ali").status_code == 404


def test_a_token_without_the_permission_finds_nothing_of_a_kind(house, filled):
    api = house.api("owner", filled, scopes=("contacts.company.read",))
    assert list(found(api, "ali")) == ["contacts.company"]


def test_own_rows_only(house, filled):
    house.add(AccessRule(role="viewer", resource="contacts.contact", row_scope="own"), tenant=filled)
    assert "contacts.contact" not in found(house.api("viewer", filled), "ali")
    assert "contacts.contact" in found(house.api("owner", filled), "ali")


def test_own_rows_among_very_common_words(house, tenant, monkeypatch):
    """The first tokens are all of other people's records."""
    from app.tenancy.models import Membership

    monkeypatch.setattr(everywhere, "MOST", 3)
    monkeypatch.setattr("app.screens.searching.MOST", 3)
    house.add(*(contact(f"Common {number}") for number in range(10)), tenant=tenant)
    viewer = house.people[tenant.slug, "viewer"]
    with house.inside(tenant) as session:
        mine = session.query(Membership).filter_by(email=viewer.email).one().id
        session.add(contact("Common zebra mine", assigned_to_id=mine))
        session.commit()
    house.add(AccessRule(role="viewer", resource="contacts.contact", row_scope="own"), tenant=tenant)
    for words in ("common", "common ze"):
        assert found(house.api("viewer", tenant), words) == {"contacts.contact": ["Common zebra mine"]}, words
    assert len(found(house.api("owner", tenant), "common")["contacts.contact"]) == 3


def test_of_very_common_words_the_list_has_more(house, tenant, monkeypatch):
    """Not all is looked at, and all that was is in the trash: the page leads to the list instead of denying it. Who may
    not see everything is told nothing."""
    monkeypatch.setattr(everywhere, "MOST", 3)
    monkeypatch.setattr("app.screens.searching.MOST", 3)
    house.add(*(contact(f"Common {number}") for number in range(10)), tenant=tenant)
    with house.inside(tenant) as session:
        for row in session.query(Contact).order_by(Contact.id).limit(4):
            row.deleted_at = utcnow()
        session.commit()
    (group,) = house.api("owner", tenant).get("/search?q=common").json["data"]
    assert (group["results"], group["more"]) == ([], True)
    page = house.browser("owner", tenant).go("/search?q=common").text
    assert f"/t/{tenant.slug}/contacts/contact/?q=common" in page
    house.add(AccessRule(role="viewer", resource="contacts.contact", hidden=["full_name"]), tenant=tenant)
    assert house.api("viewer", tenant).get("/search?q=common").json["data"] == []


def test_a_match_through_a_hidden_field_is_not_found(house, filled):
    """Neither here nor in the list, nor in pickers; a word that is in a field one may see as well is."""
    house.add(AccessRule(role="viewer", resource="contacts.contact", hidden=["channels"]), tenant=filled)
    viewer, owner = house.api("viewer", filled), house.api("owner", filled)
    for words in ("0501234567", "mail.example", "ali@mail"):
        assert found(viewer, words) == {}, words
        assert viewer.get("/contacts/contact", query_string={"q": words}).json["data"] == []
        assert found(owner, words) != {}
        assert owner.get("/contacts/contact", query_string={"q": words}).json["data"] != []
    assert found(viewer, "ali")["contacts.contact"] == ["Ali Hassan", "Alison Wong"]
    assert found(viewer, "ali 0501234567") == {}
    assert len(viewer.get("/contacts/contact?q=ali").json["data"]) == 2
    assert viewer.get("/contacts/contact?q=ali%20mail").json["data"] == []


def test_nor_through_rows_of_a_kind_one_may_not_see(house, filled):
    house.add(AccessRule(role="viewer", resource="contacts.channel", hidden=["value"]), tenant=filled)
    assert found(house.api("viewer", filled), "0501234567") == {}
    house.add(AccessRule(role="agent", resource="contacts.channel", row_scope="own"), tenant=filled)
    assert found(house.api("agent", filled), "0501234567") == {}


def test_nor_through_a_custom_field_one_may_not_see(house, samples, tenant):
    with house.inside(tenant) as session:
        samples.define_custom_fields(session)
        session.add(Company(name="Secretive", custom_fields={"own_text": "needle"}))
        session.commit()
    assert found(house.api("viewer", tenant), "needle") == {"contacts.company": ["Secretive"]}
    house.add(AccessRule(role="viewer", resource="contacts.company", hidden=["custom.own_text"]), tenant=tenant)
    assert found(house.api("viewer", tenant), "needle") == {}
    assert found(house.api("owner", tenant), "needle") == {"contacts.company": ["Secretive"]}


def test_a_hidden_name_is_not_shown(house, filled):
    house.add(AccessRule(role="viewer", resource="contacts.company", hidden=["name", "city"]), tenant=filled)
    (group,) = house.api("viewer", filled).get("/search?q=alinma.example").json["data"]
    assert group["results"][0]["label"] == group["results"][0]["id"].replace("-", "")[-8:]
    assert group["results"][0]["hint"] == ""
    assert "contacts.company" not in found(house.api("viewer", filled), "bank")


def test_tokens_of_the_first_hour_are_found_by_nobody_with_hidden_fields(house, filled):
    with house.inside(filled) as session:
        session.execute(text("UPDATE search_token SET fields = ''"))
        session.commit()
    house.add(AccessRule(role="viewer", resource="contacts.contact", hidden=["birthday"]), tenant=filled)
    assert "contacts.contact" in found(house.api("owner", filled), "ali")
    assert "contacts.contact" not in found(house.api("viewer", filled), "ali")


def test_each_record_comes_once_and_whole_words_come_first(house, tenant):
    house.add(contact("Samir Samirah Samira"), contact("Sam"), contact("Samantha"), tenant=tenant)
    assert found(house.api("owner", tenant), "sam")["contacts.contact"] == ["Sam", "Samantha", "Samir Samirah Samira"]


@pytest.mark.parametrize("words", ["ali", "ali hassan", "a b c d e f"])
def test_the_number_of_statements_is_fixed(house, filled, statements, words):
    api, browser = house.api("owner", filled), house.browser("owner", filled)
    for ask in (
        lambda: api.get("/search", query_string={"q": words}),
        lambda: browser.go("/search", query_string={"q": words}),
        lambda: browser.go("/search/suggest", query_string={"q": words}),
    ):
        ask()
        statements.clear()
        assert ask().status_code == 200
        assert len(statements) <= 5 <= BUDGET, statements.report()


def test_the_box_is_on_every_page_and_its_page_works_without_scripts(house, filled):
    browser = house.browser("owner", filled)
    home = page_of(browser.go("/"))
    form = next(form for form in home.forms if form.action.endswith("/search"))
    assert (form.action, form.method, form.names()) == (f"/t/{filled.slug}/search", "get", {"q"})
    page = browser.get(form.action, query_string={"q": "ali"}).text
    assert "Ali Hassan" in page
    assert "Riyadh" in page
    assert 'value="ali"' in page
    assert "Nothing was found" in browser.go("/search?q=nobody").text
    assert browser.go("/search").status_code == 200
    assert browser.go("/search?q=%00").status_code == 200
    hostile = browser.go("/search", query_string={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert(1)" not in hostile


def test_more_leads_to_the_list(house, tenant):
    house.add(*(contact(f"Many {number}") for number in range(12)), tenant=tenant)
    browser = house.browser("owner", tenant)
    page = browser.go("/search?q=many").text
    assert f"/t/{tenant.slug}/contacts/contact/?q=many" in page
    assert "Many" in browser.go("/contacts/contact/?q=many").text


def test_the_palette_offers_places_and_new_records(house, filled):
    def labels(role, words):
        groups = house.browser(role, filled).go("/search/suggest", query_string={"q": words}).json["groups"]
        return [item["label"] for group in groups if group["title"] == "Go to" for item in group["items"]]

    assert labels("owner", "new cont") == ["New: Contact"]
    assert "Companies" in labels("owner", "compan")
    assert "New: Contact" not in labels("viewer", "new")
    assert labels("owner", "zzz") == []
    assert labels("owner", "")[:2] == ["Start", "Contacts"]
    browser = house.browser("owner", filled)
    for group in browser.go("/search/suggest?q=new").json["groups"]:
        for item in group["items"]:
            assert browser.get(item["href"]).status_code == 200, item


def test_outside_a_tenant_there_is_nothing_to_search(house):
    browser = house.browser("owner", house.new_tenant())
    for path in ("/search", "/search/suggest", "/api/v1/search?q=a"):
        assert browser.get(path).status_code in (303, 404), path
    assert house.app.test_client().get("/search").status_code in (303, 404)
    assert house.app.test_client().get("/api/v1/search?q=a").status_code == 401


def note(contact_id, words):
    return Note(target_type="contacts.contact", target_id=contact_id, content=words)


def test_notes_and_files_are_found_within_the_reach_of_what_they_hang_on(app, house, tenant):
    mine, other = contact("Mona"), contact("Sami")
    house.add(mine, other, tenant=tenant)
    agent = house.people[tenant.slug, "agent"]
    with house.inside(tenant) as session:
        member = session.scalars(select(Membership).where(Membership.account_uid == agent.uid)).one()
        session.get_one(Contact, mine.id).assigned_to_id = member.id
        session.add_all([note(mine.id, "Quotation sent " + "long " * 200), note(other.id, "Quotation refused")])
        attach(session(), "contacts.contact", other.id, BytesIO(b"%PDF-1.4 quotation"), "quotation.pdf")
        session.commit()
    groups = found(house.api("owner", tenant), "quotation")
    assert {kind: len(labels) for kind, labels in groups.items()} == {"contacts.note": 2, "contacts.attachment": 1}
    assert all(len(label) <= 160 for label in groups["contacts.note"])
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
    seen = found(house.api("agent", tenant), "quotation")
    assert [label.split(" long")[0] for label in seen.pop("contacts.note")] == ["Quotation sent"]
    assert seen == {}
    with house.inside(tenant) as session:
        session.get_one(Contact, other.id).deleted_at = utcnow()
        session.commit()
    assert len(found(house.api("owner", tenant), "quotation")["contacts.note"]) == 1


def test_notes_and_files_cost_no_statement_more(house, tenant, statements):
    mona = contact("Mona")
    house.add(mona, tenant=tenant)
    house.add(*[note(mona.id, f"Quotation {number}") for number in range(20)], tenant=tenant)
    browser = house.browser("owner", tenant)
    browser.go("/search?q=quotation")
    statements.clear()
    assert browser.go("/search?q=quotation").text.count("Quotation") >= 10
    assert len(statements) <= BUDGET
