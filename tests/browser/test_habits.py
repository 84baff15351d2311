"""What people reach for many times a day, by hand: in English and Arabic, on contacts and on leads.

Everything is found by what it does, never by its words, so that one script plays both languages.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.contacts.models import Contact
from app.testing.barriers import barriers
from app.testing.pumping import pump
from app.transfer import exporting
from plugins.crm.models import Lead
from plugins.crm.tests.agenda import member_of, new_lead
from tests.browser.looking import drag

MODELS = {"contacts/contact": Contact, "crm/lead": Lead}


@pytest.fixture(params=["en", "ar"])
def tenant(request, house):
    return house.new_tenant(locale=request.param)


@pytest.fixture(params=MODELS)
def listed(request, house, tenant):
    """The address of a list with three rows, and their model."""
    me = member_of(house, tenant, "owner")
    for name in ("Ada", "Bob", "Cid"):
        if request.param == "crm/lead":
            new_lead(house, tenant, me, title=name)
        else:
            house.add(Contact(first_name=name, full_name=name), tenant=tenant)
    return request.param, MODELS[request.param]


def living(house, tenant, model):
    with house.inside(tenant) as session:
        return session.scalars(select(model).where(model.deleted_at.is_(None))).unique().all().__len__()


def seen(page, name):
    """A picture for whoever looks: `PICTURES=/tmp/habits pytest tests/browser/test_habits.py`."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        direction = page.locator("html").get_attribute("dir")
        page.screenshot(path=f"{folder}/{name}-{direction}.png")


def barriers_of_menu(page):
    """What an open menu covers is too small a target for as long as it does."""
    return [one for one in barriers(page) if not one.startswith("target-size")]


def drafts(page):
    return page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('tenantry.draft.'))")


def until(holds):
    """The browser has done what it does a little later."""
    for _try in range(100):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never was so")


def is_mirrored(tenant):
    return tenant.locale == "ar"


def test_what_is_deleted_comes_back_by_its_toast(open_browser, house, tenant, listed):
    path, model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    page.locator("[data-tick-all]").check()
    page.locator('[formaction$="/bulk-delete"]').click()
    page.get_by_role("main").locator(".form-end button").click()
    toast = page.locator("[data-undo-toast]")
    expect(toast).to_be_visible()
    assert living(house, tenant, model) == 0
    toast.hover()  # it waits while somebody is at it
    seen(page, f"undo-{model.__name__}")
    assert barriers(page) == []
    page.keyboard.press("Control+z")
    expect(page.locator("table.main tbody tr")).to_have_count(3)
    assert living(house, tenant, model) == 3
    expect(toast).to_have_count(0)


