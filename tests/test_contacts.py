"""The rules of contacts: names, addresses, doubts, the trash, consent and suppression."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Consent, Contact, ContactChannel, Suppression
from app.contacts.services import complete_contact, normalise
from app.host import FieldError
from tests.pages import form_of

PEOPLE = "/contacts/contact"


@pytest.fixture(scope="module")
def tenant(house):
    return house.new_tenant(country="SA", timezone="Asia/Riyadh")


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


@pytest.fixture
def api(house, tenant):
    return house.api("owner", tenant)


def channel(kind, value, **more):
    return {f"channels-0-{name}": text for name, text in {"kind": kind, "value": value, **more}.items()}


def add(browser, confirmed="1", **values):
    return browser.send(f"{PEOPLE}/add", {**values, "_confirmed": confirmed})


def id_of(answer):
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[-1]


def stored(house, tenant, contact_id):
    with house.inside(tenant) as session:
        contact = session.get(Contact, contact_id)
        found = {"name": contact.full_name, "version": contact.version}
        return found | {one.kind: (one.value, one.value_normalised, one.held) for one in contact.channels}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"first_name": "Nora", "last_name": "Al-Rashid"}, "Nora Al-Rashid"),
        ({"last_name": "الراشد"}, "الراشد"),
        (channel("email", "Only.Address@Example.com"), "only.address@example.com"),
    ],
)
def test_a_contact_is_called_by_what_there_is(house, tenant, browser, values, name):
    assert stored(house, tenant, id_of(add(browser, **values)))["name"] == name


def test_a_contact_without_name_and_address_is_refused(browser):
    page = add(browser, position="Somebody")
    assert page.status_code == 422
    assert "Please give a name" in page.text
    assert form_of(page)["position"] == "Somebody"


def test_the_name_follows_first_and_last_name_and_keeps_a_fuller_one(house, tenant, browser):
    full = Contact(full_name="Dr. Sami Haddad, PhD", first_name="Sami", last_name="Haddad")
    (contact_id,) = house.add(full, tenant=tenant)
    edit = f"{PEOPLE}/{contact_id}/edit"
    browser.send(edit, {**form_of(browser.go(edit)), "position": "Surgeon", "_confirmed": "1"})
    assert stored(house, tenant, contact_id)["name"] == "Dr. Sami Haddad, PhD"
    browser.send(edit, {**form_of(browser.go(edit)), "last_name": "Khoury", "_confirmed": "1"})
    assert stored(house, tenant, contact_id)["name"] == "Sami Khoury"


def test_who_is_called_by_an_address_follows_it(house, tenant, browser):
    contact_id = id_of(add(browser, **channel("email", "old@follow.example")))
    edit = f"{PEOPLE}/{contact_id}/edit"
    sent = browser.send(
        edit, {**form_of(browser.go(edit)), "channels-0-value": "new@follow.example", "_confirmed": "1"}
    )
    assert sent.status_code == 303
    assert stored(house, tenant, contact_id)["name"] == "new@follow.example"


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("phone", "050 123 4567", "+966501234567"),
        ("whatsapp", "٠٠٩٦٦ ٥٠ ٧٦٥ ٤٣٢١", "+966507654321"),
        ("email", " Big.Letters@Example.COM ", "big.letters@example.com"),
        ("linkedin", "https://LinkedIn.com/in/Nora", "https://linkedin.com/in/nora"),
    ],
)
def test_addresses_are_kept_in_one_form(house, tenant, browser, kind, typed, kept):
    contact_id = id_of(add(browser, first_name="Form", **channel(kind, typed)))
    assert stored(house, tenant, contact_id)[kind][1] == kept


@pytest.mark.parametrize(("kind", "typed"), [("phone", "12-34"), ("email", "nobody at home"), ("whatsapp", "call me")])
def test_an_address_that_cannot_be_is_refused_at_its_row(browser, kind, typed):
    page = add(browser, first_name="Refused", **channel(kind, typed))
    assert page.status_code == 422
    assert form_of(page)["channels-0-value"] == typed


def test_an_imported_address_is_not_judged_again(house, tenant, browser):
    lenient = Contact(full_name="Dot Dot", first_name="Dot")
    address = "a..b@docomo.example"
    lenient.channels = [ContactChannel(kind="email", value=address, value_normalised=address)]
    (contact_id,) = house.add(lenient, tenant=tenant)
    edit = f"{PEOPLE}/{contact_id}/edit"
    changed = {**form_of(browser.go(edit)), "channels-0-label": "mobile", "position": "Engineer", "_confirmed": "1"}
    assert browser.send(edit, changed).status_code == 303


def test_an_address_belongs_to_one_contact_unless_it_is_shared(house, tenant, browser):
    id_of(add(browser, first_name="First", **channel("phone", "0501112222")))
    refused = add(browser, first_name="Second", **channel("phone", "0501112222"))
    assert refused.status_code == 422
    assert "SQL" not in refused.text
    shared = add(browser, first_name="Second", **channel("phone", "0501112222", is_shared="true"))
    assert stored(house, tenant, id_of(shared))["phone"] == ("+966501112222", "+966501112222", False)


def test_one_address_cannot_be_listed_twice(browser):
    twice = {"channels-0-kind": "email", "channels-0-value": "x@twice.example"}
    twice |= {"channels-1-kind": "email", "channels-1-value": "X@twice.example"}
    page = add(browser, first_name="Twice", **twice)
    assert page.status_code == 422
    assert "listed twice" in page.text


def test_a_possible_duplicate_is_asked_about_once(browser, api):
    id_of(add(browser, first_name="Layla", last_name="Twin"))
    asked = add(browser, confirmed="", first_name="layla", last_name="TWIN")
    assert asked.status_code == 409
    assert "Layla Twin" in asked.text
    told = api.post(PEOPLE, {"first_name": "Layla", "last_name": "Twin"})
    assert (told.status_code, told.json["warnings"][0]["code"]) == (409, "duplicate")
    assert api.post(f"{PEOPLE}?confirm=1", {"first_name": "Layla", "last_name": "Twin"}).status_code == 201


def test_the_same_number_under_another_kind_is_a_doubt(browser):
    id_of(add(browser, first_name="Caller", **channel("phone", "0503334444")))
    asked = add(browser, confirmed="", first_name="Writer", **channel("whatsapp", "0503334444"))
    assert asked.status_code == 409
    assert "Caller" in asked.text


def test_a_doubt_tells_nothing_of_records_out_of_reach(house):
    from app.features.access_rules import AccessRule

    tenant = house.new_tenant()
    secret = Contact(full_name="Hidden Person", first_name="Hidden", last_name="Person")
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), secret, tenant=tenant)
    told = house.api("agent", tenant).post(PEOPLE, {"first_name": "hidden", "last_name": "person"})
    assert told.status_code == 409
    assert "colleague" in told.text
    assert "Hidden Person" not in told.text
    assert str(secret.id) not in told.text


def test_the_trash_releases_an_address_and_restoring_claims_it(house, tenant, browser):
    number = channel("phone", "0505556666")
    first = id_of(add(browser, first_name="Gone", **number))
    assert browser.send(f"{PEOPLE}/{first}/delete").status_code == 303
    assert stored(house, tenant, first)["phone"][2] is False
    second = id_of(add(browser, first_name="Heir", **number))
    refused = browser.send(f"{PEOPLE}/trash/{first}/restore")
    assert refused.status_code == 303
    assert "taken its place" in browser.get(refused.location).text
    assert stored(house, tenant, second)["phone"][2] is True
    browser.send(f"{PEOPLE}/{second}/delete")
    assert browser.send(f"{PEOPLE}/trash/{first}/restore").status_code == 303
    assert stored(house, tenant, first)["phone"][2] is True


def test_at_most_one_address_is_the_default(house, tenant, browser):
    typed = {}
    for number, city in enumerate(("Riyadh", "Jeddah")):
        typed |= {f"addresses-{number}-city": city, f"addresses-{number}-is_default": "true"}
    contact_id = id_of(add(browser, first_name="Settled", **typed))
    with house.inside(tenant) as session:
        assert sum(one.is_default for one in session.get(Contact, contact_id).addresses) == 1


def test_consent_is_only_ever_added(house, tenant, api):
    (contact_id,) = house.add(Contact(full_name="Agreed", first_name="Agreed"), tenant=tenant)
    given = {"contact": str(contact_id), "channel": "email", "purpose": "marketing", "state": "given", "source": "form"}
    row = api.post("/contacts/consent", given)
    assert row.status_code == 201, row.text
    address = f"/contacts/consent/{row.json['id']}"
    assert api.patch(address, {"state": "withdrawn"}).status_code in (403, 404, 405)
    assert api.delete(address).status_code in (403, 404, 405)
    assert api.post("/contacts/consent", {**given, "state": "withdrawn"}).status_code == 201
    with house.inside(tenant) as session:
        states = session.scalars(select(Consent.state).where(Consent.contact_id == contact_id).order_by(Consent.id))
        assert list(states) == ["given", "withdrawn"]


def test_a_suppressed_address_is_kept_in_one_form_and_once(house, tenant, api):
    row = {"channel": "email", "value": "Never@Example.com", "reason": "complaint"}
    assert api.post("/contacts/suppression", row).status_code == 201
    again = api.post("/contacts/suppression", {**row, "value": "never@example.COM"})
    assert again.status_code in (409, 422)
    assert api.post("/contacts/suppression", {**row, "value": "no address"}).status_code == 422
    with house.inside(tenant) as session:
        assert session.scalars(select(Suppression.value)).all() == ["never@example.com"]


def test_rules_hold_without_a_screen(app, house, tenant):
    with house.inside(tenant):
        assert normalise("phone", "+966 50 999 8888") == "+966509998888"
        with pytest.raises(FieldError, match="name"):
            complete_contact(Contact(full_name="", channels=[], addresses=[]), True)


def test_lists_follow_the_day_of_creation_even_when_it_is_dated_back(house):
    from datetime import UTC, datetime

    from app.contacts.models import Company

    tenant = house.new_tenant()
    for year in (2024, 2022, 2023):
        row = Company(name=f"Of {year}", created_at=datetime(year, 5, 1, tzinfo=UTC))
        house.add(row, tenant=tenant)
    rows = house.api("owner", tenant).get("/contacts/company?sort=created_at").json["data"]
    assert [row["name"] for row in rows] == ["Of 2022", "Of 2023", "Of 2024"]


def test_a_relation_to_the_own_kind_points_to_one_record(house):
    from sqlalchemy import inspect

    relation = inspect(Contact).relationships["merged_into"]
    assert relation.direction.name == "MANYTOONE"
    assert not relation.uselist
    tenant = house.new_tenant()
    kept, gone = Contact(full_name="Kept"), Contact(full_name="Gone")
    gone.merged_into_id = kept.id
    house.add(kept, gone, tenant=tenant)
    with house.inside(tenant) as session:
        assert session.get(Contact, gone.id).merged_into.full_name == "Kept"
