"""Other ways to sign in, in a browser: the pages in front of the door, and the button that leads over another site."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from app import create_app
from app.data import db
from app.identity.sessions import COOKIE, open_session
from app.sso.settings import LdapSettings, OidcSettings, ProxySettings, SignInSettings
from app.testing.fixtures import installed
from app.testing.live import served
from tests.browser.kinds import DOORS
from tests.browser.looking import PATIENCE
from tests.browser.test_page_kinds import looked_at
from tests.openid_house import CLIENT, SECRET, OpenIdServer
from tests.saml_house import SamlServer

HEADER = "X-Remote-User"
PROXIED = "nora.haddad@a-rather-long-organisation.example"


@pytest.fixture(scope="module")
def provider():
    running = OpenIdServer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def saml_provider():
    running = SamlServer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def door(house, settings, provider, saml_provider, pytestconfig):
    """The whole application with every way in switched on; gives its address and itself."""
    ways = SignInSettings(
        ldap=LdapSettings(url="ldap://localhost:1", base_dn="dc=example", name="Head office"),
        providers=(
            OidcSettings(key="house", issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, name="The house"),
            OidcSettings(key="work", issuer="https://w.invalid", client_id="a", client_secret="b", name="Work & Co"),
        ),
        saml=(saml_provider.settings(name="Town hall"),),
        proxy=ProxySettings(header=HEADER, proxies=("127.0.0.1", "::1"), sign_out="https://login.example.com/logout"),
    )
    app = create_app(replace(settings, sign_in=ways), installed(pytestconfig))
    app.test_client().get("/login/")  # its first page takes long, and a browser would not wait
    with served(app) as address:
        yield address, app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("kind", DOORS)
def test_a_page_before_the_door_keeps_nobody_out(kind, locale, door, open_browser):
    at, _app = door
    page = open_browser(None, locale=locale, at=at)
    if "proxy" in kind:
        page.set_extra_http_headers({HEADER: PROXIED})
    assert page.goto(f"{at}/{DOORS[kind]}").status == 200
    assert looked_at(page, kind, locale) == []


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_ones_own_page_with_ways_keeps_nobody_out(locale, door, provider, elsewhere, house):
    at, app = door
    account = house.new_person("agent", house.acme)
    page = elsewhere(at, provider, locale=locale)
    with app.app_context():
        token = open_session(account.id)
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": at}])
    provider.person = {"sub": f"key of {account.id}", "email": PROXIED, "email_verified": True}
    page.goto(f"{at}/profile/")
    page.locator("form[action*='/profile/ways/house'] button").click()
    expect(page.locator(".flash-good")).to_be_visible()
    expect(page.locator("form[action$='/remove']")).to_be_visible()
    assert looked_at(page, "profile-with-ways", locale) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_the_button_leads_to_the_provider_and_back_to_where_one_wanted(scripts, door, provider, elsewhere, house):
    at, _app = door
    account = house.new_person("agent", house.acme)
    provider.person = {"sub": f"key of {account.id}", "email": account.email, "email_verified": True}
    page = elsewhere(at, provider, scripts=scripts)
    page.goto(f"{at}/t/{house.acme.slug}/contacts/contact/")
    page.get_by_role("button", name="Sign in with The house").click()
    expect(page).to_have_url(re.compile(f"{at}/t/{house.acme.slug}/contacts/contact/"))
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{at}/profile/")
    expect(page.locator("main .note").first).to_contain_text(account.email)
    expect(page.locator("main table").first).to_contain_text("The house")


@pytest.mark.parametrize("scripts", [True, False])
def test_an_answer_posted_from_the_other_site_finds_the_browser_that_began(
    scripts, door, saml_provider, elsewhere, house
):
    """The provider is another site (an address of numbers, and ours a name): its post carries none of our cookies."""
    at, _app = door
    account = house.new_person("agent", house.acme)
    saml_provider.person = {"name_id": f"key of {account.id}", "attributes": {"email": account.email}}
    page = elsewhere(at, saml_provider, scripts=scripts)
    posted = []
    page.on("request", lambda asked: posted.append(asked) if asked.url.endswith("/login/saml/adfs/acs") else None)
    page.goto(f"{at}/t/{house.acme.slug}/contacts/contact/")
    page.get_by_role("button", name="Sign in with Town hall").click()
    if not scripts:
        page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(f"{at}/t/{house.acme.slug}/contacts/contact/"))
    expect(page.locator("h1")).to_be_visible()
    assert ["cookie" in one.all_headers() for one in posted] == [False]
    page.goto(f"{at}/profile/")
    expect(page.locator("main table").first).to_contain_text("Town hall")


def test_the_page_in_between_says_where_to(door, provider, elsewhere):
    """A provider that answers nothing leaves the browser where it is."""
    at, _app = door
    page = elsewhere(at, provider)
    page.route(f"{provider.issuer}/**", lambda route: route.fulfill(status=204))
    page.goto(f"{at}/login/")
    page.get_by_role("button", name="Sign in with The house").click()
    expect(page.get_by_role("link", name="Go on to The house")).to_be_visible()
    assert looked_at(page, "sign-in-leaving", "en") == []


def test_a_provider_that_does_not_answer_is_said_to(door, open_browser):
    at, _app = door
    page = open_browser(None, at=at, expects=503)
    page.goto(f"{at}/login/")
    page.get_by_role("button", name="Sign in with Work & Co").click()
    expect(page.get_by_role("alert")).to_contain_text("Work & Co does not answer")
    assert looked_at(page, "sign-in-no-answer", "en") == []


@pytest.fixture
def elsewhere(chromium):
    """A browser that may go to the provider as well; what its console complains about fails the test."""
    contexts, complaints = [], []

    def open_(at, provider, *, scripts=True, locale="en-GB"):
        context = chromium.new_context(java_script_enabled=scripts, locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on(
            "request",
            lambda asked: None if asked.url.startswith((at, provider.issuer)) else complaints.append(asked.url),
        )
        return page

    yield open_
    found = list(complaints)
    for context in contexts:
        context.close()
    assert found == []
