"""Every kind of page and what opens on it, in English and Arabic, light and dark, on a screen and on a phone:
no barrier (axe, WCAG 2.2 A and AA), nothing sticks out, nothing in the console, nothing from elsewhere, not too much.

`python -m tests.shots FOLDER` writes a picture of each.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Blueprint, abort
from playwright.sync_api import expect

from app import create_app
from app.data import db
from app.identity.access import access
from app.identity.services import save_preferences
from app.testing.fixtures import installed
from app.testing.live import served
from tests.browser.furnishing import furnish
from tests.browser.kinds import EXPECTED, FAILURES, KINDS, OPENINGS, PLATFORM, STRANGERS
from tests.browser.looking import pictures, pictures_of_size, problems, problems_of_size, weighed

FRAME = (".side", ".top")
"""The same around every page of a tenant: looked at on its start page and wherever something in it opens."""


@pytest.fixture(scope="module", params=["en", "ar"])
def furnished(request, house):
    """The language of a tenant with something of each kind in it, the tenant, and what its addresses name."""
    tenant = house.new_tenant(locale=request.param)
    return request.param, tenant, furnish(house.app, house, tenant)


def stem(name, locale):
    """What the pictures of a page are called, when they are asked for."""
    folder = os.environ.get("PICTURES")
    return Path(folder) / f"{name}-{locale}" if folder else None


def looked_at(page, name, locale, without=()):
    """What is wrong with the page on the screen; on the way its pictures, when they are asked for."""
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "ar" else "ltr")
    assert page.locator("h1").count() >= 1
    if told := stem(name, locale):
        pictures(page, told)
    return problems(page, without=without)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_keeps_nobody_out(kind, furnished, open_browser):
    locale, tenant, ids = furnished
    page = open_browser("owner", tenant, expects=EXPECTED.get(kind))
    assert page.goto(KINDS[kind].format(**ids)).status == EXPECTED.get(kind, 200)
    assert looked_at(page, kind, locale, () if kind == "start" else FRAME) == []


@pytest.mark.parametrize("name", OPENINGS)
def test_what_opens_keeps_nobody_out(name, furnished, open_browser):
    locale, tenant, ids = furnished
    opening = OPENINGS[name]
    page = open_browser("owner", tenant, expects=opening.expects)
    found = []
    for size in opening.sizes:
        page.set_viewport_size(size)
        page.goto(opening.path.format(**ids))
        page.wait_for_load_state("networkidle")
        opening.open(page)
        expect(page.locator(opening.shown).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        if told := stem(name, locale):
            pictures_of_size(page, told, size, whole=False)
        found += problems_of_size(page, size, covered=True)
    assert found == []


@pytest.fixture(scope="module", params=["en", "ar"])
def operator(request, house):
    """An operator of the platform, and the ids that its addresses name."""
    account = house.new_person(None, house.acme, operator=True)
    with house.app.app_context():
        save_preferences(account.id, locale=request.param)
    return request.param, account, {"account": house.people["acme", "agent"].id, "role": 1}


@pytest.mark.parametrize("kind", PLATFORM)
def test_a_page_of_the_platform_keeps_nobody_out(kind, operator, open_browser, site):
    locale, account, ids = operator
    page = open_browser(account)
    assert page.goto(f"{site}/{PLATFORM[kind].format(**ids)}").status == 200
    assert looked_at(page, kind, locale) == []


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_the_door_keeps_nobody_out(locale, open_browser, site):
    page = open_browser(None, locale=locale)
    assert page.goto(f"{site}/login/").status == 200
    assert looked_at(page, "sign-in", locale) == []


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_the_door_that_stays_shut_keeps_nobody_out(locale, open_browser, site):
    page = open_browser(None, locale=locale, expects=401)
    page.goto(f"{site}/login/")
    page.locator("[name=username]").fill("nobody@nowhere.example")
    page.locator("[name=password]").fill("not the password")
    page.locator("main form .primary").click()
    expect(page.locator(".has-error")).to_be_visible()
    assert looked_at(page, "sign-in-refused", locale) == []


def test_the_door_of_a_tenant_keeps_nobody_out(furnished, open_browser):
    locale, _tenant, _ids = furnished
    page = open_browser(None, _tenant, locale=locale)
    page.goto("contacts/contact/")
    assert "login" in page.url
    assert looked_at(page, "sign-in-of-a-tenant", locale) == []


@pytest.mark.parametrize("kind", STRANGERS)
def test_a_page_for_strangers_keeps_nobody_out(kind, furnished, open_browser, site):
    locale, tenant, ids = furnished
    page = open_browser(None, tenant, locale=locale)
    assert page.goto(f"{site}/{STRANGERS[kind].format(tenant=tenant.slug, **ids)}").status == 200
    assert looked_at(page, kind, locale) == []


@pytest.fixture(scope="module")
def failing_site(house, settings, pytestconfig):
    """The whole application with one page more, which fails the way its address says."""
    blueprint = Blueprint("failing", __name__)

    @blueprint.get("/failing/<int:status>")
    @access("signed-in")
    def fail(status):
        if status == 500:
            raise RuntimeError("This page fails.")
        abort(status)

    app = create_app(settings, installed(pytestconfig))
    app.register_blueprint(blueprint)
    app.config["PROPAGATE_EXCEPTIONS"] = False  # as where nobody tests
    app.test_client().get("/login/")  # its first page takes long, and a browser would not wait
    with served(app) as address:
        yield address
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize("status", FAILURES)
def test_an_error_keeps_nobody_out(status, furnished, open_browser, failing_site):
    locale, tenant, _ids = furnished
    page = open_browser("owner", tenant, expects=status, at=failing_site)
    assert page.goto(f"failing/{status}").status == status
    assert looked_at(page, f"error-{status}", locale, FRAME) == []


@pytest.mark.parametrize(("path", "kilobytes"), [("contacts/contact/", 250), ("", 450), ("crm/lead/board", 250)])
def test_a_page_is_light_when_it_is_opened_first(path, kilobytes, furnished, open_browser):
    _locale, tenant, _ids = furnished
    page = open_browser("owner", tenant)
    with weighed(page) as loaded:
        page.goto(path)
        page.wait_for_load_state("networkidle")
    assert 20_000 < sum(loaded) < kilobytes * 1000, f"{sum(loaded) / 1000:.0f} KB"


def test_a_second_page_loads_no_file_again(furnished, open_browser):
    _locale, tenant, _ids = furnished
    page = open_browser("owner", tenant)
    for path in ("contacts/contact/", "contacts/company/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
    with weighed(page) as loaded:
        page.goto("contacts/contact/")
        page.wait_for_load_state("networkidle")
    assert 0 < sum(loaded) < 20_000, f"{sum(loaded) / 1000:.0f} KB"
