"""Signing in at an OpenID provider: there and back, what is not believed, and whose account it is."""

from __future__ import annotations

import re
import socket
from typing import Any

import pytest

from app.identity.resend import Typed
from app.identity.services import create_account, find_account, set_active
from app.ops.routes_table import rows
from app.sso.settings import OidcSettings, RegisterSettings, SignInSettings
from app.testing.counting import count_statements
from tests.openid_house import CLIENT, SECRET, OpenIdServer, secret_key, state_of, walk
from tests.sign_in_house import lab_with, leave
from tests.test_identity_lab import Lab, csrf

pytest_plugins = ["tests.test_identity_lab"]
BUTTON = "/login/oidc/house"


@pytest.fixture(scope="module")
def server():
    running = OpenIdServer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def web(settings, server) -> Lab:
    house = OidcSettings(key="house", issuer=server.issuer, client_id=CLIENT, client_secret=SECRET, name="The house")
    register = RegisterSettings(tenant="idacme", role="viewer", domains=frozenset({"joined.example"}))
    return lab_with(settings, SignInSettings(providers=(house,), registration=register))


@pytest.fixture(autouse=True)
def fresh(server, web):
    server.reset()
    web.unlock()
    house = web.app.extensions["tenantry.sso"]["house"]
    house._metadata, house._failed = (0.0, {}), (0.0, None)


def is_at_the_browser(server: OpenIdServer, email: str, sub: str = "", **claims: Any) -> None:
    server.person = {"sub": sub or f"key of {email}", "email": email, "email_verified": True, **claims}


def sign_in(web: Lab, server: OpenIdServer, client: Any = None, **data: Any) -> tuple[Any, Any]:
    """(the browser, the answer when it comes back)"""
    client = client or web.browser()
    return client, client.get(walk(server, leave(client, BUTTON, **data)))


def test_the_page_has_a_button_and_sends_no_statement(web):
    client = web.browser()
    with count_statements() as seen:
        page = client.get("/login/?next=/t/idacme/probe/thing")
    assert seen == []
    assert "Sign in with The house" in page.text
    assert 'action="/login/oidc/house"' in page.text
    assert 'name="next" value="/t/idacme/probe/thing"' in page.text
    assert "http://127.0.0.1:" not in page.text


def test_there_and_back(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email.upper())
    client, answer = sign_in(web, server, next="/t/idacme/probe/thing")
    assert (answer.status_code, answer.location) == (303, "/t/idacme/probe/thing")
    assert client.get("/probe/me").json["account"] == account.username
    ways = web.sql("SELECT way FROM account_session WHERE account_id = :i", i=account.id)
    assert [row[0] for row in ways] == ["oidc:house"]
    assert "The house" in client.get("/profile/").text


