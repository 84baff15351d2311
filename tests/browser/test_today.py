"""A day is worked off by keyboard."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import expect

from app.sdk import utcnow
from plugins.crm.models import Lead, Task
from plugins.crm.tests.agenda import member_of, new_lead

HOUR = timedelta(hours=1)


def fill(house, tenant):
    me = member_of(house, tenant)
    late = new_lead(house, tenant, me, title="late", next_follow_up_at=utcnow() - 5 * HOUR)
    soon = new_lead(house, tenant, me, title="soon", next_follow_up_at=utcnow() - 2 * HOUR)
    task = Task(title="write", state="open", due_at=utcnow() - HOUR, assignee_id=me)
    return late, soon, house.add(task, tenant=tenant)[0]


def test_keys_move_open_finish_and_put_off(open_browser, house):
    tenant = house.new_tenant()
    late, soon, task = fill(house, tenant)
    page = open_browser("agent", tenant)
    page.goto("crm/today/")
    item = page.locator("[data-item]")
    expect(item).to_have_count(3)
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="late", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="late", exact=True)).to_be_focused()
    page.keyboard.press("d")
    expect(item).to_have_count(2)
    expect(page.get_by_role("link", name="soon", exact=True)).to_be_focused()
    page.keyboard.press("s")
    expect(item).to_have_count(1)
    expect(page.get_by_role("link", name="write", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="write")).to_be_visible()
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("d")
    expect(page.get_by_text("Nothing is left to do today")).to_be_visible()
    with house.inside(tenant) as session:
        assert session.get(Lead, late).next_follow_up_at is None
        assert session.get(Lead, soon).next_follow_up_at > utcnow()
        assert session.get(Task, task).state == "done"


def test_typing_in_the_search_box_does_nothing_to_the_queue(open_browser, house):
    tenant = house.new_tenant()
    fill(house, tenant)
    page = open_browser("agent", tenant)
    page.goto("crm/today/")
    page.keyboard.press("j")
    page.get_by_role("combobox").first.focus()
    page.keyboard.type("djs")
    expect(page.locator("[data-item]")).to_have_count(3)


def test_it_fits_a_phone_in_arabic(open_browser, house):
    tenant = house.new_tenant(locale="ar")
    fill(house, tenant)
    page = open_browser("agent", tenant, width=390, dark=True)
    for address in ("crm/today/", "crm/calendar/", "crm/free-times/", "crm/calendar-feed/"):
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    page.goto("crm/today/")
    page.get_by_role("button", name="تم").first.click()
    expect(page.locator("[data-item]")).to_have_count(2)
