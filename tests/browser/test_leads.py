"""Leads are changed where they stand in a list, filtered on the board, and talked about with colleagues."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.contacts.mentions import NoteMention
from app.sdk import Member, Money
from app.testing.pumping import pump
from plugins.crm.models import Lead
from plugins.crm.tests.agenda import member_of, new_lead


@pytest.fixture
def place(house):
    tenant = house.new_tenant()
    me = member_of(house, tenant)
    first = new_lead(house, tenant, me, title="First", value=Money(100_00, "USD"), priority="high")
    second = new_lead(house, tenant, me, title="Second", priority="low")
    return tenant, first, second


def test_a_cell_is_changed_by_mouse(open_browser, house, place):
    tenant, first, _second = place
    page = open_browser("agent", tenant)
    page.goto("crm/lead/")
    cell = page.get_by_role("row", name="First").locator("td[data-label=Value]")
    cell.hover()
    page.get_by_role("button", name="Edit: Value").click()
    cell.get_by_role("textbox").first.fill("250")
    page.keyboard.press("Enter")
    expect(cell).to_contain_text("250.00")
    with house.inside(tenant) as session:
        assert session.get(Lead, first).value == Money(250_00, "USD")
    cell.dblclick(position={"x": 4, "y": 4})
    expect(cell.get_by_role("textbox").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(cell).to_contain_text("250.00")


def test_a_cell_is_changed_by_keyboard(open_browser, house, place):
    tenant, first, _second = place
    page = open_browser("agent", tenant)
    page.goto("crm/lead/")
    page.get_by_role("link", name="First", exact=True).focus()
    page.keyboard.press("Tab")  # to the eye that shows the record beside the list
    page.keyboard.press("Tab")
    expect(page.locator("[data-cell-pencil]")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".cell-form input:not([type=hidden])").fill("Renamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Renamed", exact=True)).to_be_visible()
    expect(page.locator("[data-cell-pencil]")).to_be_focused()
    with house.inside(tenant) as session:
        assert session.get(Lead, first).title == "Renamed"


def test_whoever_may_only_read_has_no_pencil(open_browser, place):
    page = open_browser("viewer", place[0])
    page.goto("crm/lead/")
    page.get_by_role("row", name="First").hover()
    expect(page.locator("[data-cell-pencil]")).to_have_count(0)


def test_the_boards_filter_goes_along_to_the_list_and_back(open_browser, place):
    page = open_browser("agent", place[0])
    page.goto("crm/lead/board")
    page.locator("a[data-panel]", has_text="Filter").click()
    page.locator("select[name='op.priority']").select_option("one_of")
    page.locator("input[name='v.priority'][value=high]").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**/crm/lead/board?*")
    expect(page.get_by_role("link", name="First", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Second", exact=True)).to_have_count(0)
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.get_by_role("link", name="First", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Second", exact=True)).to_have_count(0)
    page.locator("a[data-panel]", has_text="Save view").click()
    page.get_by_label("Name").fill("Hot ones")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Board", exact=True).click()
    expect(page.get_by_role("link", name="Hot ones")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Second", exact=True)).to_have_count(0)
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.get_by_role("link", name="Second", exact=True)).to_be_visible()


def test_a_colleague_is_offered_after_an_at(app, open_browser, house, place):
    tenant, first, _second = place
    page = open_browser("agent", tenant)
    page.goto(f"crm/lead/{first}")
    box = page.locator("#write-box")
    with house.inside(tenant) as session:
        colleague = member_of(house, tenant, "manager")
        name = session.get(Member, colleague).name
    box.press_sequentially(f"Please look, @{name[:4].lower()}")
    option = page.get_by_role("option", name=name)
    expect(option).to_be_visible()
    option.click()
    expect(box).to_have_value(f"Please look, @{name} ")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".entry").filter(has_text="Please look")).to_be_visible()
    pump(app)
    with house.inside(tenant) as session:
        assert [one.member_id for one in session.query(NoteMention)] == [colleague]


def test_on_a_phone_before_and_after_stand_beside_their_values(open_browser, place):
    tenant, first, _second = place
    page = open_browser("owner", tenant, width=390)
    page.goto(f"crm/lead/{first}")
    page.locator("details[data-fetch$='/history'] summary").click()
    cell = page.locator(".diff tbody td").first
    expect(cell).to_be_visible()
    assert cell.evaluate("cell => parseFloat(getComputedStyle(cell).paddingInlineStart)") > 60


def test_on_a_phone_the_buttons_of_a_lead_stand_in_one_row(open_browser, place):
    tenant, first, _second = place
    page = open_browser("owner", tenant, width=390)
    page.goto(f"crm/lead/{first}")
    tops = {round(one.bounding_box()["y"]) for one in page.locator(".page-actions > * > :is(button, summary)").all()}
    assert len(tops) == 1