def test_there_and_back_has_a_budget(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    sign_in(web, server)
    client = web.browser()
    token = csrf(client)
    with count_statements() as seen:
        answer = client.post("/login/oidc/house", data={"csrf_token": token})
    assert len(seen) == 2, seen  # the throttle, and what is noted
    back = walk(server, answer.headers["Refresh"].partition("url=")[2])
    with count_statements() as seen:
        assert client.get(back).status_code == 303
    assert len(seen) <= 8, seen


def test_the_link_holds_when_addresses_move(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email, sub="moving")
    assert sign_in(web, server)[1].status_code == 303
    is_at_the_browser(server, "elsewhere@lab.example", sub="moving")
    client, answer = sign_in(web, server)
    assert answer.status_code == 303
    assert client.get("/probe/me").json["account"] == account.username


def test_an_address_that_is_not_verified_opens_no_account(web, server):
    account = web.person("agent")
    for verified in (False, None, "false", 1, "yes"):
        is_at_the_browser(server, account.email, sub="attacker", email_verified=verified)
        answer = sign_in(web, server)[1]
        assert answer.status_code == 403
        assert "There is no account for attacker" in answer.text
    assert web.sql("SELECT count(*) FROM account_identity WHERE account_id = :i", i=account.id)[0][0] == 0


def test_an_address_given_to_somebody_else_does_not_open_the_old_account(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email, sub="the first")
    assert sign_in(web, server)[1].status_code == 303
    is_at_the_browser(server, account.email, sub="the second")
    answer = sign_in(web, server)[1]
    assert answer.status_code == 403
    assert "belong to somebody else" in answer.text


def test_who_is_switched_off_or_unknown_hears_so(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    assert sign_in(web, server)[1].status_code == 303
    with web.app.app_context():
        set_active(account.id, False)
    answer = sign_in(web, server)[1]
    assert answer.status_code == 403
    assert "switched off" in answer.text
    is_at_the_browser(server, "nobody@lab.example")
    assert "There is no account for nobody@lab.example" in sign_in(web, server)[1].text


def test_who_belongs_nowhere_is_told_whom_to_ask(web, server):
    account = web.person(None)
    is_at_the_browser(server, account.email)
    client, answer = sign_in(web, server)
    assert "Ask for an invitation" in client.get(answer.location).text


def test_people_of_named_domains_are_made_members(web, server):
    is_at_the_browser(server, "new@joined.example", given_name="New", family_name="Comer")
    client, answer = sign_in(web, server)
    assert answer.status_code == 303
    assert client.get("/t/idacme/probe/thing").json["roles"] == ["viewer"]
    with web.app.app_context():
        account = find_account("new@joined.example")
    assert (account.first_name, account.last_name, account.password) == ("New", "Comer", None)
    page = client.get("/profile/").text
    assert "You have no password here" in page
    is_at_the_browser(server, "other@joined.example", email_verified=False)
    assert sign_in(web, server)[1].status_code == 403


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another client"}, {"aud": [CLIENT, "another"]}, {"aud": None},
        {"iss": "http://elsewhere.example"}, {"iss": None}, {"exp": 1}, {"exp": None}, {"iat": None},
        {"azp": "another"}, {"sub": None}, {"sub": ""}, {"sub": 7}, {"nbf": 4_102_444_800},
        {"at_hash": "wrong"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_is_not_believed(web, server, lie):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    server.lie = lie
    client, answer = sign_in(web, server)
    assert answer.status_code == 400
    assert "cannot be verified" in answer.text
    assert client.get("/probe/me").status_code == 303


def test_signatures_by_nobody_by_the_secret_or_by_strangers_are_not_believed(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    stranger = OpenIdServer()
    stranger.stop()
    for algorithm, key in (("none", server.signing), ("HS256", secret_key(server)), ("RS256", stranger.keys[0])):
        server.algorithm, server.signing = algorithm, key
        assert sign_in(web, server)[1].status_code == 400, algorithm
    server.reset()
    assert sign_in(web, server)[1].status_code == 303


def test_new_keys_are_fetched_when_they_are_first_used_and_not_too_often(web, server, monkeypatch):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    assert sign_in(web, server)[1].status_code == 303
    server.asked.clear()
    assert sign_in(web, server)[1].status_code == 303
    assert "/keys" not in server.asked
    server.rotate()
    monkeypatch.setattr("app.sso.openid.KEYS_SECONDS", -1)
    assert sign_in(web, server)[1].status_code == 303
    assert server.asked.count("/keys") == 1
    monkeypatch.setattr("app.sso.openid.KEYS_SECONDS", 1000)
    server.lie = {"nonce": "another"}
    server.signing = OpenIdServer().keys[0]
    server.algorithm = "RS256"
    assert sign_in(web, server)[1].status_code == 400
    assert server.asked.count("/keys") == 1


def test_the_way_back_works_once(web, server):
    is_at_the_browser(server, web.person("agent").email)
    client = web.browser()
    back = walk(server, leave(client, BUTTON))
    assert client.get(back).status_code == 303
    again = client.get(back)
    assert again.status_code == 400
    assert "has been used" in again.text


def test_the_way_back_works_in_the_browser_that_left_and_in_several_of_its_tabs(web, server):
    is_at_the_browser(server, web.person("agent").email)
    mine, theirs = web.browser(), web.browser()
    first, second = walk(server, leave(mine, BUTTON)), walk(server, leave(mine, BUTTON))
    leave(theirs, BUTTON)
    for other in (theirs, web.browser()):
        assert other.get(first).status_code == 400
        assert other.get("/probe/me").status_code == 303
    assert mine.get(second).status_code == 303
    assert mine.get(first).status_code == 303


def test_a_state_that_is_made_up_or_late_is_nobodys(web, server):
    is_at_the_browser(server, web.person("agent").email)
    client = web.browser()
    address = leave(client, BUTTON)
    back = walk(server, address)
    assert client.get(back.replace(state_of(address), "made-up")).status_code == 400
    assert client.get("/login/oidc/house/callback").status_code == 400
    assert client.get("/login/oidc/house/callback?state=%00%ff&code=%00").status_code == 400
    web.sql("UPDATE pending_sign_in SET expires_at = now()")
    assert client.get(back).status_code == 400
    assert client.get("/login/oidc/nothing/callback").status_code == 404


def test_a_provider_that_says_no_or_is_another_one(web, server):
    is_at_the_browser(server, web.person("agent").email)
    server.answer = {"error": "access_denied"}
    answer = sign_in(web, server)[1]
    assert answer.status_code == 403
    assert "You were not signed in at The house" in answer.text
    server.answer = {"iss": "http://elsewhere.example"}
    assert sign_in(web, server)[1].status_code == 400
    server.answer = {"iss": server.issuer}
    assert sign_in(web, server)[1].status_code == 303
    server.answer, server.metadata = {}, {"authorization_response_iss_parameter_supported": True}
    web.app.extensions["tenantry.sso"]["house"]._metadata = (0.0, {})
    assert sign_in(web, server)[1].status_code == 400


def test_a_code_that_the_provider_refuses(web, server):
    is_at_the_browser(server, web.person("agent").email)
    client = web.browser()
    back = walk(server, leave(client, BUTTON))
    assert client.get(re.sub("code=[^&]+", "code=stolen", back)).status_code == 400


def test_the_secret_goes_where_the_provider_wants_it(web, server):
    is_at_the_browser(server, web.person("agent").email)
    server.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert sign_in(web, server)[1].status_code == 303


def test_an_address_that_stands_in_the_user_info(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    server.in_user_info = True
    assert sign_in(web, server)[1].status_code == 303
    server.user_info = {"sub": "somebody else"}
    assert sign_in(web, server)[1].status_code == 400


@pytest.mark.parametrize(
    "metadata", [{"issuer": "http://elsewhere.example"}, {"authorization_endpoint": "javascript:alert(1)"},
                 {"authorization_endpoint": None}, {"authorization_endpoint": ["http://a"]}]
)  # fmt: skip
def test_a_description_that_does_not_fit_is_not_followed(web, server, metadata):
    server.metadata = metadata
    client = web.browser()
    answer = client.post("/login/oidc/house", data={"csrf_token": csrf(client)})
    assert answer.status_code == 400
    assert "Refresh" not in answer.headers
    # Who comes next does not wait for it behind the first.
    asked = len(server.asked)
    assert client.post("/login/oidc/house", data={"csrf_token": csrf(client)}).status_code == 400
    assert len(server.asked) == asked or "issuer" not in metadata


def test_a_provider_that_is_away_is_said_to_be(settings):
    with socket.socket() as taken:  # nobody listens there, nor comes to, as long as it is taken
        taken.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{taken.getsockname()[1]}"
        house = OidcSettings(key="away", issuer=issuer, client_id=CLIENT, client_secret=SECRET, name="Far away")
        lab = lab_with(settings, SignInSettings(providers=(house,)))
        client = lab.browser()
        answer = client.post("/login/oidc/away", data={"csrf_token": csrf(client)})
    assert answer.status_code == 503
    assert "Far away does not answer" in answer.text


def test_it_begins_with_a_form_of_our_own(web):
    client = web.browser()
    client.get("/login/")
    assert client.post("/login/oidc/house").status_code == 400
    assert client.get("/login/oidc/house").status_code == 405


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_led_to_another_site(web, server, target):
    is_at_the_browser(server, web.person("agent").email)
    assert sign_in(web, server, next=target)[1].location == "/"


def test_beginning_again_and_again_is_slowed_down(web, server, monkeypatch):
    monkeypatch.setitem(web.app.config, "SIGN_IN_ATTEMPTS_PER_ADDRESS", 3)
    client = web.browser()
    token = csrf(client)
    answers = [client.post("/login/oidc/house", data={"csrf_token": token}) for _ in range(5)]
    assert [one.status_code for one in answers][:3] == [200, 200, 200]
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].text


def test_what_was_typed_comes_along(web, server):
    is_at_the_browser(server, web.person("agent").email)
    typed = Typed("/t/idacme/probe/thing", (("plate", "KSA 123"),))
    _client, answer = sign_in(web, server, typed=typed.packed())
    assert answer.status_code == 200
    assert "Nothing is saved yet" in answer.text
    assert "KSA 123" in answer.text


def test_a_way_is_added_and_removed_on_ones_own_page(web, server):
    account = web.person("agent")
    client = web.browser(account)
    assert "Add The house" in client.get("/profile/").text
    is_at_the_browser(server, "private@elsewhere.example", sub="added", email_verified=False)
    answer = client.get(walk(server, leave(client, "/profile/ways/house")))
    assert (answer.status_code, answer.location) == (303, "/profile/")
    page = client.get("/profile/").text
    assert "From now on you can sign in that way too." in page
    assert "Add The house" not in page
    other, answer = sign_in(web, server)
    assert other.get("/probe/me").json["account"] == account.username
    # Nobody else can add the same one.
    second = web.browser(web.person("agent"))
    answer = second.get(walk(server, leave(second, "/profile/ways/house")))
    assert "belong to somebody else" in second.get(answer.location).text
    action = re.search(r"/profile/ways/[^\"]+/remove", page).group()
    assert web.post(second, action).status_code == 404
    assert web.post(client, action).status_code == 303
    assert sign_in(web, server)[1].status_code == 403


def test_the_only_way_in_is_not_removed(web, server):
    with web.app.app_context():
        account = create_account("only@lab.example", "Only", "One", None)
    is_at_the_browser(server, account.email)
    client, _answer = sign_in(web, server)
    action = re.search(r"/profile/ways/[^\"]+/remove", client.get("/profile/").text).group()
    web.post(client, action)
    assert "This is your only way in" in client.get("/profile/").text
    assert sign_in(web, server)[1].status_code == 303


def test_a_way_is_not_added_for_somebody_who_signed_in_meanwhile(web, server):
    client = web.browser(web.person("agent"))
    is_at_the_browser(server, "mixed@elsewhere.example", sub="mixed")
    back = walk(server, leave(client, "/profile/ways/house"))
    web.sign_in(client, web.person("agent").email)
    client.get(back)
    assert web.sql("SELECT count(*) FROM account_identity WHERE subject = 'mixed'")[0][0] == 0


def test_links_are_told_in_the_log_of_the_tenants(web, server, app):
    account = web.person("agent")
    is_at_the_browser(server, account.email)
    sign_in(web, server)
    told = web.sql(
        "SELECT action FROM audit_entry WHERE tenant_id = :t AND body LIKE '%' || :u || '%'",
        t=web.acme.id,
        u=str(account.uid),
    )
    assert ("account.identity_linked",) in [tuple(row) for row in told]


def test_its_addresses_declare_who_may_call_them(web):
    own = {row.endpoint: row.permission for row in rows(web.app) if row.endpoint.startswith(("sso.", "openid."))}
    assert own == {"sso.leave": "public", "openid.arrive": "public", "sso.add": "signed-in"}
