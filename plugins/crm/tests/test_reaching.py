"""Phone, e-mail and WhatsApp of the people behind leads: on the lead's page and on Today, for who may see them."""

from __future__ import annotations

import pytest

from app.features.access_rules import AccessRule
from app.testing.counting import count_statements
from plugins.crm.tests.sales import Sales

CHANNELS = [
    {"kind": "email", "value": "nora@mail.example"},
    {"kind": "phone", "value": "+966501234567", "is_primary": True},
    {"kind": "whatsapp", "value": "+966501234567"},
]


@pytest.fixture
def sales(house):
    return Sales(house)


def contact(sales, *channels):
    made = sales.api.post("/contacts/contact?confirm=1", {"first_name": "Nora", "channels": [*channels]})
    assert made.status_code == 201, made.text
    return made.json["id"]


def reach(house, sales, lead, role="owner"):
    browser = house.browser(role, sales.tenant)
    page = browser.go(f"/crm/lead/{lead['id']}")
    assert page.status_code == 200
    return browser.go(f"/crm/lead/{lead['id']}/related/crm__reach").text if "related/crm__reach" in page.text else ""


def test_a_lead_shows_how_its_contact_is_reached(sales, house):
    lead = sales.lead(contact=contact(sales, *CHANNELS))
    shown = reach(house, sales, lead)
    for href in ("tel:+966501234567", "mailto:nora@mail.example", "https://wa.me/966501234567"):
        assert f'href="{href}"' in shown, href


def test_who_refused_is_named_and_not_linked(sales, house):
    lead = sales.lead(contact=contact(sales, {**CHANNELS[0], "opt_state": "opted_out"}))
    shown = reach(house, sales, lead)
    assert "mailto:" not in shown
    assert "no consent" in shown


def test_without_a_contact_it_is_the_company(sales, house):
    company = {"name": "Delta", "phone": "+966112345678", "email": "office@delta.example"}
    made = sales.api.post("/contacts/company?confirm=1", company).json
    shown = reach(house, sales, sales.lead(company=made["id"]))
    assert 'href="tel:+966112345678"' in shown
    assert 'href="mailto:office@delta.example"' in shown


@pytest.mark.parametrize(
    "rule",
    [
        {"resource": "contacts.channel", "hidden": ["value"]},
        {"resource": "contacts.contact", "hidden": ["channels"]},
        {"resource": "contacts.contact", "row_scope": "own"},
    ],
)
def test_nobody_sees_more_than_on_the_contacts_page(sales, house, rule):
    lead = sales.lead(contact=contact(sales, *CHANNELS))
    assert "tel:" in reach(house, sales, lead, "agent")
    assert "tel:" in house.browser("agent", sales.tenant).go("/crm/today/").text
    house.add(AccessRule(role="agent", **rule), tenant=sales.tenant)
    assert "501234567" not in reach(house, sales, lead, "agent")
    assert "501234567" not in house.browser("agent", sales.tenant).go("/crm/today/").text


def test_today_has_them_for_one_statement_more(sales, house):
    for number in range(3):
        sales.lead(title=f"L{number}", contact=contact(sales, {"kind": "phone", "value": f"+96650123456{number}"}))
    page = sales.browser.go("/crm/today/")
    assert page.text.count('href="tel:') == 3
    with count_statements() as statements:
        sales.browser.go("/crm/today/")
    assert len(statements) <= 8, statements.report()


def test_related_lists_say_how_many_rows_they_have(sales):
    lead = sales.lead()
    for number in range(2):
        assert sales.api.post("/crm/task", {"title": f"T{number}", "lead": lead["id"]}).status_code == 201
    page = sales.browser.go(f"/crm/lead/{lead['id']}").text
    assert 'Tasks <span class="count">2</span>' in page
    assert 'Appointments <span class="count">0</span>' in page
