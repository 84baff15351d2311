"""What people do who are quick, have two tabs, lose their session or the network: nothing breaks, nothing is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.contacts.models import Contact
from app.identity.services import set_password
from app.testing.house import PASSWORD

LIST = "contacts/contact/"


@pytest.fixture(params=["en", "ar"])
def tenant(request, house):
    found = house.new_tenant(locale=request.param)
    house.add(*(Contact(first_name=name, full_name=name) for name in ("Ada", "Bob", "Cid")), tenant=found)
    return found


def edit_position(page):
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")  # columns move when their letters come
    cell = page.locator("table.main tbody tr").first.locator("td").nth(2)
    cell.hover()
    page.locator("[data-cell-pencil]").click()
    box = page.locator(".cell-form input:not([type=hidden])")
    expect(box).to_be_focused()
    box.fill("Chief")
    return cell


def test_a_value_typed_in_place_outlives_the_session(open_browser, house, tenant):
    page = open_browser("owner", tenant, expects=401)
    page.goto(LIST)
    edit_position(page)
    expect(page.locator(".cell-form form")).to_have_count(1)
    person = house.people[tenant.slug, "owner"]
    with house.app.app_context():
        set_password(person.id, PASSWORD)
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    page.locator("[name=username]").fill(person.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[name=password]")).to_have_count(0)  # or the button would be that of the door
    page.locator("main .primary").click()
    expect(page.locator('[data-field="position"]')).to_contain_text("Chief")


def break_off_what_is_sent(route):
    return route.abort() if route.request.method == "POST" else route.continue_()


def test_a_value_that_cannot_be_sent_stays_and_says_so(open_browser, tenant):
    page = open_browser("owner", tenant, expects="net::ERR_FAILED")
    page.route("**/field/position", break_off_what_is_sent)  # before the page is there: what it has open slips through
    page.goto(LIST)
    edit_position(page)
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form [data-complaint]")).to_be_visible()
    expect(page.locator(".cell-form input:not([type=hidden])")).to_have_value("Chief")
    page.unroute("**/field/position")
    page.locator(".cell-form .primary").click()
    expect(page.locator("table.main tbody tr").first).to_contain_text("Chief")


def test_lists_of_what_is_found_float_over_the_page(open_browser, house, tenant):
    page = open_browser("owner", tenant)
    page.goto(LIST)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    stood = page.locator("h1").bounding_box()
    page.keyboard.press("Control+k")
    page.keyboard.type("ada")
    found = page.locator(".find-list [role=option][href*='contacts']", has_text="Ada")
    expect(found).to_be_visible()
    assert page.locator("h1").bounding_box() == stood
    assert page.locator(".find-list").bounding_box()["y"] + 1 > page.locator("[data-find]").bounding_box()["y"]
    with house.inside(tenant) as session:
        person = session.scalars(select(Contact.id)).first()
    page.goto(f"{LIST}{person}")
    box = page.locator("textarea[data-mentions]")
    box.focus()
    stood = page.locator(".write-box button").bounding_box()
    box.press_sequentially("@ow")
    expect(page.locator(".picker-list [role=option]")).to_be_visible()
    assert page.locator(".write-box button").bounding_box() == stood


def test_arrows_go_on_before_the_preview_has_come(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto(LIST)
    page.wait_for_load_state("networkidle")
    names = page.locator("table.main tbody th a").all_inner_texts()
    page.keyboard.press("j")
    for key in ("Space", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("[data-peek-title]")).to_contain_text(names[2])


def test_the_menu_and_the_keys_are_the_same_in_any_browser(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto(LIST)
    group = page.locator('.side-menu > [data-group="crm"]')
    with page.expect_response("**/desk/turn"):
        group.locator("summary").first.click()
    page.keyboard.press("?")
    with page.expect_response("**/desk/single-keys"):
        page.locator("[data-keys-on]").uncheck()
    other = open_browser("owner", tenant)
    other.goto(LIST)
    expect(other.locator('.side-menu > [data-group="crm"]')).not_to_have_attribute("open", "")
    expect(other.locator('.side-menu > [data-group="contacts"]')).to_have_attribute("open", "")
    other.keyboard.press("j")
    expect(other.locator("table.main tbody a:focus")).to_have_count(0)


def test_a_list_that_is_sorted_by_keyboard_keeps_the_focus_and_says_how_long_it_is(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto(LIST)
    page.locator("thead th[data-column=created_at] a").focus()
    page.keyboard.press("Enter")
    expect(page.locator("thead th[data-column=created_at]")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("thead th[data-column=created_at] a")).to_be_focused()
    expect(page.locator("[data-list-status]")).to_contain_text("3")
    page.locator("#list-q").press_sequentially("ada")
    expect(page.locator("[data-list-status]")).to_contain_text("1")
    expect(page.locator("#list-q")).to_be_focused()


def test_the_pencil_of_a_name_says_what_it_changes(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto(f"{LIST}?columns=first_name,position")
    page.locator("table.main tbody th").first.hover()
    head = page.locator("table.main thead th").first.inner_text().strip()
    expect(page.locator("[data-cell-pencil]")).to_contain_text(head)


def test_who_deletes_some_of_what_was_found_goes_on_there(open_browser, tenant):
    page = open_browser("owner", tenant)
    page.goto(f"{LIST}?q=ada")
    page.locator("table.main tbody input[name=id]").check()
    page.locator('[formaction$="/bulk-delete"]').click()
    page.get_by_role("main").locator(".form-end button").click()
    expect(page.locator("[data-undo-toast]")).to_be_visible()
    assert page.url.endswith("?q=ada")
