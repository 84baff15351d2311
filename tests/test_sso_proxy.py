"""A proxy that says who is there: believed on its own connections alone, for as long as it says the same."""

from __future__ import annotations

from typing import Any

import pytest

from app.identity.services import find_account
from app.sso.settings import ProxySettings, RegisterSettings, SignInSettings
from app.testing.counting import count_statements
from tests.sign_in_house import lab_with
from tests.test_identity_lab import Lab

pytest_plugins = ["tests.test_identity_lab"]
PROXY, STRANGER = "10.9.0.5", "203.0.113.9"
HEADER = "X-Remote-User"


@pytest.fixture(scope="module")
def web(settings) -> Lab:
    proxy = ProxySettings(header=HEADER, proxies=("10.9.0.0/24",), sign_out="https://login.example.com/logout")
    register = RegisterSettings(tenant="idacme", role="viewer", domains=frozenset({"proxied.example"}))
    return lab_with(settings, SignInSettings(proxy=proxy, registration=register))


@pytest.fixture(autouse=True)
def unlocked(web):
    web.unlock()


def through(name: str | None, peer: str = PROXY) -> dict[str, Any]:
    """What a request looks like that comes from `peer`, with the header."""
    return {"headers": {HEADER: name} if name is not None else {}, "environ_base": {"REMOTE_ADDR": peer}}


def test_whom_the_proxy_names_is_in(web):
    account = web.person("agent")
    client = web.browser()
    answer = client.get("/t/idacme/probe/thing", **through(account.email))
    assert (answer.status_code, answer.location) == (303, "/login/?next=/t/idacme/probe/thing")
    answer = client.get(answer.location, **through(account.email))
    assert (answer.status_code, answer.location) == (303, "/t/idacme/probe/thing")
    assert client.get(answer.location, **through(account.email.upper())).json["account"] == account.username
    rows = web.sql("SELECT way FROM account_session WHERE account_id = :i", i=account.id)
    assert [row[0] for row in rows] == ["proxy"]


def test_user_names_count_like_addresses(web):
    account = web.person("agent")
    web.sql("UPDATE ab_user SET username = :n WHERE id = :i", n=f"short{account.id}", i=account.id)
    client = web.browser()
    assert client.get("/login/", **through(f"short{account.id}")).status_code == 303
    assert client.get("/probe/me", **through(f"short{account.id}")).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {}, {"X-Forwarded-For": PROXY}, {"X-Real-IP": PROXY}, {"Forwarded": f"for={PROXY}"}, {"X_Remote_User": "x"},
        {"X-Forwarded-For": f"{PROXY}, {PROXY}"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("hops", [0, 1])
def test_nobody_else_is_believed(web, settings, more, hops):
    account = web.person("agent")
    lab = web if not hops else lab_with(settings, web.app.config["TENANTRY"].sign_in, trusted_proxies=1)
    asked = through(account.email, STRANGER)
    asked["headers"] |= more
    client = lab.browser()
    answer = client.get("/login/", **asked)
    assert answer.status_code == 200
    assert account.email not in answer.text
    assert client.get("/probe/me", **asked).status_code == 303
    assert client.post("/login/proxy", **asked).status_code in (400, 404)


def test_the_connection_counts_and_not_the_address_it_speaks_for(settings, web):
    """Behind the proxy the visitor's own address is in X-Forwarded-For, and the proxy's is the connection's."""
    lab = lab_with(settings, web.app.config["TENANTRY"].sign_in, trusted_proxies=1)
    account = lab.person("agent")
    asked = through(account.email)
    asked["headers"] |= {"X-Forwarded-For": STRANGER}
    client = lab.browser()
    assert client.get("/login/", **asked).status_code == 303
    assert client.get("/probe/me", **asked).status_code == 200


def test_the_session_ends_where_the_proxys_word_does(web):
    one, other = web.person("agent"), web.person("agent")
    client = web.browser()
    assert client.get("/login/", **through(one.email)).status_code == 303
    assert client.get("/probe/me", **through(one.email)).status_code == 200
    for asked in (through(other.email), through(None), through(one.email, STRANGER), through("", PROXY)):
        assert client.get("/probe/me", **asked).status_code == 303
    assert client.get("/login/", **through(other.email)).status_code == 303
    assert client.get("/probe/me", **through(other.email)).json["account"] == other.username


def test_two_names_are_no_name(web):
    account = web.person("agent")
    assert web.browser().get("/login/", **through(f"{account.email}, root@lab.example")).status_code == 200
    assert web.browser().get("/login/", **through("\x01")).status_code == 200


def test_who_has_no_account_hears_so(web):
    answer = web.browser().get("/login/", **through("nobody@lab.example"))
    assert answer.status_code == 403
    assert "There is no account for nobody@lab.example" in answer.text


def test_people_of_named_domains_are_made_members(web):
    client = web.browser()
    assert client.get("/login/", **through("Fresh@Proxied.example")).status_code == 303
    with web.app.app_context():
        assert find_account("fresh@proxied.example").password is None


def test_signing_out_says_what_it_can_and_cannot_end(web):
    account = web.person("agent")
    client = web.browser()
    client.get("/login/", **through(account.email))
    token = _token(client.get("/logout/", **through(account.email)).text)
    answer = client.post("/logout/", data={"csrf_token": token}, **through(account.email))
    assert (answer.status_code, answer.location) == (303, "/login/?out=1")
    page = client.get(answer.location, **through(account.email))
    assert page.status_code == 200
    assert "proxy still knows you" in page.text
    assert 'href="https://login.example.com/logout"' in page.text
    assert client.get("/probe/me", **through(account.email)).status_code == 303
    token = _token(page.text)
    answer = client.post("/login/proxy", data={"csrf_token": token, "next": "/probe/me"}, **through(account.email))
    assert (answer.status_code, answer.location) == (303, "/probe/me")
    assert client.get("/probe/me", **through(account.email)).status_code == 200


def test_passwords_work_beside_it(web):
    account = web.person("agent")
    client = web.browser(account)
    assert client.get("/probe/me").json["account"] == account.username
    assert client.get("/probe/me", **through("other@lab.example")).json["account"] == account.username


def test_only_the_proxy_and_nobody_named(settings):
    lab = lab_with(settings, SignInSettings(passwords=False, proxy=ProxySettings(header=HEADER, proxies=(PROXY,))))
    page = lab.browser().get("/login/")
    assert "names nobody at the moment" in page.text
    assert 'name="password"' not in page.text
    client = lab.browser()
    assert client.post("/login/", data={"csrf_token": _token(page.text)}).status_code in (400, 404)


def test_a_sign_in_by_proxy_has_a_budget(web):
    account = web.person("agent")
    client = web.browser()
    with count_statements() as seen:
        assert client.get("/login/", **through(account.email)).status_code == 303
    assert len(seen) <= 5, seen
    with count_statements() as seen:
        client.get("/probe/me", **through(account.email))
    assert len(seen) <= 2, seen


def _token(html: str) -> str:
    return html.split('name="csrf_token" value="')[1].partition('"')[0]
