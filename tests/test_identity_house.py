"""Flask-AppBuilder inside the house: silent at start-up, its decorators and permission checks answered by us."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from app.features import can
from app.identity import Principal, acting_as, principal
from app.identity.access import access, is_rule, rule_of, undeclared_endpoints
from app.identity.passwords import STRONG_METHOD, hash_password, password_matches
from app.identity.problems import IdentityError
from app.identity.services import create_account, find_account
from app.testing.counting import count_statements
from tests.test_identity_lab import PASSWORD, Lab

pytest_plugins = ["tests.test_identity_lab"]


def test_starting_the_application_sends_no_statement(settings, statements):
    from app import create_app

    create_app(settings)
    assert len(statements) == 0, statements.report()


def test_every_route_declares_who_may_call_it(app: Flask):
    assert list(undeclared_endpoints(app)) == []


def test_no_view_of_flask_appbuilder_itself_is_registered(app: Flask):
    strange = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if type(getattr(app.view_functions[rule.endpoint], "__self__", None)).__module__.startswith("flask_appbuilder")
    ]
    assert strange == []


def test_flask_appbuilder_asks_the_one_gate(lab: Lab):
    manager = lab.app.extensions["appbuilder"].sm
    for role, update, operator_view in (("agent", True, False), ("viewer", False, False), ("owner", True, False)):
        client = lab.browser(lab.person(role))
        with client:
            client.get("/t/idacme/probe/thing")
            with count_statements() as seen:
                assert manager.has_access("can_read", "probe.thing")
                assert manager.has_access("can_update", "probe.thing") is update
                assert manager.has_access("can_list", "AccountsView") is operator_view
                assert not manager.has_access("can_read", "nowhere.thing")
            assert seen == []
    with lab.browser() as client:
        client.get("/probe/open")
        assert not manager.has_access("can_read", "probe.thing")
        assert not manager.is_item_public("can_read", "probe.thing")
    with lab.browser(lab.person(None, operator=True)) as client:
        client.get("/probe/operator")
        assert manager.has_access("can_list", "AccountsView")
        assert not manager.has_access("can_read", "probe.thing")


def test_no_json_web_token_is_accepted(lab: Lab):
    from flask_jwt_extended import create_access_token

    account = lab.person("owner", operator=True)
    with lab.app.test_request_context():
        token = create_access_token(str(account.id))
    client = lab.browser()
    assert client.get("/api/v1/probe/thing", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert client.get("/probe/operator", headers={"Authorization": f"Bearer {token}"}).status_code == 303


def test_threads_never_see_each_others_caller(lab: Lab):
    people = [(lab.browser(account), account.username) for account in (lab.person() for _ in range(4))]
    wrong = []

    def ask(client, expected):
        for _ in range(50):
            found = client.get("/t/idacme/probe/thing").json["account"]
            if found != expected:
                wrong.append((expected, found))

    threads = [threading.Thread(target=ask, args=one) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_outside_a_request_one_acts_as_somebody_on_purpose(lab: Lab):
    someone = Principal(
        1, lab.person().uid, "u", "u@x.example", "U", "V", "", "", False, permissions=frozenset({"probe.thing.read"})
    )
    assert principal() is None
    with acting_as(someone):
        assert principal() is someone
        assert someone.may("probe.thing", "read")
        assert not someone.may("probe.thing", "update")
        with lab.app.app_context():
            assert can("probe.thing", "read").gate == "tenant"
    assert principal() is None
    assert (someone.is_authenticated, someone.is_active, someone.is_anonymous, someone.get_id()) == (
        True,
        True,
        False,
        "1",
    )
    assert (someone.id, someone.get_full_name(), str(someone)) == (1, "U V", "U V")


def test_access_rules_are_checked_when_they_are_declared():
    assert all(map(is_rule, ("public", "signed-in", "operator", "crm.lead.read")))
    for wrong in ("", "admin", "crm.lead", "crm.lead.read.more", "Crm.lead.read", "crm.lead.*"):
        with pytest.raises(ValueError, match="not an access rule"):
            access(wrong)


def test_what_comes_from_flask_appbuilder_is_the_operators():
    from flask_appbuilder.views import UtilView

    app = Flask("probe")
    app.add_url_rule("/x", "x", UtilView().back)
    app.add_url_rule("/y", "y", lambda: "")
    assert rule_of(app, "x") == "operator"
    assert rule_of(app, "y") is None
    assert rule_of(app, "static") == "public"


def test_passwords_are_hashed_as_strongly_as_promised(app: Flask):
    stored = hash_password("a password")
    assert stored.startswith(STRONG_METHOD + "$")
    assert "131072" in stored
    assert password_matches(stored, "a password")
    assert not password_matches(stored, "a passwore")
    for unusable in (None, "", "!", "!$x$y", "plain text"):
        assert not password_matches(unusable, "")
        assert not password_matches(unusable, "!")
        assert not password_matches(unusable, "\0")


def test_a_weaker_hash_is_renewed_at_the_next_sign_in(lab: Lab):
    account = lab.person()
    before = lab.app.config["FAB_PASSWORD_HASH_METHOD"]
    lab.app.config["FAB_PASSWORD_HASH_METHOD"] = "scrypt:2048:8:1"
    try:
        lab.browser(account)
    finally:
        lab.app.config["FAB_PASSWORD_HASH_METHOD"] = before
    assert lab.sql("SELECT password FROM ab_user WHERE id = :i", i=account.id)[0][0].startswith("scrypt:2048:8:1$")
    lab.browser(account)


def test_names_and_addresses_are_unique_across_each_other(lab: Lab):
    with lab.app.app_context():
        create_account("Unique@Lab.example", "U", "N", PASSWORD, username="unique")
        for email, username, field in (
            ("unique@lab.example", "", "email"),
            ("other@lab.example", "UNIQUE", "username"),
            ("other@lab.example", "unique@lab.example", "username"),
            ("not an address", "", "email"),
            ("other@lab.example", "a\0b", "username"),
        ):
            with pytest.raises(IdentityError) as refused:
                create_account(email, "U", "N", PASSWORD, username=username)
            assert refused.value.field == field
        found = find_account("UNIQUE")
        assert found is not None
        assert found.email == "unique@lab.example"
        assert find_account("nobody") is None
        assert find_account("\0") is None


def test_two_who_ask_for_one_address_at_once_get_one_account(lab: Lab):
    made, refused = [], []

    def ask():
        with lab.app.app_context():
            try:
                made.append(create_account("race@lab.example", "R", "C", PASSWORD))
            except IdentityError as error:
                refused.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 5)
