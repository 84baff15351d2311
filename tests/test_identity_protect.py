"""The browser's protection: CSRF tokens, headers, caching."""

from __future__ import annotations

import pytest
from flask import session

from tests.test_identity_lab import Lab, csrf

pytest_plugins = ["tests.test_identity_lab"]


def test_a_change_without_token_is_refused_on_every_form(lab: Lab):
    client = lab.browser(lab.person("owner"))
    for path in (
        "/logout/",
        "/language",
        "/profile/",
        "/profile/password",
        "/profile/devices/end-others",
        "/t/idacme/probe/thing",
    ):
        assert client.post(path, data={"locale": "en"}).status_code == 400, path
    assert client.get("/probe/me").status_code == 200
    assert lab.browser().post("/login/", data={"username": "a", "password": "b"}).status_code == 400


def test_a_token_of_another_browser_is_refused(lab: Lab):
    client, other = lab.browser(lab.person("owner")), lab.browser(lab.person("owner"))
    assert client.post("/t/idacme/probe/thing", data={"csrf_token": csrf(other)}).status_code == 400
    assert client.post("/t/idacme/probe/thing", data={"csrf_token": csrf(client)}).status_code == 200


def test_a_token_from_before_sign_in_is_refused(lab: Lab):
    account = lab.person("owner")
    client = lab.browser()
    before = csrf(client)
    lab.sign_in(client, account.email)
    assert client.post("/t/idacme/probe/thing", data={"csrf_token": before}).status_code == 400


def test_the_api_by_session_cookie_needs_the_header(lab: Lab):
    client = lab.browser(lab.person("owner"))
    path = "/t/idacme/api/v1/probe/thing"
    assert client.get(path).status_code == 200
    for request in (client.post, client.delete):
        answer = request(path, json={})
        assert answer.status_code == 403
        assert answer.mimetype == "application/problem+json"
        assert answer.json["code"] == "csrf"
    assert client.post(path, json={}, headers={"X-CSRFToken": csrf(client)}).status_code == 200
    assert client.post(path, json={}, headers={"X-CSRFToken": "made up"}).status_code == 403
    assert client.post(path, data="{}", content_type="text/plain").status_code == 403


def test_every_response_carries_the_headers(lab: Lab):
    client = lab.browser(lab.person())
    for answer in (
        client.get("/t/idacme/probe/thing"),
        client.get("/login/"),
        lab.browser().get("/"),
        client.get("/t/nowhere/"),
        client.get("/no/such/page"),
        client.post("/profile/"),
        lab.browser().get("/api/v1/probe/thing"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers
    assert "max-age=" in lab.browser().get("https://localhost/login/").headers["Strict-Transport-Security"]


def test_signed_in_pages_are_not_kept_by_caches(lab: Lab):
    client = lab.browser(lab.person())
    assert client.get("/profile/").headers["Cache-Control"] == "no-store"
    assert client.get("/t/idacme/").headers["Cache-Control"] == "no-store"
    assert "private" in client.get("/t/idacme/api/v1/probe/thing").headers["Cache-Control"]
    assert "no-store" in lab.browser().get("/login/").headers["Cache-Control"]


def test_no_state_changes_by_get(lab: Lab):
    """Every route that only takes GET leaves all of identity's tables as they are; every change demands POST."""
    account = lab.person("owner", operator=True)
    client = lab.browser(account)
    count = """
        SELECT (SELECT count(*) FROM account_session WHERE ended_at IS NULL), (SELECT count(*) FROM api_token),
               (SELECT string_agg(a.locale || u.active, '') FROM account a JOIN ab_user u ON u.id = a.id),
               (SELECT sum(version) FROM permission_version)"""
    before = lab.sql(count)
    for path in (
        "/logout/",
        "/language",
        "/language?locale=ar",
        "/profile/password",
        "/profile/tokens",
        "/profile/devices/end-others",
        "/users/list/",
        "/users/add",
        f"/users/edit/{account.id}",
        f"/users/password/{account.id}",
        f"/users/sign-out/{account.id}",
        "/roles/list/",
        "/roles/show/1",
        "/roles/edit/1",
        "/permissions/list/",
        "/api/v1/security/login",
        "/lang/ar",
    ):
        client.get(path)
    assert lab.sql(count) == before
    assert client.get("/probe/me").status_code == 200


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_language_is_switched_by_post_for_visitors_and_people(lab: Lab, code):
    visitor = lab.browser()
    assert lab.post(visitor, "/language", locale=code, next="/login/").location == "/login/"
    with visitor.session_transaction() as session:
        assert session["locale"] == code
    account = lab.person()
    client = lab.browser(account)
    assert lab.post(client, "/language", locale=code, next="//evil.example").location == "/"
    assert lab.sql("SELECT locale FROM account WHERE id = :id", id=account.id)[0][0] == code
    assert lab.post(client, "/language", locale="xx").status_code == 422
    assert lab.post(client, "/language").status_code == 422


def test_a_visitor_gets_no_cookie_from_a_page_without_a_form(lab: Lab):
    assert "Set-Cookie" not in lab.browser().get("/probe/open").headers


def test_a_cookie_that_was_changed_is_not_believed_however_often_the_true_one_came(lab: Lab):
    client = lab.browser()
    client.post("/language", data={"locale": "ar", "csrf_token": csrf(client)})
    for _turn in range(2):
        assert '<html lang="ar"' in client.get("/login/").text
    name = lab.app.config["SESSION_COOKIE_NAME"]
    true = client.get_cookie(name).value
    for forged in (true[:-8] + "x" * 8, true + "x", "." + true):
        client.set_cookie(name, forged)
        assert '<html lang="ar"' not in client.get("/login/").text
    client.set_cookie(name, true)
    assert '<html lang="ar"' in client.get("/login/").text


def test_what_one_request_puts_into_its_session_is_not_seen_by_another(lab: Lab):
    """A session read from a cookie that is known already is a copy."""
    with lab.app.test_client() as client:
        with client.session_transaction() as first:
            first["list"] = ["one"]
        for _turn in range(2):
            client.get("/login/")
            session["list"].append("more")
            assert session["list"] == ["one", "more"]


@pytest.mark.parametrize(("theme", "shown"), [("dark", "dark"), ("light", "light"), ("", ""), ("<b>", "")])
def test_the_theme_is_switched_by_post_and_printed_with_the_page(lab: Lab, theme, shown):
    person = lab.person("owner")
    client, elsewhere = lab.browser(person), lab.browser(person)
    answer = client.post("/theme", data={"theme": theme, "next": "/profile/", "csrf_token": csrf(client)})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/profile/")
    for browser in (client, elsewhere):
        opening = browser.get("/profile/").text.split("<head>")[0]
        assert (f'data-bs-theme="{shown}"' in opening) if shown else ("data-bs-theme" not in opening)
    client.post("/logout/", data={"csrf_token": csrf(client)})
    assert "data-bs-theme" not in client.get("/login/").text
