"""A list is searched, sorted and paged where it stands, and its address says so."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.sdk import Contact
from tests.browser.looking import held_back


def furnish(house, locale="en"):
    tenant = house.new_tenant(locale=locale)
    people = [Contact(first_name=f"Person{n:02}", full_name=f"Person{n:02}") for n in range(30)]
    house.add(*people, Contact(first_name="Zenobia", full_name="Zenobia"), tenant=tenant)
    return tenant


def mark(page):
    """A page that was loaded anew has no mark."""
    page.evaluate("window.marked = true")
    return lambda: page.evaluate("window.marked === true")


def test_typing_searches_without_loading_the_page_and_keeps_the_place_in_the_box(open_browser, house):
    page = open_browser("agent", furnish(house))
    page.goto("contacts/contact/")
    is_same = mark(page)
    box = page.locator("#list-q")
    box.fill("zeno")  # at once: each pause of a slow hand would be a place that Back leads to
    expect(page).to_have_url(re.compile("q=zeno$"))
    expect(page.locator("tbody tr")).to_have_count(1)
    box.fill("zenobia")
    expect(page).to_have_url(re.compile("q=zenobia"))
    expect(box).to_have_value("zenobia")
    expect(box).to_be_focused()
    assert is_same()
    page.evaluate("history.back()")
    expect(box).to_have_value("zeno")
    expect(page).not_to_have_url(re.compile("zenobia"))


def test_what_is_typed_while_the_answer_is_under_way_is_kept_and_answered_next(open_browser, house):
    page = open_browser("agent", furnish(house))
    held = held_back(page, re.compile("q=zeno$"))
    page.goto("contacts/contact/")
    box = page.locator("#list-q")
    with page.expect_request(re.compile("q=zeno$")):
        box.press_sequentially("zeno")
    box.press_sequentially("xx")
    held[0].continue_()
    expect(page).to_have_url(re.compile("q=zenoxx"))
    expect(box).to_have_value("zenoxx")
    expect(page.locator("tbody tr")).to_have_count(0)


def test_sorting_and_paging_keep_ticks_menus_and_address_working(open_browser, house):
    page = open_browser("owner", furnish(house, "ar"))
    page.goto("contacts/contact/")
    is_same = mark(page)
    page.locator("thead a").first.click()
    expect(page.locator("thead th").first).to_have_attribute("aria-sort", "ascending")
    page.locator(".pager a[rel=next]").click()
    expect(page.locator("tbody tr")).to_have_count(6)
    assert is_same()
    page.locator("tbody input[name=id]").first.check()
    expect(page.locator(".bulk.on")).to_be_visible()
    page.locator(".row-menu").first.click()
    expect(page.locator(".floating [role=menuitem]").first).to_be_focused()
    here = page.url
    page.reload()
    assert page.url == here
    expect(page.locator("tbody tr")).to_have_count(6)


def test_somebody_whose_session_ended_meanwhile_is_led_to_the_door(open_browser, house):
    tenant = furnish(house)
    page = open_browser("agent", tenant)
    page.goto("contacts/contact/")
    page.context.clear_cookies()
    page.locator("#list-q").press_sequentially("zeno", delay=20)
    expect(page.locator("input[name=password]")).to_be_visible()


def test_without_scripts_the_same_list_is_searched_and_sorted(open_browser, house):
    tenant = furnish(house)
    page = open_browser("agent", tenant, scripts=False)
    page.goto("contacts/contact/")
    page.locator("#list-q").fill("zenobia")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("thead a").first.click()
    expect(page.locator("thead [aria-sort]")).to_have_count(1)


@pytest.mark.parametrize("scripts", [True, False])
def test_ticked_rows_get_the_same_values(open_browser, house, scripts):
    page = open_browser("agent", furnish(house), scripts=scripts)
    page.goto("contacts/contact/?q=zenobia")
    page.locator("tbody input[name=id]").check()
    page.locator("[formaction$='/bulk-edit']").click()
    page.locator("#f-position").fill("Queen")
    box = page.locator("input[name=change][value=position]")
    if not scripts:
        box.check()
    expect(box).to_be_checked()  # with scripts, what is filled in is meant
    expect(page.locator("input[name=change]:checked")).to_have_count(1)
    page.locator("main .form-end .primary").click()
    expect(page.locator("tbody tr")).to_contain_text("Queen")
    page.locator("[data-undo-toast] form button").click()
    expect(page.locator("tbody tr")).not_to_contain_text("Queen")
