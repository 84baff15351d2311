"""A stage and a status are chips of their own colour wherever a lead is listed or shown."""

from __future__ import annotations

import re

import pytest

from app.features.access_rules import AccessRule
from plugins.crm.models import LeadStatus, Stage
from plugins.crm.tests.sales import Sales


@pytest.fixture
def sales(house):
    return Sales(house)


def chips(page):
    return set(re.findall(r'class="badge badge-(\w+)"[^>]*><bdi>([^<]+)<', page.text))


def test_lists_and_pages_show_the_colour_of_stage_and_status(sales, house):
    (status,) = house.add(LeadStatus(name="Burning", key="burning", colour="red"), tenant=sales.tenant)
    with house.inside(sales.tenant) as session:
        session.get(Stage, sales.stages["proposal"]).colour = "purple"
        session.commit()
    lead = sales.lead(stage=str(sales.stages["proposal"]), status=str(status))
    listed = sales.browser.go("/crm/lead/?columns=title,stage,status")
    assert {("purple", "Proposal"), ("red", "Burning")} <= chips(listed)
    assert {("purple", "Proposal"), ("red", "Burning")} <= chips(sales.browser.go(f"/crm/lead/{lead['id']}"))
    house.add(AccessRule(role="viewer", resource="crm.stage", hidden=["colour"]), tenant=sales.tenant)
    hidden = house.browser("viewer", sales.tenant).go("/crm/lead/?columns=title,stage,status")
    assert ("purple", "Proposal") not in chips(hidden)
    assert "Proposal" in hidden.text