def test_a_row_is_previewed_and_the_next_and_one_goes_back_to_it(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    first, second = page.locator("table.main tbody th a:not(.row-menu)").all()[:2]
    expect(first).to_be_focused()
    page.keyboard.press("Space")
    pane = page.locator(".peek")
    expect(pane.locator("[data-peek-title]")).to_contain_text(first.inner_text())
    page.keyboard.press("ArrowDown")
    expect(pane.locator("[data-peek-title]")).to_contain_text(second.inner_text())
    seen(page, f"preview-{path.replace('/', '-')}")
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(pane).to_be_hidden()
    expect(second).to_be_focused()
    second.hover()
    page.locator("tr:hover .peek-open").click()
    expect(pane).to_be_visible()
    pane.locator("[data-peek-close]").click()
    expect(pane).to_be_hidden()


def test_pinned_and_recent_records_are_at_hand_everywhere(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    titles = page.locator("table.main tbody th a:not(.row-menu)")
    first, second = titles.nth(0).inner_text(), titles.nth(1).inner_text()
    titles.nth(0).click()
    expect(page.locator("[data-pin] button")).to_have_attribute("aria-pressed", "false")
    page.wait_for_load_state("networkidle")
    with page.expect_response(re.compile("/desk/pin")):
        page.keyboard.press("p")
    expect(page.locator("[data-pin] button")).to_have_attribute("aria-pressed", "true")
    page.goto(f"{path}/")
    titles.nth(1).click()
    expect(page.locator("[data-pin]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.goto("")
    page.keyboard.press("g")
    page.keyboard.press("r")
    tray = page.locator('[data-tray-name="desk"] .tray-list')
    expect(tray.locator("a")).to_have_count(2)
    assert [first in tray.locator("a").nth(0).inner_text(), second in tray.locator("a").nth(1).inner_text()] == [
        True,
        True,
    ]
    seen(page, f"recent-{path.replace('/', '-')}")
    assert barriers_of_menu(page) == []
    tray.locator("a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(first)


def columns_of(page):
    return page.eval_on_selector_all("th[data-column]", "all => all.map((one) => one.dataset.column)")


def test_columns_are_moved_and_made_wider_by_mouse_and_keyboard(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    before = columns_of(page)
    forward = "ArrowLeft" if is_mirrored(tenant) else "ArrowRight"
    handle = page.locator(f'th[data-column="{before[0]}"] [role=separator]')
    handle.focus()
    with page.expect_response(re.compile("/columns$")):
        page.keyboard.press(f"Shift+{forward}")
    swapped = [before[1], before[0], *before[2:]]
    assert columns_of(page) == swapped
    page.reload()
    page.evaluate("document.fonts.ready")  # columns are as wide as their letters
    assert columns_of(page) == swapped
    head = page.locator(f'th[data-column="{before[0]}"]')
    width = head.bounding_box()["width"]
    handle.focus()
    with page.expect_response(re.compile("/columns$")):
        page.keyboard.press(forward)
    assert abs(head.bounding_box()["width"] - width - 16) < 2
    edge = handle.bounding_box()
    x, y = edge["x"] + edge["width"] / 2, edge["y"] + edge["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (-60 if is_mirrored(tenant) else 60), y, steps=4)
    with page.expect_response(re.compile("/columns$")):
        page.mouse.up()
    wide = head.bounding_box()["width"]
    assert abs(wide - width - 76) < 4
    with page.expect_response(re.compile("/columns$")):
        taken, over = (page.locator(f'th[data-column="{name}"]') for name in (before[2], before[1]))
        drag(page, taken, over, lambda: columns_of(page)[:2] == [before[2], before[1]])
    page.reload()
    assert columns_of(page)[:2] == [before[2], before[1]]
    assert abs(head.bounding_box()["width"] - wide) < 2
    seen(page, f"columns-{path.replace('/', '-')}")
    assert barriers(page) == []


def test_lists_are_compact_for_whoever_wants_it(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    height = page.locator("table.main tbody tr").first.bounding_box()["height"]
    page.locator(".account > summary").click()
    page.locator('button[name="density"][value="compact"]').click()
    until(lambda: page.locator("table.main tbody tr").first.bounding_box()["height"] < height - 5)
    seen(page, f"compact-{path.replace('/', '-')}")


def test_keys_are_told_and_can_be_switched_off(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    page.keyboard.press("?")
    sheet = page.locator("dialog.keys-sheet")
    expect(sheet).to_be_visible()
    seen(page, "keys")
    assert barriers(page) == []
    sheet.locator("[data-keys-on]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.locator("table.main tbody a:focus").count() == 0
    page.keyboard.press("?")
    sheet.locator("[data-keys-on]").check()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("table.main tbody a:focus")).to_have_count(1)
    page.keyboard.press("x")
    expect(page.locator('input[name="id"]:checked')).to_have_count(1)
    page.keyboard.press("n")
    page.wait_for_url(re.compile("/add$"))


FORMS = {"contacts/contact": "last_name", "crm/lead": "title"}


def test_what_was_typed_is_offered_after_a_crash_and_to_nobody_else(open_browser, house, tenant, listed):
    path, _model = listed
    name = f'[name="{FORMS[path]}"]'
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    page.locator("table.main tbody th a:not(.row-menu)").first.click()
    page.locator('.page-actions a[href$="/edit"]').click()
    page.wait_for_url(re.compile("/edit$"))
    address = page.url
    page.locator(name).fill("Half typed")
    until(lambda: drafts(page))
    crashed = page.context.new_page()
    page.close(run_before_unload=False)
    crashed.goto(address)
    note = crashed.locator(".draft-note")
    expect(note).to_be_visible()
    seen(crashed, f"draft-{path.replace('/', '-')}")
    assert barriers(crashed) == []
    note.locator("[data-take]").click()
    expect(crashed.locator(name)).to_have_value("Half typed")
    crashed.locator("[data-save]").click()
    expect(crashed.get_by_role("heading", level=1)).to_contain_text("Half typed")
    until(lambda: not drafts(crashed))
    crashed.goto(address)
    crashed.wait_for_load_state("networkidle")
    expect(note).to_have_count(0)


def test_a_changed_form_is_not_left_by_accident(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/add")
    page.wait_for_load_state("networkidle")
    page.locator(".side-menu a").first.click()
    expect(page.locator("[data-guard]")).to_have_count(0)  # nothing was typed, nothing is asked
    page.goto(f"{path}/add")
    page.wait_for_load_state("networkidle")
    page.locator(f'[name="{FORMS[path]}"]').fill("Half typed")
    page.locator(".side-menu a").first.click()
    expect(page.locator("#confirm")).to_be_visible()
    page.locator('#confirm button[value="no"]').click()
    expect(page.locator(f'[name="{FORMS[path]}"]')).to_have_value("Half typed")
    page.locator(".side-menu a").first.click()
    page.locator("#confirm [data-yes]").click()
    expect(page.locator("[data-guard]")).to_have_count(0)
    until(lambda: not drafts(page))


def test_a_running_export_is_followed_from_every_page(open_browser, tenant, listed, app, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    path, _model = listed
    page = open_browser("owner", tenant)
    trays = []
    page.on("request", lambda asked: trays.append(asked.url) if asked.url.endswith("/exports/tray") else None)
    page.goto(f"transfer/exports/new?resource={path.replace('/', '.')}")
    page.wait_for_load_state("networkidle")
    assert trays == [], "nothing runs, nothing is asked"
    page.locator("main form .button.primary").click()
    page.wait_for_url(re.compile("/transfer/exports/[0-9a-f-]{36}"))
    page.goto("contacts/company/")
    mark = page.locator('[data-tray-name="downloads"] [data-tray-mark]')
    expect(mark).to_have_class(re.compile("running"))
    pump(app)
    expect(mark).not_to_have_class(re.compile("running"))
    page.keyboard.press("g")
    page.keyboard.press("d")
    link = page.locator(".tray-line a[href$='/file']")
    expect(link).to_be_visible()
    seen(page, f"downloads-{path.replace('/', '-')}")
    assert barriers_of_menu(page) == []
    with page.expect_download() as fetched:
        link.click()
    assert fetched.value.suggested_filename.endswith(".csv")


def test_the_search_box_runs_what_the_page_can_do(open_browser, tenant, listed):
    path, _model = listed
    page = open_browser("owner", tenant)
    page.goto(f"{path}/")
    page.locator("table.main tbody th a:not(.row-menu)").first.click()
    edit = page.locator('.page-actions a[href$="/edit"]').inner_text()
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+k")
    page.keyboard.type(edit)
    expect(page.locator('#find-0[aria-selected="true"]')).to_contain_text(edit)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/edit$"))


def test_the_first_steps_are_told_until_they_are_put_away(open_browser, house, tenant):
    page = open_browser("owner", tenant)
    page.goto("")
    steps = page.locator(".first-steps")
    expect(steps).to_be_visible()
    undone = steps.locator("li:not(.done)").count()
    house.add(Contact(first_name="Ada", full_name="Ada"), tenant=tenant)
    page.reload()
    expect(steps.locator("li:not(.done)")).to_have_count(undone - 1)
    seen(page, "first-steps")
    assert barriers(page) == []
    steps.locator("header form button").click()
    page.locator("#confirm [data-yes]").click()
    page.wait_for_load_state("networkidle")
    expect(steps).to_have_count(0)
    other = open_browser("agent", tenant)
    other.goto("")
    expect(other.locator(".first-steps")).to_have_count(0)
