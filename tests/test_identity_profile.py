"""One's own page."""

from __future__ import annotations

import re

import pytest

from tests.test_identity_lab import PASSWORD, Lab

pytest_plugins = ["tests.test_identity_lab"]


def test_the_page_shows_what_is_stored(lab: Lab):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    account = lab.person()
    client = lab.browser()
    lab.sign_in(client, account.email, headers={"User-Agent": agent})
    page = client.get("/t/idacme/profile/")
    assert page.status_code == 200
    assert 'value="Pat"' in page.text
    assert "Firefox, Windows" in page.text, "the device that I use"


def test_saving_keeps_every_value(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    answer = lab.post(
        client, "/profile/", first_name="  Ada  Maria ", last_name="O'Neil <b>", locale="ar", timezone="Asia/Riyadh"
    )
    assert answer.status_code == 303
    row = lab.sql(
        "SELECT first_name, last_name, locale, timezone FROM ab_user u JOIN account a ON a.id = u.id WHERE u.id = :i",
        i=account.id,
    )[0]
    assert tuple(row) == ("Ada Maria", "O'Neil <b>", "ar", "Asia/Riyadh")
    assert lab.sql("SELECT name FROM membership WHERE account_id = :i", i=account.id)[0][0] == "Ada Maria O'Neil <b>"
    page = client.get("/profile/").text
    assert "O&#39;Neil &lt;b&gt;" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_name": ""},
        {"first_name": "x" * 65},
        {"first_name": "a\0b"},
        {"last_name": "a\x1bb"},
        {"locale": "xx"},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
    ],
)
def test_wrong_input_comes_back_at_its_field(lab: Lab, wrong):
    client = lab.browser(lab.person())
    good = {"first_name": "Typed", "last_name": "Values", "locale": "", "timezone": ""}
    answer = lab.post(client, "/profile/", **{**good, **wrong})
    assert answer.status_code == 422
    assert "Typed" in answer.text or "first_name" in wrong
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("short", "short", "too short"),
        ("long enough one", "another long one", "differ"),
        ("1234567890", "1234567890", "first that are guessed"),
        ("aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "first that are guessed"),
        ("nul\0nul\0nul\0nul", "nul\0nul\0nul\0nul", "cannot be typed"),
    ],
)
def test_a_bad_new_password_is_refused_in_words(lab: Lab, password, again, words):
    client = lab.browser(lab.person())
    answer = lab.post(client, "/profile/password", current=PASSWORD, password=password, again=again)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_address_itself_is_no_password(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    answer = lab.post(
        client, "/profile/password", current=PASSWORD, password=account.email.upper(), again=account.email.upper()
    )
    assert answer.status_code == 422


def test_the_present_password_is_asked_for(lab: Lab):
    client = lab.browser(lab.person())
    answer = lab.post(client, "/profile/password", current="not it", password="a fine new one", again="a fine new one")
    assert answer.status_code == 422
    assert "not your present password" in answer.text


def test_outside_a_tenant_there_are_no_tokens_to_make(lab: Lab):
    client = lab.browser(lab.person())
    assert lab.post(client, "/profile/tokens", name="x", scopes="read", lifetime="30").status_code == 404


def test_the_language_and_zone_of_the_account_are_used(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    lab.post(client, "/profile/", first_name="A", last_name="B", locale="ar", timezone="Asia/Tokyo")
    from app.identity.locale import choose_locale, choose_timezone

    with client:
        client.get("/probe/me", headers={"Accept-Language": "en"})
        assert choose_locale() == "ar"
        assert choose_timezone() == "Asia/Tokyo"
    with lab.app.test_client() as visitor:
        visitor.get("/probe/open", headers={"Accept-Language": "ar-SA, en;q=0.5"})
        assert choose_locale() == "ar"
    with lab.app.test_client() as visitor:
        with visitor.session_transaction() as session:
            session["locale"] = "no-longer-offered"
        visitor.get("/probe/open")
        assert choose_locale() in (None, "en")


def test_password_managers_know_which_field_is_which(lab):
    page = lab.browser().get("/login/").text
    assert re.search(r'name="username"[^>]* autocomplete="username"', page)
    assert re.search(r'name="password"[^>]* autocomplete="current-password"', page)
    own = lab.browser(lab.person()).get("/profile/").text
    assert re.search(r'name="current"[^>]* autocomplete="current-password"', own)
    assert own.count('autocomplete="new-password"') == 2
