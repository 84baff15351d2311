"""Signing in and out: sessions are rows, and they end when they should."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.data import platform_session
from app.identity.models import AccountSession
from app.identity.replies import safe_target
from app.identity.services import remove_member, set_active, set_password
from app.identity.sessions import COOKIE
from app.identity.tokens import token_hash
from tests.test_identity_lab import PASSWORD, Lab, csrf

pytest_plugins = ["tests.test_identity_lab"]


def token_of(client):
    return client.get_cookie(COOKIE).value


def replay(lab, token):
    """A second browser that holds a copied cookie."""
    other = lab.app.test_client()
    other.set_cookie(COOKIE, token)
    return other


def test_sign_in_by_address_and_by_user_name_in_any_case(lab: Lab):
    account = lab.person()
    for name in (account.email, account.email.upper(), f"  {account.username.title()} "):
        client = lab.browser()
        assert lab.sign_in(client, name).status_code == 303
        assert client.get("/t/idacme/probe/thing").json["account"] == account.username


def test_wrong_password_and_unknown_name_look_the_same(lab: Lab):
    account = lab.person()
    known = lab.sign_in(lab.browser(), account.email, "wrong password")
    unknown = lab.sign_in(lab.browser(), "nobody@lab.example", "wrong password")
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace(account.email, "").count("do not belong together") == 1
    assert unknown.text.count("do not belong together") == 1
    assert "Set-Cookie" not in known.headers or COOKIE not in str(known.headers)


def test_the_typed_name_comes_back_and_the_password_does_not(lab: Lab):
    answer = lab.sign_in(lab.browser(), "typed@lab.example", "my wrong password")
    assert "typed@lab.example" in answer.text
    assert "my wrong password" not in answer.text


@pytest.mark.parametrize("name", ["", "x" * 5000, "a\0b", "'; drop table ab_user; --", "%", "ünïcödé", "\ud83d"])
def test_strange_names_are_refused_quietly(lab: Lab, name):
    client = lab.browser()
    answer = client.post(
        "/login/", data={"username": name.encode("utf-8", "surrogatepass"), "password": "x", "csrf_token": csrf(client)}
    )
    assert answer.status_code in (401, 422)
    assert "SELECT" not in answer.text


def test_the_cookie_is_guarded_and_the_database_keeps_only_its_hash(lab: Lab):
    account = lab.person()
    client = lab.browser()
    answer = lab.sign_in(client, account.email)
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    token = token_of(client)
    assert len(token) >= 43
    assert lab.sql("SELECT count(*) FROM account_session WHERE token_hash = :t", t=token)[0][0] == 0
    assert lab.sql("SELECT count(*) FROM account_session WHERE token_hash = :t", t=token_hash(token))[0][0] == 1
    secure = lab.browser()
    answer = secure.post(
        "https://localhost/login/",
        data={"username": account.email, "password": PASSWORD, "csrf_token": csrf_over_https(secure)},
        headers={"Referer": "https://localhost/login/"},
    )
    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(COOKIE)]
    assert "Secure" in cookie


def csrf_over_https(client):
    page = client.get("https://localhost/login/").text
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def test_each_sign_in_makes_a_new_token_and_ends_the_one_before(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    first = token_of(client)
    client.set_cookie(COOKIE, first)
    assert lab.sign_in(client, account.email).status_code == 303
    assert token_of(client) != first
    assert replay(lab, first).get("/probe/me").status_code == 303


def test_a_token_planted_before_sign_in_is_not_taken_over(lab: Lab):
    account = lab.person()
    client = lab.browser()
    client.set_cookie(COOKIE, "planted-by-somebody-else")
    lab.sign_in(client, account.email)
    assert token_of(client) != "planted-by-somebody-else"
    assert replay(lab, "planted-by-somebody-else").get("/probe/me").status_code == 303


def test_sign_out_ends_the_session_for_copies_of_the_cookie_too(lab: Lab):
    client = lab.browser(lab.person())
    token = token_of(client)
    answer = lab.post(client, "/logout/")
    assert answer.status_code == 303
    assert client.get_cookie(COOKIE) is None
    assert replay(lab, token).get("/probe/me").status_code == 303


def test_a_copied_jar_of_all_cookies_is_worth_nothing_after_sign_out(lab: Lab):
    client = lab.browser(lab.person())
    client.get("/profile/")
    jar = [(c.key, c.value) for c in client._cookies.values()]
    lab.post(client, "/logout/")
    thief = lab.browser()
    for name, value in jar:
        thief.set_cookie(name, value)
    assert thief.get("/probe/me").status_code == 303
    assert thief.get("/t/idacme/probe/thing").status_code == 303


def test_sign_out_by_get_changes_nothing(lab: Lab):
    client = lab.browser(lab.person())
    answer = client.get("/logout/")
    assert answer.status_code == 200
    assert client.get("/probe/me").status_code == 200
    assert client.get("/logout/", headers={"Referer": "https://evil.example/"}).status_code == 200
    assert client.get("/probe/me").status_code == 200


def test_password_change_ends_all_other_sessions_and_renews_this_one(lab: Lab):
    account = lab.person()
    here, there = lab.browser(account), lab.browser(account)
    old = token_of(here)
    answer = lab.post(
        here, "/profile/password", current=PASSWORD, password="another green horse", again="another green horse"
    )
    assert answer.status_code == 303
    assert here.get("/probe/me").status_code == 200
    assert there.get("/probe/me").status_code == 303
    assert replay(lab, old).get("/probe/me").status_code == 303
    assert lab.sign_in(lab.browser(), account.email).status_code == 401
    assert lab.sign_in(lab.browser(), account.email, "another green horse").status_code == 303


def test_a_password_set_by_command_ends_every_session(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    with lab.app.app_context():
        set_password(account.id, "set from the command line")
    assert client.get("/probe/me").status_code == 303


def test_removal_from_the_only_tenant_ends_the_sessions(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    with lab.app.app_context():
        remove_member(account.id, lab.acme.id)
    assert client.get("/t/idacme/probe/thing").status_code == 303
    assert client.get("/probe/me").status_code == 303


def test_removal_from_one_of_two_tenants_closes_only_that_one(lab: Lab):
    account = lab.person()
    lab.join(account, lab.globex, "viewer")
    client = lab.browser(account)
    with lab.app.app_context():
        remove_member(account.id, lab.acme.id)
    assert client.get("/t/idacme/probe/thing").status_code == 404
    assert client.get("/t/idglobex/probe/thing").status_code == 200


def test_switching_an_account_off_ends_its_sessions_for_good(lab: Lab):
    account = lab.person()
    client = lab.browser(account)
    with lab.app.app_context():
        set_active(account.id, False)
    assert client.get("/probe/me").status_code == 303
    assert lab.sign_in(lab.browser(), account.email).status_code == 401
    with lab.app.app_context():
        set_active(account.id, True)
    assert client.get("/probe/me").status_code == 303
    assert lab.sign_in(lab.browser(), account.email).status_code == 303


def test_a_session_ends_when_idle_and_at_its_last_day(lab: Lab):
    account = lab.person()
    idle, old = lab.browser(account), lab.browser(account)
    lab.sql(
        "UPDATE account_session SET last_seen_at = now() - interval '3 hours' WHERE token_hash = :t",
        t=token_hash(token_of(idle)),
    )
    lab.sql("UPDATE account_session SET expires_at = now() WHERE token_hash = :t", t=token_hash(token_of(old)))
    assert idle.get("/probe/me").status_code == 303
    assert old.get("/probe/me").status_code == 303


def test_what_ended_long_ago_is_forgotten_at_the_next_sign_in(lab: Lab):
    account = lab.person()
    lab.browser(account)
    lab.sql("UPDATE account_session SET ended_at = now() - interval '31 days' WHERE account_id = :i", i=account.id)
    lab.browser(account)
    assert lab.sql("SELECT count(*) FROM account_session WHERE account_id = :i", i=account.id)[0][0] == 1


def test_last_seen_is_written_once_a_minute(lab: Lab):
    client = lab.browser(lab.person())

    def seen_after_a_page():
        client.get("/probe/me")
        return lab.sql("SELECT last_seen_at FROM account_session WHERE token_hash = :t", t=token_hash(token_of(client)))

    began = seen_after_a_page()
    assert seen_after_a_page() == began
    lab.sql(
        "UPDATE account_session SET last_seen_at = now() - interval '2 minutes' WHERE token_hash = :t",
        t=token_hash(token_of(client)),
    )
    again = seen_after_a_page()
    assert again > began
    assert seen_after_a_page() == again


def test_devices_can_be_signed_out_one_by_one_and_all_others(lab: Lab):
    account = lab.person()
    here, there, elsewhere = lab.browser(account), lab.browser(account), lab.browser(account)
    with lab.app.app_context(), platform_session("test") as session:
        there_id = session.scalars(
            select(AccountSession.id).where(AccountSession.token_hash == token_hash(token_of(there)))
        ).one()
    assert lab.post(here, f"/profile/devices/{there_id}/end").status_code == 303
    assert there.get("/probe/me").status_code == 303
    assert elsewhere.get("/probe/me").status_code == 200
    assert lab.post(here, "/profile/devices/end-others").status_code == 303
    assert elsewhere.get("/probe/me").status_code == 303
    assert here.get("/probe/me").status_code == 200


def test_nobody_can_end_the_session_of_somebody_else(lab: Lab):
    mine, theirs = lab.browser(lab.person()), lab.browser(lab.person())
    with lab.app.app_context(), platform_session("test") as session:
        wanted = session.scalars(
            select(AccountSession.id).where(AccountSession.token_hash == token_hash(token_of(theirs)))
        ).one()
    assert lab.post(mine, f"/profile/devices/{wanted}/end").status_code == 404
    assert theirs.get("/probe/me").status_code == 200


def test_the_signed_cookie_never_says_who_is_signed_in(lab: Lab):
    client = lab.browser(lab.person())
    client.get("/profile/")
    client.get("/t/idacme/")
    with client.session_transaction() as session:
        assert set(session) <= {"csrf_token", "locale", "_flashes"}


def test_a_forged_flask_login_cookie_signs_nobody_in(lab: Lab):
    account = lab.person()
    client = lab.browser()
    with client.session_transaction() as session:
        session["_user_id"] = str(account.id)
        session["_fresh"] = True
    client.set_cookie("remember_token", str(account.id))
    assert client.get("/probe/me").status_code == 303


def test_after_signing_in_one_returns_to_the_page_that_was_asked_for(lab: Lab):
    account = lab.person()
    client = lab.browser()
    answer = client.get("/t/idacme/probe/thing?a=1&b=2")
    assert answer.status_code == 303
    assert answer.location == "/login/?next=/t/idacme/probe/thing%3Fa%3D1%26b%3D2"
    answer = lab.sign_in(client, account.email, path=answer.location)
    assert answer.location == "/t/idacme/probe/thing?a=1&b=2"
    assert client.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil",
        "/ok\r\nSet-Cookie: a=b",
        "\t//evil.example",
        "/\t/evil.example",
        "http:///evil.example",
        "///evil.example",
        "/x" * 2000,
    ],
)
def test_sign_in_never_leads_to_another_site(lab: Lab, target):
    assert safe_target(target) == ""
    account = lab.person()
    client = lab.browser()
    answer = client.post(
        "/login/",
        query_string={"next": target},
        data={"username": account.email, "password": PASSWORD, "csrf_token": csrf(client)},
    )
    assert answer.location == "/"
