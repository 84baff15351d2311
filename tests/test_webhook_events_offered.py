"""The events of an endpoint are offered by words and stored as lines, as they ever were."""

from __future__ import annotations

import re

import pytest

from app.host.lifecycle import switch
from tests.pages import form_of


@pytest.fixture(scope="module")
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def browser(house, tenant):
    return house.browser("owner", tenant)


def offered(page):
    box = page.text.partition('<div class="offers"')[2].partition("</div>")[0]
    return re.findall(r'<input type="checkbox" value="([^"]+)"><span>([^<]+)', box)


def test_a_form_offers_every_event_in_words_and_all_of_a_plugin(browser):
    page = browser.go("/webhooks/endpoint/add")
    found = {value: words.strip() for value, words in offered(page)}
    assert found["*"] == "All events"
    assert found["contacts.*"] == "Everything that happens in: Contacts"
    assert found["contacts.contact_created"] == "A record was created: Contact."
    assert "<summary>Contacts" in page.text
    assert page.text.count('name="events"') == 1  # the ticks are not sent: the text is


def test_the_text_keeps_the_value_with_and_without_scripts(house, tenant, browser):
    page = browser.go("/webhooks/endpoint/add")
    lines = "contacts.contact_created\r\nmerging.*"
    values = {**form_of(page), "url": "https://hooks.example/one", "events": lines}
    answer = browser.send("/webhooks/endpoint/add", values)
    assert answer.status_code == 303, answer.text
    api = house.api("owner", tenant)
    row = next(one for one in api.get("/webhooks/endpoint").json["data"] if one["url"].endswith("/one"))
    assert row["events"] == "contacts.contact_created\nmerging.*"
    detail = browser.go(f"/webhooks/endpoint/{row['id']}")
    assert "A record was created: Contact." in detail.text
    assert "Everything that happens in: Duplicates" in detail.text
    before = browser.go(f"/webhooks/endpoint/{row['id']}/edit")
    assert browser.send(f"/webhooks/endpoint/{row['id']}/edit", form_of(before)).status_code == 303
    assert api.get(f"/webhooks/endpoint/{row['id']}").json["version"] == row["version"]


def test_an_event_that_does_not_exist_is_refused_at_the_field(browser):
    page = browser.go("/webhooks/endpoint/add")
    values = {**form_of(page), "url": "https://hooks.example/two", "events": "contacts.nothing_happened"}
    answer = browser.send("/webhooks/endpoint/add", values)
    assert answer.status_code == 422
    assert "There is no event “contacts.nothing_happened”." in answer.text


def test_events_of_a_plugin_that_is_off_are_not_offered(house, app):
    tenant = house.new_tenant()
    page = house.browser("owner", tenant).go("/webhooks/endpoint/add")
    assert any(value.startswith("garage.") for value, _words in offered(page))
    with house.inside(tenant) as session:
        switch(tenant, "garage", "off")
        session.commit()
    page = house.browser("owner", tenant, fresh=True).go("/webhooks/endpoint/add")
    assert not any(value.startswith("garage.") for value, _words in offered(page))


def test_arabic_readers_read_arabic(house):
    tenant = house.new_tenant(locale="ar")
    found = dict(offered(house.browser("owner", tenant).go("/webhooks/endpoint/add")))
    assert found["contacts.contact_created"].strip() != "A record was created: Contact."
    assert "كل" in found["*"]
