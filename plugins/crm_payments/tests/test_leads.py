"""Leads that are asked for payment, where CRM and Stripe are both on."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import select

from app.messaging.models import OutboundMessage
from app.sdk import ContactChannel, Money, Payment

PRICE = Money(12_50, "EUR")


def test_a_lead_is_asked_for_payment_and_its_page_lists_it(house, tenant):
    api = house.api("agent", tenant)
    nora = api.post("/contacts/contact", {"first_name": "Nora"}).json["id"]
    reached = {"kind": "email", "value": "nora@example.com", "value_normalised": "nora@example.com"}
    house.add(ContactChannel(contact_id=UUID(nora), **reached), tenant=tenant)
    worth = {"amount": "12.50", "currency": "EUR"}
    lead_id = UUID(api.post("/crm/lead", {"title": "Ten trees", "value": worth, "contact": nora}).json["id"])
    here = f"/crm/lead/{lead_id}/actions/crm_payments__ask"
    answer = api.post(here, {"send": True})
    assert answer.status_code == 200, answer.text
    assert f"/t/{tenant.slug}/payments/public/pay/" in answer.text
    with house.inside(tenant) as session:
        [payment] = session.scalars(select(Payment)).all()
        assert (payment.target_type, payment.target_id, payment.amount) == ("crm.lead", lead_id, PRICE)
        assert (payment.title, payment.payer_email) == ("Ten trees", "nora@example.com")
        [mail] = session.scalars(select(OutboundMessage)).all()
        assert (mail.recipient, mail.subject) == ("nora@example.com", "Ten trees")
        assert "/payments/public/pay/" in mail.body
        number = payment.number
    browser = house.browser("agent", tenant)
    panel = re.search(r'"([^"]*crm_payments__payments[^"]*)"', browser.go(f"/crm/lead/{lead_id}").text)
    assert panel, "the panel is on the lead's page"
    shown = browser.get(panel.group(1).replace("&amp;", "&")).text
    assert number in shown
    assert "12.50 EUR · Waiting for the payer" in shown


def test_a_lead_without_value_or_address_says_what_is_missing(house, tenant):
    api = house.api("agent", tenant)
    here = f"/crm/lead/{api.post('/crm/lead', {'title': 'Nothing'}).json['id']}/actions/crm_payments__ask"
    assert "has no value" in api.post(here, {}).text
    assert "e-mail address" in api.post(here, {"amount": {"amount": "5", "currency": "EUR"}, "send": True}).text
    assert house.api("viewer", tenant).post(here, {}).status_code == 403
