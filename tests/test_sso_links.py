"""Links that sign in once, which the command line makes when no other way works."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from app.cli import tenantry as main
from app.identity.identities import link as link_identity
from app.identity.recovery import make_link
from app.identity.services import set_active
from app.identity.ways import Identity
from app.sso.settings import OidcSettings, SignInSettings
from tests.sign_in_house import lab_with
from tests.test_identity_lab import Lab

pytest_plugins = ["tests.test_identity_lab"]


@pytest.fixture(scope="module")
def shut(settings) -> Lab:
    """Passwords are off, and the only provider does not exist."""
    away = OidcSettings(key="away", issuer="https://away.invalid", client_id="a", client_secret="b", name="Away")
    return lab_with(settings, SignInSettings(passwords=False, providers=(away,)))


def token_for(lab: Lab, account_id: int) -> str:
    with lab.app.app_context():
        return make_link(account_id)


def test_a_link_signs_in_once(shut):
    account = shut.person(None, operator=True)
    path = f"/login/link/{token_for(shut, account.id)}"
    client = shut.browser()
    assert client.get(path).status_code == 200
    assert client.get("/probe/operator").status_code == 303
    assert shut.post(client, path).status_code == 303
    assert client.get("/probe/operator").status_code == 200
    again = shut.browser()
    answer = shut.post(again, path)
    assert answer.status_code == 410
    assert "This link was used" in answer.text
    assert "One-time link" in client.get("/profile/").text


def test_a_link_needs_a_token_a_form_of_ours_and_an_account_that_may(shut):
    account = shut.person("agent")
    path = f"/login/link/{token_for(shut, account.id)}"
    client = shut.browser()
    assert client.post(path).status_code == 400
    assert shut.post(client, "/login/link/made-up").status_code == 410
    shut.sql("UPDATE pending_sign_in SET expires_at = now() WHERE account_id = :i", i=account.id)
    assert shut.post(client, path).status_code == 410
    path = f"/login/link/{token_for(shut, account.id)}"
    with shut.app.app_context():
        set_active(account.id, False)
    assert shut.post(client, path).status_code == 410


def test_a_link_is_no_state_of_a_provider_nor_the_other_way_round(shut):
    account = shut.person("agent")
    token = token_for(shut, account.id)
    assert shut.browser().get(f"/login/oidc/away/callback?state={token}&code=x").status_code == 400
    assert shut.post(shut.browser(), f"/login/link/{token}").status_code == 303


def test_passwords_are_really_off(shut):
    account = shut.person("agent")
    client = shut.browser()
    page = client.get("/login/").text
    assert 'name="password"' not in page
    assert "Sign in with Away" in page
    assert shut.post(client, "/login/", username=account.email, password="seven green horses").status_code == 404
    body = {"username": account.email, "password": "seven green horses", "tenant": "idacme"}
    assert client.post("/api/v1/security/login", json=body).status_code == 401


def test_the_commands(shut, settings, monkeypatch):
    account = shut.person("agent")
    with shut.app.app_context():
        link_identity(account.id, Identity(way="oidc:away", issuer="https://away.invalid", subject=f"s{account.id}"))
    monkeypatch.setattr("app.cli.context.settings_with_database", lambda: settings)
    run = CliRunner().invoke
    made = run(main, ["user", "link", account.email])
    assert made.exit_code == 0, made.output
    path = made.stdout.strip().removeprefix(settings.public_url)
    assert shut.post(shut.browser(), path).status_code == 303
    assert "There is no account" in str(run(main, ["user", "link", "nobody@lab.example"]).exception)
    gone = run(main, ["user", "unlink", account.email])
    assert "https://away.invalid" in gone.output
    assert "no other way in" in run(main, ["user", "unlink", account.email]).output
