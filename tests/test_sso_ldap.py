"""Names and passwords of a directory: searched or bound directly, over TLS, hostile input, and who may come in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.identity.refusal import SignInUnavailableError
from app.identity.services import create_account, find_account, set_active
from app.sso.ldap import Ldap
from app.sso.settings import LdapSettings, RegisterSettings, SignInSettings
from app.testing.counting import count_statements
from tests.ldap_house import BASE, SERVICE, SERVICE_PASSWORD, DirectoryServer, person
from tests.sign_in_house import certificate, lab_with
from tests.test_identity_lab import PASSWORD, Lab

pytest_plugins = ["tests.test_identity_lab"]
GROUP = "cn=sales,ou=groups,dc=example,dc=com"
DIRECT = f"uid={{name}},{BASE}"


@pytest.fixture(scope="module")
def server():
    running = DirectoryServer()
    running.entries = [
        person("nora", "by the directory", mail="Nora@lab.example", givenName="Nora", sn="Haddad"),
        person("omar", "omar's word", mail="omar@lab.example"),
        person("star*", "star's word"),
        person("comma,ou=x", "comma's word"),
    ]
    yield running
    running.stop()


def searching(server: DirectoryServer, **more: Any) -> LdapSettings:
    given = {"bind_dn": SERVICE, "bind_password": SERVICE_PASSWORD, "starttls": False, **more}
    return LdapSettings(url=server.url, base_dn=BASE, name="Head office", **given)


def direct(server: DirectoryServer, **more: Any) -> LdapSettings:
    return searching(server, bind_dn="", bind_password="", user_dn=DIRECT, **more)


@pytest.fixture(scope="module")
def ldap_lab(app: Flask, settings: Any, server: DirectoryServer) -> Lab:
    rules = ((GROUP, "idacme", "manager"), (GROUP, "idglobex", "viewer"))
    register = RegisterSettings(tenant="idacme", role="viewer", domains=frozenset({"new.example"}))
    return lab_with(settings, SignInSettings(ldap=searching(server, roles=rules), registration=register))


@pytest.fixture(autouse=True)
def quiet(request, server):
    if "ldap_lab" in request.fixturenames:
        request.getfixturevalue("ldap_lab").unlock()
    server.binds.clear()
    server.searches.clear()


@pytest.fixture
def someone(server, ldap_lab):
    """`someone("uid", email=...)`: an entry of the directory, gone after the test."""
    kept = list(server.entries)

    def add(uid: str, **attributes: Any) -> dict[str, Any]:
        server.entries.append(person(uid, f"{uid}'s secret", **attributes))
        return server.entries[-1]

    yield add
    server.entries[:] = kept


@pytest.mark.parametrize("ways", [searching, direct])
def test_a_name_and_password_of_the_directory_say_who_it_is(server, ways):
    directory = Ldap(ways(server))
    found = directory.ask("nora", "by the directory")
    assert found is not None
    assert (found.subject, found.email, found.username) == ("uuid-of-nora", "nora@lab.example", "nora")
    assert (found.first_name, found.last_name) == ("Nora", "Haddad")
    assert directory.ask("nora", "wrong") is None
    assert directory.ask("nobody", "by the directory") is None


@pytest.mark.parametrize("ways", [searching, direct])
def test_an_empty_password_never_reaches_the_server_which_would_say_yes(server, ways):
    assert server.accepts(f"uid=nora,{BASE}", "")
    assert Ldap(ways(server)).ask("nora", "") is None
    assert server.binds == []


@pytest.mark.parametrize("ways", [searching, direct])
@pytest.mark.parametrize(
    "name",
    ["*", "nora*", "nora)(uid=*", "*)(|(uid=*", "nora))(|(cn=*", "nora\\2a", f"nora,{BASE}", "nora+cn=x", "nora\0",
     "nora\n", "nora,ou=people", " ", "uid=nora", "no  ra", "n\u200bora"],
)  # fmt: skip
def test_what_is_typed_is_a_name_and_nothing_else(server, ways, name):
    assert Ldap(ways(server)).ask(name, "by the directory") is None
    bound = {dn for dn, _password in server.binds}
    assert f"uid=nora,{BASE}" not in bound


@pytest.mark.parametrize("ways", [searching, direct])
def test_strange_names_that_exist_come_in(server, ways):
    directory = Ldap(ways(server))
    assert directory.ask("star*", "star's word").subject == "uuid-of-star*"
    if ways is searching:
        assert directory.ask("comma,ou=x", "comma's word").username == "comma,ou=x"


@given(name=st.text(max_size=20))
def test_no_name_finds_more_than_itself(server, name):
    found = Ldap(searching(server)).ask(name, "by the directory")
    assert found is None or name.lower() in ("nora", "nora@lab.example")


def test_unknown_names_cost_a_bind_too_and_show_no_server_the_password(server):
    assert Ldap(searching(server)).ask("nobody", "typed in the wrong place") is None
    assert len(server.binds) == 2
    assert all(password != "typed in the wrong place" for _dn, password in server.binds)


def test_two_people_of_one_name_are_nobody(server, caplog):
    settings = searching(server, filter="(|(uid={name})(objectClass=inetOrgPerson))")
    assert Ldap(settings).ask("nora", "by the directory") is None
    assert "several people" in caplog.text


def test_a_filter_that_finds_somebody_else_lets_nobody_in_directly(server):
    """Omar binds as himself, and the filter finds Nora."""
    directory = Ldap(direct(server, filter="(&(givenName=Nora)(!(uid={name})))"))
    assert directory.ask("omar", "omar's word") is None


def test_names_that_are_no_dn_are_plain(server):
    directory = Ldap(replace(direct(server), user_dn="{name}@example.com"))
    for name in ("nora@elsewhere.example@", "a\\b", "a b", "a,b"):
        assert directory.ask(name, "by the directory") is None
    assert server.binds == []
    assert directory.ask("nora", "by the directory") is None  # this server knows no such names
    assert server.binds == [("nora@example.com", "by the directory")]


def test_referrals_are_not_followed(server):
    astray = DirectoryServer()
    server.referral = f"{astray.url}/{BASE}"
    try:
        assert Ldap(searching(server)).ask("nora", "by the directory") is not None
        assert Ldap(searching(server)).ask("nobody", "by the directory") is None
        assert astray.binds == astray.searches == []
    finally:
        server.referral = ""
        astray.stop()


def test_starttls_and_whom_its_certificate_must_name(tmp_path):
    context, trust = certificate(tmp_path, "127.0.0.1")
    other, other_trust = certificate(tmp_path, "elsewhere.example")
    for tls, file, works in ((context, trust, True), (context, other_trust, False), (other, other_trust, False)):
        running = DirectoryServer(tls)
        running.entries = [person("nora", "by the directory")]
        directory = Ldap(searching(running, starttls=True, ca_file=str(file)))
        try:
            if works:
                assert directory.ask("nora", "by the directory") is not None
                assert running.encrypted == [True, True]
            else:
                with pytest.raises(SignInUnavailableError):
                    directory.ask("nora", "by the directory")
                assert running.binds == []
        finally:
            running.stop()


def test_a_server_without_starttls_gets_no_password(server):
    with pytest.raises(SignInUnavailableError):
        Ldap(searching(server, starttls=True)).ask("nora", "by the directory")
    assert server.binds == []


def test_a_server_that_is_away_or_refuses_us_is_said_to_be(server, caplog):
    away = DirectoryServer()
    away.stop()
    with pytest.raises(SignInUnavailableError):
        Ldap(searching(away)).ask("nora", "by the directory")
    with pytest.raises(SignInUnavailableError):
        Ldap(searching(server, bind_password="wrong")).ask("nora", "by the directory")
    assert "by the directory" not in caplog.text
    assert "wrong" not in caplog.text


def test_a_server_that_is_silent_is_given_up(server, monkeypatch):
    monkeypatch.setattr("app.sso.ldap.ANSWER_SECONDS", 1)
    server.hold.clear()
    try:
        with pytest.raises(SignInUnavailableError):
            Ldap(searching(server)).ask("nora", "by the directory")
    finally:
        server.hold.set()


def test_an_account_with_the_directorys_address_comes_in_and_is_linked(ldap_lab, someone):
    account = ldap_lab.person("agent")
    someone("leila", mail=account.email.upper())
    client = ldap_lab.browser()
    answer = ldap_lab.sign_in(client, "leila", "leila's secret", "/login/?next=/t/idacme/probe/thing")
    assert (answer.status_code, answer.location) == (303, "/t/idacme/probe/thing")
    assert client.get("/probe/me").json["account"] == account.username
    assert _ways_of(ldap_lab, account.id) == ["ldap"]
    # The link holds when the address moves.
    ldap_lab.sql("UPDATE ab_user SET email = :e, username = :e WHERE id = :i", e=f"moved-{account.email}", i=account.id)
    assert ldap_lab.sign_in(ldap_lab.browser(), "leila", "leila's secret").status_code == 303


def test_once_the_directory_vouches_for_an_account_its_own_password_is_over(ldap_lab, someone):
    account = ldap_lab.person("agent")
    assert ldap_lab.sign_in(ldap_lab.browser(), account.email).status_code == 303
    entry = someone("samir", mail=account.email)
    assert ldap_lab.sign_in(ldap_lab.browser(), "samir", "samir's secret").status_code == 303
    assert ldap_lab.sign_in(ldap_lab.browser(), account.email, PASSWORD).status_code == 401
    entry["password"] = "disabled"
    assert ldap_lab.sign_in(ldap_lab.browser(), account.email, "samir's secret").status_code == 401


def test_an_address_given_to_somebody_else_does_not_open_the_old_account(ldap_lab, someone):
    account = ldap_lab.person("agent")
    entry = someone("first", mail=account.email)
    assert ldap_lab.sign_in(ldap_lab.browser(), "first", "first's secret").status_code == 303
    entry["attributes"]["mail"] = ["gone@lab.example"]
    someone("second", mail=account.email)
    answer = ldap_lab.sign_in(ldap_lab.browser(), "second", "second's secret")
    assert answer.status_code == 403
    assert "belong to somebody else" in answer.text


def test_who_has_no_account_hears_so_and_who_is_switched_off_too(ldap_lab, someone):
    someone("stranger", mail="stranger@lab.example")
    answer = ldap_lab.sign_in(ldap_lab.browser(), "stranger", "stranger's secret")
    assert answer.status_code == 403
    assert "There is no account for stranger@lab.example" in answer.text
    account = ldap_lab.person("agent")
    with ldap_lab.app.app_context():
        set_active(account.id, False)
    someone("off", mail=account.email)
    answer = ldap_lab.sign_in(ldap_lab.browser(), "off", "off's secret")
    assert answer.status_code == 403
    assert "switched off" in answer.text
    assert ldap_lab.sign_in(ldap_lab.browser(), "off", "guessed").status_code == 401


def test_people_of_named_domains_are_made_members(ldap_lab, someone):
    someone("fresh", mail="fresh@new.example", givenName="Fre\nsh " + "x" * 80, sn="Water")
    client = ldap_lab.browser()
    assert ldap_lab.sign_in(client, "fresh", "fresh's secret").status_code == 303
    assert client.get("/t/idacme/probe/thing").json["roles"] == ["viewer"]
    with ldap_lab.app.app_context():
        account = find_account("fresh@new.example")
    assert account.password is None
    assert account.username == "fresh"
    assert account.first_name.startswith("Fre sh xx")
    assert ldap_lab.sign_in(ldap_lab.browser(), "fresh@new.example", "fresh's secret").status_code == 303
    someone("outside", mail="x@not-new.example")
    assert ldap_lab.sign_in(ldap_lab.browser(), "outside", "outside's secret").status_code == 403


def test_roles_follow_groups(ldap_lab, server, someone):
    account = ldap_lab.person("agent")
    entry = someone("grouped", mail=account.email, memberOf=["cn=other,dc=example,dc=com", GROUP.upper()])

    def roles(tenant: str) -> list[str]:
        client = ldap_lab.browser()
        assert ldap_lab.sign_in(client, "grouped", "grouped's secret").status_code == 303
        answer = client.get(f"/t/{tenant}/probe/thing")
        return answer.json["roles"] if answer.status_code == 200 else []

    assert roles("idacme") == ["agent", "manager"]
    assert roles("idglobex") == ["viewer"]
    entry["attributes"]["memberOf"] = ["cn=other,dc=example,dc=com"]
    assert roles("idacme") == ["agent"]
    assert roles("idglobex") == []
    del entry["attributes"]["memberOf"]
    group = {"dn": GROUP, "password": "", "attributes": {"member": [entry["dn"]]}}
    server.entries.append(group)
    assert roles("idglobex") == ["viewer"]


def test_the_api_takes_the_directorys_password(ldap_lab, someone):
    account = ldap_lab.person("agent")
    someone("program", mail=account.email)
    body = {"username": "program", "password": "program's secret", "tenant": "idacme"}
    client = ldap_lab.browser()
    token = client.post("/api/v1/security/login", json=body).json["access_token"]
    asked = client.get("/t/idacme/api/v1/probe/thing", headers={"Authorization": f"Bearer {token}"})
    assert asked.json["account"] == account.username
    answer = client.post("/api/v1/security/login", json={**body, "password": "wrong"})
    assert (answer.status_code, answer.json["code"]) == (401, "wrong_credentials")
    someone("nobodys", mail="nobodys@lab.example")
    answer = client.post("/api/v1/security/login", json={"username": "nobodys", "password": "nobodys's secret"})
    assert (answer.status_code, answer.json["code"]) == (403, "not_admitted")


def test_guessing_is_slowed_down_at_the_directory_too(ldap_lab, server, someone):
    someone("guessed")
    for _ in range(5):
        assert ldap_lab.sign_in(ldap_lab.browser(), "guessed", "wrong").status_code == 401
    server.binds.clear()
    answer = ldap_lab.sign_in(ldap_lab.browser(), "guessed", "guessed's secret")
    assert answer.status_code == 429
    assert server.binds == []


def test_one_person_by_many_names_is_one_account_for_the_throttle(ldap_lab, server, someone):
    account = ldap_lab.person("agent")
    someone("spelled", mail=account.email)
    ldap_lab.sql("UPDATE ab_user SET email = :e, username = :e WHERE id = :i", e=f"moved-{account.email}", i=account.id)
    for name in ("spelled", account.email, "spelled", account.email, "spelled"):
        assert ldap_lab.sign_in(ldap_lab.browser(), name, "wrong").status_code == 401
    server.binds.clear()
    assert ldap_lab.sign_in(ldap_lab.browser(), account.email, "spelled's secret").status_code == 429
    assert [dn for dn, _password in server.binds] == [SERVICE]


def test_a_directory_that_is_away_is_said_and_passwords_of_our_own_go_on(settings):
    away = DirectoryServer()
    away.stop()
    lab = lab_with(settings, SignInSettings(ldap=searching(away)))
    account = lab.person("agent")
    assert lab.sign_in(lab.browser(), account.email).status_code == 303
    answer = lab.sign_in(lab.browser(), account.email, "wrong")
    assert answer.status_code == 503
    assert "Head office does not answer" in answer.text
    answer = lab.browser().post("/api/v1/security/login", json={"username": "a", "password": "b"})
    assert (answer.status_code, answer.json["code"]) == (503, "directory_unavailable")


def test_without_passwords_of_our_own_only_the_directory_counts(settings, server):
    lab = lab_with(settings, SignInSettings(passwords=False, ldap=searching(server)))
    account = lab.person("agent")
    assert lab.sign_in(lab.browser(), account.email).status_code == 401
    with lab.app.app_context():
        create_account("omar@lab.example", "Omar", "", None)
    client = lab.browser()
    assert lab.sign_in(client, "omar", "omar's word").status_code == 303
    page = client.get("/profile/").text
    assert "Your password is kept by Head office" in page
    assert 'name="current"' not in page
    answer = lab.post(
        client, "/profile/password", current="omar's word", password="a new password", again="a new password"
    )
    assert answer.status_code == 422
    assert "is kept by Head office" in client.get("/profile/").text
    assert "Head office" in client.get("/profile/").text.split("Your devices")[1]


def test_a_sign_in_by_the_directory_has_a_budget(ldap_lab, someone):
    account = ldap_lab.person("agent")
    someone("frugal", mail=account.email)
    assert ldap_lab.sign_in(ldap_lab.browser(), "frugal", "frugal's secret").status_code == 303
    client = ldap_lab.browser()
    client.get("/login/")
    with count_statements() as seen:
        assert ldap_lab.sign_in(client, "frugal", "frugal's secret").status_code == 303
    assert len(seen) <= 14, seen


def test_the_settings_keep_their_secrets(server):
    assert SERVICE_PASSWORD not in repr(searching(server))


def _ways_of(lab: Lab, account_id: int) -> list[str]:
    return [row[0] for row in lab.sql("SELECT way FROM account_session WHERE account_id = :i", i=account_id)]
