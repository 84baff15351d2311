"""What sales add to contacts, companies and the search; all of it goes with the plugin's switch."""

from __future__ import annotations

import pytest

from app.host.lifecycle import switch
from app.sdk import Company, Contact
from plugins.crm.models import Pipeline
from plugins.crm.tests.sales import Sales


@pytest.fixture
def sales(house):
    return Sales(house)


@pytest.fixture
def people(sales):
    """A contact and a company with a lead each; their addresses."""
    contact, company = sales.house.add(
        Contact(first_name="Ann", full_name="Ann"), Company(name="Ovens Ltd"), tenant=sales.tenant
    )
    sales.lead(title="Bread oven", contact=str(contact))
    sales.lead(title="Pizza oven", company=str(company))
    return f"/contacts/contact/{contact}", f"/contacts/company/{company}"


def test_contacts_and_companies_list_their_leads(sales, people):
    for page, title, other, via in zip(
        people, ("Bread oven", "Pizza oven"), ("Pizza oven", "Bread oven"), ("contact", "company"), strict=True
    ):
        address = f"{page}/related/crm-lead-{via}"
        assert f'{address}"' in sales.browser.go(page).text
        shown = sales.browser.go(address).text
        assert title in shown
        assert other not in shown
    with sales.house.inside(sales.tenant) as session:
        switch(sales.tenant, "lead_ads", "off")
        switch(sales.tenant, "crm", "off")
        session.commit()
    for page in people:
        assert "/related/crm-lead" not in sales.browser.go(page).text


def test_the_search_leads_to_boards(sales):
    (partners,) = sales.house.add(Pipeline(name="Partners_1", position=9), tenant=sales.tenant)
    found = sales.browser.go("/search/suggest?q=PARTNERS_").json["groups"]
    hrefs = [item["href"] for group in found for item in group["items"]]
    assert [href for href in hrefs if f"/crm/lead/board?lanes={partners}" in href]
    found = sales.browser.go("/search/suggest?q=P_").json["groups"]
    assert "/crm/lead/board" not in str(found), "an underscore is a letter"
