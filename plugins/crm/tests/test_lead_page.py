"""What the page of a lead offers first, and what it leaves folded."""

from __future__ import annotations

import re

from plugins.crm.models import Lead
from plugins.crm.tests.agenda import member_of, new_lead


def _head(page):
    return re.search(r'class="page-actions">.*?</header>', page, re.DOTALL).group()


def test_what_was_done_is_written_down_above_the_timeline_and_not_in_the_menu(house):
    tenant = house.new_tenant()
    lead = new_lead(house, tenant, member_of(house, tenant, "owner"))
    browser = house.browser("owner", tenant)
    head, timeline = _head(browser.go(f"/crm/lead/{lead}").text), browser.go(f"/crm/lead/{lead}/timeline").text
    for name in ("log_call", "log_meeting", "log_email", "add_task", "book"):
        address = f"/crm/lead/actions/{name}?id={lead}"
        assert address not in head
        assert address in timeline
    assert f"/crm/lead/actions/win?id={lead}" in head
    assert "/crm/activity/add" not in timeline, "the long form has no button of its own"


def test_whoever_may_not_write_down_calls_has_no_button_for_it(house):
    tenant = house.new_tenant()
    lead = new_lead(house, tenant, member_of(house, tenant, "owner"))
    page = house.browser("viewer", tenant).go(f"/crm/lead/{lead}/timeline").text
    assert "/actions/" not in page


def test_a_contact_has_no_such_actions_and_keeps_the_form(house):
    tenant = house.new_tenant()
    lead = new_lead(house, tenant, member_of(house, tenant, "owner"), email="nora@example.com")
    with house.inside(tenant) as session:
        contact = session.get(Lead, lead).contact_id
    page = house.browser("owner", tenant).go(f"/contacts/contact/{contact}/timeline").text
    assert f"/crm/activity/add?contact={contact}" in page


def test_a_section_that_says_nothing_is_folded(house):
    tenant = house.new_tenant()
    owner = member_of(house, tenant, "owner")
    plain = new_lead(house, tenant, owner)
    known = new_lead(house, tenant, owner, utm_source="newsletter")
    browser = house.browser("owner", tenant)
    folded = '<details class="card folded"><summary><h2>Campaign</h2>'
    assert folded in browser.go(f"/crm/lead/{plain}").text
    assert folded not in browser.go(f"/crm/lead/{known}").text


def test_a_form_of_an_action_begins_in_its_first_field(house):
    tenant = house.new_tenant()
    lead = new_lead(house, tenant, member_of(house, tenant, "owner"))
    page = house.browser("owner", tenant).send(f"/crm/lead/actions/follow_up?id={lead}").text
    assert re.search(r'<select[^>]*name="when"[^>]*autofocus', page)
    assert page.count("autofocus") == 2, "and the dialog for questions has its own"
    assert "<h1><bdi>Follow up</bdi>" in page, "without the dots that promised this form"


def _in_head(page):
    """The labels of the buttons in the head that are not in its menu."""
    return re.findall(r"</svg>([^<]+)</(?:button|a)>", _head(page).split("<details")[0])


def test_won_and_lost_are_offered_alike(house):
    tenant = house.new_tenant()
    owned, nobodys = new_lead(house, tenant, member_of(house, tenant, "owner")), new_lead(house, tenant, None)
    browser = house.browser("owner", tenant)
    assert _in_head(browser.go(f"/crm/lead/{owned}").text) == ["Edit", "Won", "Lost"]
    page = browser.go(f"/crm/lead/{nobodys}").text
    assert _in_head(page) == ["Edit", "Take it"]
    for name in ("win", "lose"):
        assert f"/crm/lead/actions/{name}?id={nobodys}" in _head(page), "both in the menu"


def test_the_timeline_comes_right_after_the_main_fields(house):
    tenant = house.new_tenant()
    lead = new_lead(house, tenant, member_of(house, tenant, "owner"))
    page = house.browser("owner", tenant).go(f"/crm/lead/{lead}").text
    heads = re.findall(r"<h2[^>]*>([^<]+?) ?<", page)
    assert heads[heads.index("Lead") : heads.index("Progress") + 1] == ["Lead", "Timeline", "Progress"]
