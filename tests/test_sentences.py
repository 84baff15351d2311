"""Timelines speak to people: plain sentences in the reader's language, without what the reader must not see."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.features.access_rules import AccessRule
from app.host import registry
from app.host.events import RecordEvent
from app.testing.house import House
from app.testing.pumping import pump

USD = {"amount": "10.00", "currency": "USD"}


def told(browser: Any, path: str, language: str = "en") -> list[str]:
    with browser.session_transaction() as kept:
        kept["locale"] = language
    page = browser.go(f"{path}/timeline", headers={"X-Fragment": "1"})
    return re.findall(r'class="entry-words">.*?<bdi>(.*?)</bdi>', page.text, re.DOTALL)


@pytest.fixture
def tenant(house: House) -> Any:
    return house.new_tenant()


def test_a_lead_tells_what_happened_in_plain_words(house: House, tenant: Any) -> None:
    api = house.api("owner", tenant)
    lines = [{"name": "Chair", "quantity": "3", "price": USD}]
    lead = api.post("/crm/lead", {"title": "Office", "lines": lines}).get_json()
    assert api.post(f"/crm/lead/{lead['id']}/actions/convert", {"person": "Nora"}).status_code == 200
    pump(house.app)
    path = f"/crm/lead/{lead['id']}"
    english = told(house.browser("owner", tenant), path)
    assert {"Lead added", "Line “3 × Chair” added", "Became a customer"} <= set(english), english
    arabic = told(house.browser("owner", tenant), path, "ar")
    assert len(arabic) == len(english)
    assert "التحوّل إلى عميل" in arabic
    assert not set(english) & set(arabic), "nothing is left in English"
    house.add(AccessRule(role="manager", resource="crm.line", hidden=["name"]), tenant=tenant)
    hidden = told(house.browser("manager", tenant), path)
    assert "Line added" in hidden
    assert not [one for one in hidden if "Chair" in one]


def test_hidden_fields_are_not_named(house: House, tenant: Any) -> None:
    api = house.api("owner", tenant)
    contact = api.post("/contacts/contact?confirm=1", {"first_name": "Nora", "channels": [{"value": "n@m.example"}]})
    key = contact.get_json()["id"]
    assert api.patch(f"/contacts/contact/{key}", {"position": "Buyer", "source": "Fair"}).status_code == 200
    pump(house.app)
    path = f"/contacts/contact/{key}"
    seen = told(house.browser("owner", tenant), path)
    assert "Way to reach “n@m.example” added" in seen
    assert [one for one in seen if one.startswith("Contact changed:") and "Position" in one and "Source" in one]
    house.add(
        AccessRule(role="agent", resource="contacts.contact", hidden=["position"]),
        AccessRule(role="agent", resource="contacts.channel", hidden=["value"]),
        tenant=tenant,
    )
    assert {"Contact changed: Source", "Way to reach added"} <= set(told(house.browser("agent", tenant), path))


def test_every_event_has_a_sentence(house: House) -> None:
    with house.app.app_context():
        kinds = registry().happenings.types.values()
        silent = [one.name for one in kinds if one.event is not RecordEvent and one.event.told is None]
    own = [name for name in silent if not name.startswith(("depot.", "orchard.", "garage.", "webhooks."))]
    assert own == []
