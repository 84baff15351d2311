"""A day of a sales team in a real browser, from the first answer to a form until the lead is won; in both languages.

Everything is found by what it does (its field, its action), never by its words, so that one script plays both.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.tenancy.models import Membership
from app.testing.pumping import pump
from plugins.crm.models import CaptureForm, Lead
from plugins.crm.services.capture import guard
from plugins.crm.tests.capture.questions import question

ASKED = (
    ("Name", "contact.name", "text"),
    ("Email", "contact.email", "email"),
    ("Message", "lead.description", "long_text"),
)


@pytest.fixture(params=["en", "ar"])
def tenant(request, house):
    return house.new_tenant(locale=request.param, country="SA")


@pytest.fixture
def form(house, tenant):
    """A public form of the tenant: the end of its address."""
    asked = [question(label, target, kind, position=at) for at, (label, target, kind) in enumerate(ASKED)]
    house.add(CaptureForm(name="Website", key=f"web-{tenant.slug}", questions=asked, source="web"), tenant=tenant)
    return f"crm/public/form/web-{tenant.slug}"


def act(page, name):
    """Press an action of the record by keyboard, wherever it stands: beside the title or in the menu behind it."""
    button = page.locator(f'form[action*="/actions/{name}?"] button')
    menu = button.locator("xpath=ancestor::details")
    if menu.count() and menu.get_attribute("open") is None:
        menu.locator("summary").click()
    button.press("Enter")


def confirm(page):
    page.get_by_role("main").locator('form[method="post"] button[type="submit"], .form-end button').first.click()


def name_of(house, tenant, role):
    with house.inside(tenant) as session:
        uid = house.people[tenant.slug, role].uid
        return session.scalar(select(Membership.name).where(Membership.account_uid == uid))


def test_from_a_form_on_the_web_to_a_deal_that_is_won(open_browser, house, app, tenant, form, monkeypatch):
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 0)
    _visitor_asks(open_browser(None, tenant), form)
    pump(app)

    owner = open_browser("owner", tenant)
    address = _owner_hands_it_to_the_agent(owner, name_of(house, tenant, "agent"))
    pump(app)

    agent = open_browser("agent", tenant)
    _agent_is_told(agent)
    agent.goto(address)
    _agent_calls(agent)
    _agent_writes_to(agent, name_of(house, tenant, "owner"))
    _agent_books(agent)
    _agent_moves_it_by_keyboard(agent, house, tenant)
    agent.goto(address)
    act(agent, "win")
    pump(app)

    _owner_sees_how_it_went(owner, address)
    with house.inside(tenant) as session:
        lead = session.scalars(select(Lead)).one()
        assert lead.won_at is not None
        assert lead.last_activity_at is not None


def _visitor_asks(page, form):
    page.goto(form)
    page.locator('[name="name"]').fill("Noura Al Harbi")
    page.locator('[name="email"]').fill("noura@example.com")
    page.locator('[name="message"]').fill("Twenty vehicles, please.")
    page.locator('[name="message"]').locator("xpath=ancestor::form").locator("button").click()
    expect(page.locator('[name="message"]')).to_have_count(0)


def _owner_hands_it_to_the_agent(page, agent):
    page.goto("crm/lead/")
    page.get_by_role("link", name="Noura Al Harbi").first.click()
    address = page.url
    act(page, "assign")
    picker = page.get_by_role("main").get_by_role("combobox").first
    picker.fill(agent.split()[0])
    page.get_by_role("option", name=agent).first.click()
    confirm(page)
    expect(page).to_have_url(re.compile(re.escape(address)))
    expect(page.get_by_role("main").get_by_role("link", name=agent).first).to_be_visible()
    return address


def _agent_is_told(page):
    page.goto("")
    bell = page.locator('a[href$="/messaging/notifications"]:visible').first
    expect(bell).to_contain_text(re.compile("[1١]"))
    bell.click()
    expect(page.get_by_role("main")).to_contain_text("Noura Al Harbi")


def _agent_calls(page):
    act(page, "log_call")
    page.locator('[name="result"]').select_option(index=1)
    page.locator('[name="notes"]').fill("Wants an offer this week.")
    confirm(page)
    expect(page.get_by_role("main")).to_contain_text("Wants an offer this week.")


def _agent_writes_to(page, owner):
    page.locator(".write-box textarea").fill(f"@{owner} may I give five per cent?")
    page.locator(".write-box button").last.click()
    expect(page.get_by_role("main")).to_contain_text("may I give five per cent?")


def _agent_books(page):
    act(page, "book")
    confirm(page)
    expect(page.locator('form[action*="/actions/book?"]')).to_have_count(1)


def _agent_moves_it_by_keyboard(page, house, tenant):
    page.goto("crm/lead/board")
    page.locator(".card-title").first.focus()
    for stage in ("qualified", "proposal"):
        with page.expect_response(lambda answer: "/board/" in answer.url and answer.request.method == "POST"):
            page.keyboard.press("Shift+ArrowLeft" if tenant.locale == "ar" else "Shift+ArrowRight")
        with house.inside(tenant) as session:
            assert session.scalars(select(Lead)).one().stage.key == stage


def _owner_sees_how_it_went(page, address):
    page.goto(address)
    entries = page.locator(".timeline, [data-timeline]").first
    expect(entries).to_contain_text("may I give five per cent?")
    expect(entries).to_contain_text("Wants an offer this week.")
    assert page.locator(".icon-stairs").count() >= 3, "the steps from stage to stage"
    page.goto("messaging/notifications")
    expect(page.get_by_role("main")).to_contain_text("may I give five per cent?")
