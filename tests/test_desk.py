"""The desk: pins and recent records leak nothing, density is the person's, all of it within the budget."""

from __future__ import annotations

import pytest

from app.contacts.models import Company, Contact
from app.features.access_rules import AccessRule
from app.testing.counting import count_statements
from app.testing.pages import page_of

RECORDS = "/desk/records"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("agent", tenant)


def key(kind, record_id):
    return f"contacts.{kind}:{record_id}"


def test_a_pin_is_there_until_it_is_taken_away(house, tenant, browser):
    ada, firm = house.add(Contact(full_name="Ada"), Company(name="Firm"), tenant=tenant)
    for one in (key("contact", ada), key("company", firm)):
        assert browser.send("/desk/pin", {"key": one, "on": "1"}).status_code == 303
    text = page_of(browser.go(RECORDS)).text
    assert text.index("Firm") < text.index("Ada"), "the latest first"
    assert 'aria-pressed="true"' in browser.go(f"/contacts/contact/{ada}").text
    assert "Ada" not in house.browser("owner", tenant).go(RECORDS).text
    browser.send("/desk/pin", {"key": key("contact", ada), "on": "0"})
    assert "Ada" not in page_of(browser.go(RECORDS)).text


def test_recent_records_are_named_for_whoever_may_read_them(house, tenant, browser):
    ada, bob = house.add(Contact(full_name="Ada"), Contact(full_name="Bob"), tenant=tenant)
    (other,) = house.add(Contact(full_name="Elsewhere"), tenant=house.globex)
    for one in (ada, other, bob):
        assert browser.send("/desk/seen", {"key": key("contact", one)}).status_code == 204
    for nonsense in ("no:such", "zz", "", "contacts.contact:12"):
        assert browser.send("/desk/seen", {"key": nonsense}).status_code == 422
    text = page_of(browser.go(RECORDS)).text
    assert text.index("Bob") < text.index("Ada"), "the latest first"
    assert "Elsewhere" not in text
    assert "Bob" not in page_of(browser.go(f"{RECORDS}?here={key('contact', bob)}")).text
    assert "Ada" not in page_of(house.browser("owner", tenant).go(RECORDS)).text


def test_recent_records_follow_their_person_and_are_bounded(house, tenant):
    person = house.new_person("agent", tenant)
    here, elsewhere = house.browser(person, tenant), house.browser(person, tenant, fresh=True)
    people = house.add(*(Contact(full_name=f"Person {n:02}") for n in range(14)), tenant=tenant)
    for one in people:
        here.send("/desk/seen", {"key": key("contact", one)})
    text = page_of(elsewhere.go(RECORDS)).text
    shown = [n for n in range(14) if f"Person {n:02}" in text]
    assert shown == list(range(4, 14))
    text = page_of(elsewhere.go(f"{RECORDS}?here={key('contact', people[-1])}")).text
    assert ["Person 13" in text, "Person 03" in text] == [False, True]


def test_what_is_out_of_reach_is_not_there_any_more(house, tenant, browser):
    ada, bob = house.add(Contact(full_name="Ada"), Contact(full_name="Bob"), tenant=tenant)
    for one in (ada, bob):
        browser.send("/desk/pin", {"key": key("contact", one), "on": "1"})
    house.browser("owner", tenant).send(f"/contacts/contact/{bob}/delete")
    assert "Bob" not in page_of(browser.go(RECORDS)).text
    house.add(AccessRule(role="agent", resource="contacts.contact", row_scope="own"), tenant=tenant)
    browser.send("/desk/seen", {"key": key("contact", ada)})
    assert "Ada" not in page_of(browser.go(RECORDS)).text
    assert browser.send("/desk/pin", {"key": key("contact", ada), "on": "1"}).status_code == 404


def test_density_is_the_persons(house, tenant, browser):
    assert 'data-density="compact"' not in browser.go("/contacts/contact/").text
    assert browser.send("/desk/density", {"density": "compact"}).status_code == 303
    assert 'data-density="compact"' in browser.go("/contacts/contact/").text
    assert 'data-density="compact"' not in house.browser("viewer", tenant).go("/contacts/contact/").text
    assert browser.send("/desk/density", {"density": "none"}).status_code == 422


def test_groups_of_the_menu_and_single_keys_are_as_the_person_left_them(house, tenant):
    person = house.new_person("agent", tenant)
    here, elsewhere = house.browser(person, tenant), house.browser(person, tenant, fresh=True)
    assert "data-turned" not in elsewhere.go("/").text
    for group in ("crm/set-up", "contacts", "crm/set-up"):
        assert here.send("/desk/turn", {"group": group, "on": "1"}).status_code == 303
    assert here.send("/desk/single-keys", {"on": "0"}, headers={"Accept": "application/json"}).status_code == 204
    page = elsewhere.go("/").text
    assert 'data-turned="crm/set-up contacts" data-silent>' in page
    assert "checked" not in elsewhere.go("/desk/keys", headers={"X-Fragment": "1"}).text
    here.send("/desk/turn", {"group": "contacts", "on": "0"})
    here.send("/desk/single-keys", {"on": "1"})
    assert 'data-turned="crm/set-up">' in elsewhere.go("/").text
    assert "data-silent" not in house.browser("viewer", tenant).go("/").text
    assert here.send("/desk/turn", {"group": "no such plugin", "on": "1"}).status_code == 422


def test_the_tray_costs_three_statements_whatever_is_in_it(house, tenant, browser):
    people = house.add(*(Contact(full_name=f"P{n}") for n in range(8)), Company(name="Firm"), tenant=tenant)
    for one in people[:8]:
        browser.send("/desk/seen", {"key": key("contact", one)})
    browser.send("/desk/pin", {"key": key("company", people[8]), "on": "1"})
    browser.go(RECORDS)
    with count_statements() as seen:
        browser.go(RECORDS)
    assert len(seen) <= 3, seen.report()


def test_a_preview_shows_the_record_and_nothing_to_change(house, tenant, browser):
    (ada,) = house.add(Contact(full_name="Ada", first_name="Ada", source="web"), tenant=tenant)
    page = browser.go(f"/contacts/contact/{ada}/preview", headers={"X-Fragment": "1"})
    assert "Ada" in page.text
    assert "<html" not in page.text
    assert "data-edit" not in page.text
    assert house.browser("agent").go(f"/contacts/contact/{ada}/preview").status_code == 404


def test_the_sheet_of_keys_names_the_places_of_the_reader(browser):
    text = page_of(browser.go("/desk/keys")).text
    assert "Contacts" in text
    assert "Preview the row" in text


def test_the_start_page_repeats_the_menu_only_for_whoever_sees_no_cards(house, tenant):
    browser = house.browser("owner", tenant)
    assert 'class="tiles"' not in browser.go("/").text
    assert browser.send("/reports/cards/", {}).status_code == 303
    assert 'class="tiles"' in browser.go("/").text


def test_a_list_says_beside_its_name_how_many_there_are(house, tenant, browser):
    assert '<span class="how-many">0</span>' in browser.go("/contacts/contact/").text
    house.add(*(Contact(full_name=f"P{n}") for n in range(3)), tenant=tenant)
    assert '<span class="how-many">3</span>' in browser.go("/contacts/contact/").text
    assert '<span class="how-many">1</span>' in browser.go("/contacts/contact/?q=p2").text
