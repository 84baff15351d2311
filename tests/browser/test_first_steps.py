"""The browser of the tests reaches the application as a person does."""

from __future__ import annotations

from playwright.sync_api import expect


def test_a_contact_is_added_found_and_opened(open_browser):
    page = open_browser("agent")
    page.goto("contacts/contact/add")
    page.get_by_label("First name").fill("Zenobia")
    page.get_by_label("Last name").fill("Quill")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Zenobia Quill")).to_be_visible()
    page.goto("contacts/contact/")
    page.get_by_role("main").locator("input[name=q]").fill("zenob")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Zenobia Quill")).to_be_visible()


def test_an_arabic_company_works_from_right_to_left_on_a_phone(open_browser, house):
    page = open_browser("viewer", house.new_tenant(locale="ar"), width=390)
    page.goto("contacts/contact/")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
