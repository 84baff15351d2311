"""The views that lists have from the start, and “is me” among the conditions."""

from __future__ import annotations

import pytest

from plugins.crm.tests.agenda import member_of, new_lead

NOT_CLOSED = "won_at.empty=true&amp;lost_at.empty=true"


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    for role in ("owner", "agent"):
        new_lead(house, tenant, member_of(house, tenant, role), title=f"Of the {role}")
    new_lead(house, tenant, member_of(house, tenant, "owner"), title="Sold", stage="won")
    new_lead(house, tenant, title="Of nobody")
    return tenant


def _titles(house, tenant, role, query):
    found = house.api(role, tenant).get(f"/crm/lead?{query}").json["data"]
    return {one["title"] for one in found}


def test_one_address_shows_each_reader_their_own(house, place):
    mine = "assigned_to.is=me&won_at.empty=true"
    assert _titles(house, place, "owner", mine) == {"Of the owner"}
    assert _titles(house, place, "agent", mine) == {"Of the agent"}


def test_me_is_nobody_among_contacts(house, place):
    answer = house.api("owner", place).get("/crm/lead?contact.is=me")
    assert answer.status_code == 422
    assert "contact.is" in answer.text


def test_the_panel_offers_me_and_the_address_keeps_the_word(house, place):
    browser = house.browser("agent", place)
    panel = browser.go("/crm/lead/filters?assigned_to.is=me").text
    assert '<option value="me" data-takes="none" selected>is me</option>' in panel
    chosen = browser.go("/crm/lead/filters?apply=1&op.assigned_to=me")
    assert chosen.headers["Location"].endswith("/crm/lead/?assigned_to.is=me")
    page = browser.go("/crm/lead/?assigned_to.is=me").text
    assert "is me" in page
    assert "Of the agent" in page
    assert "Of the owner" not in page


def test_a_list_begins_with_the_views_of_its_plugin(house, place):
    browser = house.browser("agent", place)
    page = browser.go("/crm/lead/").text
    assert f"?assigned_to.is=me&amp;{NOT_CLOSED}&amp;view=mine" in page
    page = browser.go("/crm/lead/?won_at.empty=true&lost_at.empty=true&view=open").text
    assert 'view=open" aria-current="page"><bdi>Open leads</bdi>' in page
    assert "Sold" not in page
    assert "This view" not in page, "nobody changes what the plugin declares"


def test_what_a_list_is_for_stands_where_it_is_empty(house):
    page = house.browser("owner", house.new_tenant()).go("/crm/assignment_rule/").text
    assert "Rules give new leads to a team" in page
