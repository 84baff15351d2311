"""API tokens: hashed, scoped, bound to one tenant, ending."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.identity.problems import IdentityError
from app.identity.scopes import is_scope, narrow
from app.identity.services import issue_token, remove_member, revoke_token, set_active, set_password
from tests.test_identity_lab import PASSWORD, Lab

pytest_plugins = ["tests.test_identity_lab"]

API = "/api/v1/probe/thing"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def make(lab: Lab):
    def issue(account, scopes=("*",), lifetime=timedelta(days=1), tenant=None):
        with lab.app.app_context():
            return issue_token(account.id, (tenant or lab.acme).id, "test", scopes, lifetime)

    return issue


def test_a_token_acts_as_its_account_in_its_tenant(lab: Lab, make):
    account = lab.person("agent")
    token, _ = make(account)
    client = lab.browser()
    for path in (API, f"/t/idacme{API}"):
        answer = client.get(path, headers=bearer(token))
        assert answer.status_code == 200
        assert answer.json["account"] == account.username
        assert (answer.json["tenant"], answer.json["via"]) == ("idacme", "rest")
    assert client.post(API, headers=bearer(token)).status_code == 200, "no CSRF token is asked of a program"
    assert client.delete(API, headers=bearer(token)).status_code == 403, "an agent may not delete"


def test_only_the_hash_is_kept(lab: Lab, make):
    token, info = make(lab.person())
    rows = lab.sql("SELECT to_jsonb(t)::text FROM api_token t WHERE id = :id", id=info.id)
    assert token not in rows[0][0]
    assert token.startswith("tnt_")
    assert token.startswith(info.prefix)
    assert len(token) > 40


def test_in_another_tenant_there_is_nothing(lab: Lab, make):
    account = lab.person("agent")
    lab.join(account, lab.globex, "owner")
    token, _ = make(account)
    client = lab.browser()
    assert client.get(f"/t/idglobex{API}", headers=bearer(token)).status_code == 404
    assert client.get(f"/t/no-such{API}", headers=bearer(token)).status_code == 404


@pytest.mark.parametrize(
    ("scopes", "read", "update"),
    [
        (["*"], 200, 200),
        (["read"], 200, 403),
        (["probe.*"], 200, 200),
        (["probe.thing.*"], 200, 200),
        (["probe.thing.update"], 403, 200),
        (["other.*"], 403, 403),
        (["probe.thing.delete"], 403, 403),
    ],
)
def test_scopes_narrow_and_never_widen(lab: Lab, make, scopes, read, update):
    token, _ = make(lab.person("agent"), scopes)
    client = lab.browser()
    assert client.get(API, headers=bearer(token)).status_code == read
    assert client.post(API, headers=bearer(token)).status_code == update
    assert client.delete(API, headers=bearer(token)).status_code == 403


def test_what_a_scope_looks_like():
    assert all(map(is_scope, ("*", "read", "a.*", "crm.lead.*", "crm.lead.close_won")))
    assert not any(map(is_scope, ("", "write", "**", "a", "a.b.c.d", "A.*", "a.*.read", "a..b", "*.read", "a\0.*")))
    assert narrow(frozenset({"crm.lead.read", "crmx.lead.read"}), ["crm.*"]) == {"crm.lead.read"}
    assert narrow(frozenset({"crm.lead.read"}), []) == frozenset()


def test_an_expired_or_revoked_token_is_nobody(lab: Lab, make):
    account = lab.person()
    client = lab.browser()
    token, info = make(account)
    lab.sql("UPDATE api_token SET expires_at = now() WHERE id = :id", id=info.id)
    assert client.get(API, headers=bearer(token)).status_code == 401
    token, info = make(account)
    with lab.app.app_context():
        assert revoke_token(info.id, account.id)
        assert not revoke_token(info.id, account.id)
        assert not revoke_token(make(lab.person())[1].id, account.id), "nobody revokes another's token"
    assert client.get(API, headers=bearer(token)).status_code == 401
    assert client.get(API, headers=bearer("tnt_unknown")).status_code == 401
    assert client.get(API, headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_token_ends_with_membership_and_account(lab: Lab, make):
    account = lab.person()
    token, _ = make(account)
    lab.join(account, lab.globex, "viewer")
    with lab.app.app_context():
        remove_member(account.id, lab.acme.id)
    assert lab.browser().get(API, headers=bearer(token)).status_code == 401
    lab.join(account, lab.acme, "viewer")
    assert lab.browser().get(API, headers=bearer(token)).status_code == 401, "it does not come back"
    token, _ = make(account)
    with lab.app.app_context():
        set_active(account.id, False)
    assert lab.browser().get(API, headers=bearer(token)).status_code == 401


def test_a_token_opens_no_screen(lab: Lab, make):
    token, _ = make(lab.person("owner"))
    client = lab.browser()
    for path in ("/t/idacme/", "/t/idacme/profile/", "/t/idacme/probe/thing", "/probe/me", "/users/list/"):
        assert client.get(path, headers=bearer(token)).status_code in (403, 404), path


def test_an_operators_token_is_not_an_operator(lab: Lab, make):
    account = lab.person("viewer", operator=True)
    token, _ = make(account)
    assert lab.browser().get("/probe/operator", headers=bearer(token)).status_code == 403


def test_what_cannot_be_issued(lab: Lab, make):
    account = lab.person()
    for wrong in (
        {"scopes": []},
        {"scopes": ["write"]},
        {"lifetime": timedelta(days=400)},
        {"lifetime": timedelta(0)},
        {"tenant": lab.globex},
    ):
        with pytest.raises(IdentityError):
            make(account, **wrong)


def test_a_token_is_made_shown_once_and_revoked_on_the_profile_page(lab: Lab):
    client = lab.browser(lab.person())
    answer = lab.post(
        client, "/t/idacme/profile/tokens", name="Shop import", scopes="read probe.thing.update", lifetime="30"
    )
    assert answer.status_code == 201
    token = re.search(r"tnt_[\w-]{40,}", answer.text).group(0)
    assert lab.browser().get(API, headers=bearer(token)).status_code == 200
    page = client.get("/t/idacme/profile/").text
    assert token not in page
    assert "Shop import" in page
    token_id = re.search(r"/tokens/([0-9a-f-]{36})/revoke", page).group(1)
    assert lab.post(client, f"/t/idacme/profile/tokens/{token_id}/revoke").status_code == 303
    assert lab.browser().get(API, headers=bearer(token)).status_code == 401
    assert lab.post(client, "/t/idacme/profile/tokens/not-a-uuid/revoke").status_code == 404


@pytest.mark.parametrize(
    ("name", "scopes"),
    [("", "read"), ("x" * 200, "read"), ("a\0b", "read"), ("ok", "write"), ("ok", ""), ("ok", "a\0")],
)
def test_a_wrong_token_form_comes_back_with_words(lab: Lab, name, scopes):
    client = lab.browser(lab.person())
    answer = lab.post(client, "/t/idacme/profile/tokens", name=name, scopes=scopes, lifetime="30")
    assert answer.status_code == 422
    assert "tnt_" not in answer.text.replace("“tnt_", "")


def test_api_sign_in_gives_a_short_token_for_one_tenant(lab: Lab):
    account = lab.person("agent")
    client = lab.browser()
    answer = client.post("/api/v1/security/login", json={"username": account.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json["tenant"] == "idacme"
    assert answer.json["expires_in"] == 3600
    assert "no-store" in answer.headers["Cache-Control"]
    token = answer.json["access_token"]
    assert client.get(API, headers=bearer(token)).status_code == 200
    lab.join(account, lab.globex, "viewer")
    ask = {"username": account.email, "password": PASSWORD}
    assert client.post("/api/v1/security/login", json=ask).status_code == 422
    assert client.post("/api/v1/security/login", json={**ask, "tenant": "idglobex"}).json["tenant"] == "idglobex"
    assert client.post("/t/idacme/api/v1/security/login", json={**ask, "tenant": "idglobex"}).json["tenant"] == "idacme"
    assert client.post("/api/v1/security/login", json={**ask, "tenant": "nowhere"}).status_code == 404
    narrow_token = client.post("/api/v1/security/login", json={**ask, "tenant": "idacme", "scopes": ["read"]}).json[
        "access_token"
    ]
    assert client.post(API, headers=bearer(narrow_token)).status_code == 403
    assert client.post("/api/v1/security/logout", headers=bearer(narrow_token)).status_code == 204
    assert client.get(API, headers=bearer(narrow_token)).status_code == 401
    with lab.app.app_context():
        set_password(account.id, "a wholly new password")
    assert client.get(API, headers=bearer(token)).status_code == 401, "a password change ends signed-in programs"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        1,
        {},
        {"username": 1, "password": "x"},
        {"username": "x"},
        {"username": "", "password": "x"},
        {"username": "a", "password": "b", "tenant": 5},
        {"username": "a", "password": "b", "scopes": "read"},
        {"username": "a", "password": "b", "scopes": [1]},
        {"username": "a\0", "password": "b\0"},
        {"username": "x" * 400, "password": "b"},
        {"username": "\ud800", "password": "b"},
        {"username": "a", "password": "\udfff"},
        {"username": "a", "password": "b", "tenant": "\ud800"},
        {"username": "a", "password": "b", "tenant": "\0"},
    ],
)
def test_a_malformed_api_sign_in_is_4xx(lab: Lab, body):
    answer = lab.browser().post("/api/v1/security/login", json=body)
    assert answer.status_code in (401, 422)
    assert answer.mimetype == "application/problem+json"
    assert lab.browser().post("/api/v1/security/login", data="{", content_type="application/json").status_code == 422
    assert lab.browser().post("/api/v1/security/login", data={"username": "a"}).status_code == 422
    deep = lab.browser().post("/api/v1/security/login", data="[" * 100_000, content_type="application/json")
    assert deep.status_code == 422
