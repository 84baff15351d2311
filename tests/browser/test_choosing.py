"""Codes are chosen by words: languages of a contact, events of an endpoint, fields of an access rule."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.contacts.models import Contact
from app.features.access_rules import AccessRule
from app.testing.barriers import barriers
from app.webhooks.models import WebhookEndpoint


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def only(house, tenant, column):
    with house.inside(tenant) as session:
        return session.scalars(select(column)).one()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_language_is_found_by_its_name(open_browser, house, tenant, width):
    page = open_browser("owner", tenant, width=width)
    page.goto("contacts/contact/add")
    page.locator("#f-first_name").fill("Layla")
    box = page.get_by_role("combobox", name="Language")
    box.click()
    box.press_sequentially("Arab")
    expect(page.get_by_role("option", name="Arabic", exact=True)).to_be_visible()
    page.get_by_role("option", name="Arabic", exact=True).click()
    expect(page.locator("select[name=locale]")).to_have_value("ar")
    page.locator("[data-save]").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Layla")
    expect(page.locator("main")).to_contain_text("Arabic")
    assert only(house, tenant, Contact.locale) == "ar"


def test_a_filter_finds_countries_by_name(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto("contacts/company/filters")
    page.locator("select[name='op.country']").select_option("one_of")
    box = page.locator(".filter", has=page.locator("select[name='v.country']")).get_by_role("combobox").last
    box.click()
    box.press_sequentially("saudi")
    page.get_by_role("option", name="Saudi Arabia").click()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**country.one_of=SA**")
    expect(page.locator("main")).to_contain_text("Saudi Arabia")


@pytest.mark.parametrize("width", [1280, 390])
def test_events_are_ticked_by_keyboard(open_browser, house, tenant, width):
    page = open_browser("owner", tenant, width=width)
    page.goto("webhooks/endpoint/add")
    page.locator("#f-url").fill("https://hooks.example/here")
    text, everything = page.locator("#f-events"), page.get_by_role("checkbox", name="All events")
    expect(everything).to_be_checked()
    expect(text).to_be_hidden()
    everything.focus()
    page.keyboard.press("Space")
    expect(text).to_have_value("")
    group = page.locator(".offers > details", has=page.locator("input[value='contacts.*']"))
    group.locator("summary").focus()
    page.keyboard.press("Enter")
    group.locator("input[value='contacts.contact_created']").focus()
    page.keyboard.press("Space")
    expect(text).to_have_value("contacts.contact_created")
    expect(group.locator(".offer-count")).to_have_text("1")
    assert barriers(page) == []
    group.locator("input[value='contacts.*']").check()
    expect(text).to_have_value("contacts.*")
    expect(group.locator("input[value='contacts.contact_created']")).to_be_checked()
    expect(group.locator("input[value='contacts.contact_created']")).to_be_disabled()
    page.locator("[data-save]").click()
    expect(page.locator("main")).to_contain_text("Everything that happens in: Contacts")
    assert only(house, tenant, WebhookEndpoint.events) == "contacts.*"


def test_what_is_not_offered_stays_in_the_text(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto("webhooks/endpoint/add")
    page.locator(".offers-text > summary").click()
    page.locator("#f-events").fill("*.contact_created\nmerging.*")
    tick = page.locator("input[value='contacts.contact_deleted']")
    expect(page.locator("input[value='merging.*']")).to_be_checked()
    page.locator(".offers > details", has=tick).locator("summary").click()
    tick.check()
    expect(page.locator("#f-events")).to_have_value("*.contact_created\nmerging.*\ncontacts.contact_deleted")


def test_without_scripts_the_text_is_all_there_is(open_browser, tenant):
    page = open_browser("owner", tenant, scripts=False)
    page.goto("webhooks/endpoint/add")
    expect(page.locator(".offers")).to_be_hidden()
    page.locator("#f-url").fill("https://hooks.example/plain")
    page.locator("#f-events").fill("contacts.contact_created")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("A record was created: Contact.")


def test_fields_of_a_rule_are_those_of_its_records(open_browser, house, tenant):
    page = open_browser("owner", tenant)
    page.goto("console/access_rule/add")
    page.locator("select[name=role]").select_option("viewer")
    records = page.get_by_role("combobox", name="Records")
    records.click()
    records.press_sequentially("Contacts")
    page.get_by_role("option", name="Contacts", exact=True).click()
    hidden = page.get_by_role("combobox", name="Hidden fields")
    hidden.click()
    hidden.press_sequentially("Birth")
    page.get_by_role("option", name="Birthday").click()
    expect(page.locator("input[name=hidden]")).to_have_value("birthday")
    page.locator("[data-save]").click()
    expect(page.locator("main")).to_contain_text("birthday")
    assert only(house, tenant, AccessRule.hidden) == ["birthday"]
    page.goto(page.url.rstrip("/") + "/edit")
    expect(page.locator(".ts-wrapper [data-ts-item]", has_text="Birthday")).to_be_visible()
    expect(page.locator("input[name=hidden]")).to_have_value("birthday")
    assert barriers(page) == []
