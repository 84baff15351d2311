"""Signing in at a SAML identity provider: there and back, what is not believed, and in whose browser it counts."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import re
from typing import Any

import pytest
from lxml import etree

from app.identity.access import is_csrf_exempt
from app.identity.resend import Typed
from app.ops.routes_table import rows
from app.sso.settings import OidcSettings, RegisterSettings, SignInSettings
from app.testing.counting import count_statements
from tests.saml_house import DS, ENTITY, SAML, SamlServer, Shared, Signer, Weak, question_of, sign, walk
from tests.sign_in_house import lab_with, leave
from tests.test_identity_lab import Lab, csrf

pytest_plugins = ["tests.test_identity_lab"]

MINE = f"{{{SAML}}}"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
LATE, SOON = "two minutes ago", "in two minutes"
"""Said so in the names of tests, which are the same in every process; `said` makes moments of them."""
BUTTON = "/login/saml/adfs"


@pytest.fixture(scope="module")
def server():
    running = SamlServer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def new_signer() -> Signer:
    """The provider's next key, on a curve."""
    return Signer(curve=True)


@pytest.fixture(scope="module")
def web(settings, server, new_signer) -> Lab:
    register = RegisterSettings(tenant="idacme", role="viewer", domains=frozenset({"joined.example"}))
    ways = (
        server.settings(certificates=server.pinned.pem + new_signer.pem),
        server.settings(key="doubt", entity_id="https://doubt.example", name="Doubtful", email_is_verified=False),
        server.settings(key="named", entity_id="https://named.example", name="Named", subject="oid", email="post"),
    )
    away = OidcSettings(key="away", issuer="https://away.invalid", client_id="a", client_secret="b", name="Away")
    return lab_with(settings, SignInSettings(providers=(away,), saml=ways, registration=register))


@pytest.fixture(autouse=True)
def fresh(server, web):
    server.reset()
    web.unlock()


def is_at_the_browser(server: SamlServer, email: str, name_id: str = "", **attributes: str) -> None:
    server.person = {"name_id": name_id or f"key of {email}", "attributes": {CLAIM: email, **attributes}}


def post(web: Lab, server: SamlServer, address: str) -> str:
    """The provider has a browser post its answer, which comes without our cookies; where we lead it then."""
    path, fields = walk(server, address)
    answer = web.browser().post(path, data=fields, headers={"Origin": server.issuer})
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers
    return answer.location


def sign_in(web: Lab, server: SamlServer, path: str = BUTTON, **data: Any) -> tuple[Any, Any]:
    """(the browser, the answer when it comes back)"""
    client = web.browser()
    return client, client.get(post(web, server, leave(client, path, **data)))


def is_not_believed(web: Lab, server: SamlServer) -> None:
    client, answer = sign_in(web, server)
    assert answer.status_code == 400
    assert "What Head office says cannot be verified" in answer.text
    assert client.get("/probe/me").status_code == 303


def test_there_and_back(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email.upper())
    client, answer = sign_in(web, server, next="/t/idacme/probe/thing")
    assert (answer.status_code, answer.location) == (303, "/t/idacme/probe/thing")
    assert client.get("/probe/me").json["account"] == account.username
    ways = web.sql("SELECT way FROM account_session WHERE account_id = :i", i=account.id)
    assert [row[0] for row in ways] == ["saml:adfs"]
    assert "Head office" in client.get("/profile/").text
    told = web.sql(
        "SELECT body FROM audit_entry WHERE action = 'account.identity_linked' AND tenant_id = :t", t=web.acme.id
    )
    assert any(str(account.uid) in str(row[0]) and ENTITY in str(row[0]) for row in told)


def test_there_and_back_has_a_budget(web, server):
    is_at_the_browser(server, web.person("agent").email)
    sign_in(web, server)
    client = web.browser()
    token = csrf(client)
    with count_statements() as seen:
        answer = client.post("/login/saml/adfs", data={"csrf_token": token})
    assert len(seen) == 2, seen  # the throttle, and what is noted
    path, fields = walk(server, answer.headers["Refresh"].partition("url=")[2])
    with count_statements() as seen:
        back = client.post(path, data=fields).location
    assert len(seen) == 2, seen  # what was noted, and who that is
    with count_statements() as seen:
        assert client.get(back).status_code == 303
    assert len(seen) <= 8, seen


@pytest.mark.parametrize("signs", [("Assertion",), ("Response",), ("Assertion", "Response")], ids=str)
@pytest.mark.parametrize("prefixes", ["", "xs"])
def test_the_assertion_the_response_or_both_may_be_signed(web, server, signs, prefixes):
    is_at_the_browser(server, web.person("agent").email)
    server.signs, server.prefixes = signs, prefixes
    assert sign_in(web, server)[1].status_code == 303


def test_the_old_and_the_new_certificate_hold_while_they_change(web, server, new_signer):
    is_at_the_browser(server, web.person("agent").email)
    for signer in (server.pinned, new_signer):
        server.signer = signer
        assert sign_in(web, server)[1].status_code == 303


def test_the_question_says_where_the_answer_goes_and_so_does_the_metadata(web, server):
    client = web.browser()
    asked = question_of(leave(client, BUTTON))
    assert asked.get("AssertionConsumerServiceURL") == "http://localhost/login/saml/adfs/acs"
    answer = client.get("/login/saml/adfs/metadata", headers={"Host": "evil.example"})
    assert answer.mimetype == "application/samlmetadata+xml"
    described = etree.fromstring(answer.data)
    public = web.app.config["TENANTRY"].public_url
    assert described.get("entityID") == asked.findtext(f"{MINE}Issuer") == f"{public}/login/saml/adfs/metadata"
    assert described.xpath("//@Location") == [f"{public}/login/saml/adfs/acs"]


def test_names_and_memberships_of_newcomers(web, server):
    is_at_the_browser(server, "saml@joined.example", givenName="New", sn="Comer")
    client, answer = sign_in(web, server)
    assert answer.status_code == 303
    assert client.get("/t/idacme/probe/thing").json["roles"] == ["viewer"]
    page = client.get("/profile/").text
    assert 'value="New"' in page
    assert 'value="Comer"' in page


def test_who_is_unknown_hears_so_and_keeps_what_was_typed(web, server):
    is_at_the_browser(server, "nobody@lab.example")
    typed = Typed("/t/idacme/probe/thing", (("plate", "KSA 123"),))
    answer = sign_in(web, server, typed=typed.packed(), next="/t/idacme/probe/thing")[1]
    assert answer.status_code == 403
    assert "There is no account for nobody@lab.example" in answer.text
    assert 'name="typed"' in answer.text
    assert 'name="next" value="/t/idacme/probe/thing"' in answer.text


def test_what_was_typed_comes_along(web, server):
    is_at_the_browser(server, web.person("agent").email)
    typed = Typed("/t/idacme/probe/thing", (("plate", "KSA 123"),))
    answer = sign_in(web, server, typed=typed.packed())[1]
    assert answer.status_code == 200
    assert "KSA 123" in answer.text


def test_an_address_given_to_somebody_else_does_not_open_the_old_account(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email, "the first")
    assert sign_in(web, server)[1].status_code == 303
    is_at_the_browser(server, account.email, "the second")
    answer = sign_in(web, server)[1]
    assert answer.status_code == 403
    assert "belong to somebody else" in answer.text


def test_addresses_that_the_operator_does_not_trust_open_no_account(web, server):
    account = web.person("agent")
    is_at_the_browser(server, account.email, "doubtful key")
    server.lie = {"issuer": "https://doubt.example"}
    answer = sign_in(web, server, "/login/saml/doubt")[1]
    assert answer.status_code == 403
    assert "There is no account for doubtful key" in answer.text
    # Whoever is signed in may add it themselves, and comes in by it from then on.
    client = web.browser(account)
    assert client.get(post(web, server, leave(client, "/profile/ways/doubt"))).location == "/profile/"
    assert "From now on you can sign in that way too." in client.get("/profile/").text
    other, _answer = sign_in(web, server, "/login/saml/doubt")
    assert other.get("/probe/me").json["account"] == account.username


def test_the_attributes_may_be_named(web, server):
    account = web.person("agent")
    is_at_the_browser(server, "ignored@lab.example", "now this", oid="for ever", post=account.email)
    server.lie = {"issuer": "https://named.example", "format": TRANSIENT}
    assert sign_in(web, server, "/login/saml/named")[1].status_code == 303
    subjects = web.sql("SELECT subject FROM account_identity WHERE account_id = :i", i=account.id)
    assert [row[0] for row in subjects] == ["for ever"]
    is_at_the_browser(server, "ignored@lab.example", "another", post=account.email)
    assert sign_in(web, server, "/login/saml/named")[1].status_code == 400


def test_the_name_is_the_address_where_it_says_so(web, server):
    account = web.person("agent")
    server.person = {"name_id": account.email, "format": ADDRESS}
    assert sign_in(web, server)[1].status_code == 303
    server.person = {"name_id": web.person("agent").email}
    assert sign_in(web, server)[1].status_code == 403


def test_a_name_that_is_another_one_each_time_is_nobodys(web, server):
    is_at_the_browser(server, web.person("agent").email)
    server.lie = {"format": TRANSIENT}
    is_not_believed(web, server)


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://elsewhere.example"}, {"audience": "https://elsewhere.example"}, {"audience": ""},
        {"recipient": "http://localhost/login/saml/doubt/acs"}, {"recipient": "http://evil.example/login/saml/adfs/acs"},
        {"destination": "http://evil.example/login/saml/adfs/acs"}, {"question": "_another"}, {"answers": "_another"},
        {"question": ""}, {"answers": ""}, {"ends": LATE}, {"confirmed": LATE}, {"begins": SOON}, {"session": LATE},
        {"ends": "never"}, {"confirmed": ""}, {"name_id": ""}, {"name_id": "x" * 256}, {"method": "sender-vouches"},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("signs", ["Assertion", "Response"])
def test_an_answer_that_is_not_for_this_sign_in_is_not_believed(web, server, lie, signs):
    is_at_the_browser(server, web.person("agent").email)
    server.lie, server.signs = said(lie), (signs,)
    is_not_believed(web, server)


def said(lie):
    moments = {LATE: dt.timedelta(minutes=-2), SOON: dt.timedelta(minutes=2)}
    now = dt.datetime.now(dt.UTC)
    return {
        name: (now + moments[value]).strftime("%Y-%m-%dT%H:%M:%SZ") if value in moments else value
        for name, value in lie.items()
    }


@pytest.mark.parametrize(
    "path",
    ["saml:Conditions", "saml:Conditions/saml:AudienceRestriction", "saml:Subject", "saml:AuthnStatement",
     "saml:Subject/saml:SubjectConfirmation", "saml:Issuer"],
)  # fmt: skip
def test_nothing_may_be_left_out(web, server, path):
    is_at_the_browser(server, web.person("agent").email)

    def cut(response: etree._Element) -> None:
        found = response.find(f".//saml:Assertion/{path}", {"saml": SAML})
        found.getparent().remove(found)

    server.before = cut
    is_not_believed(web, server)


@pytest.mark.parametrize("name", ["InResponseTo", "Recipient", "NotOnOrAfter"])
def test_who_brings_it_is_confirmed_by_all_three(web, server, name):
    is_at_the_browser(server, web.person("agent").email)
    server.before = lambda response: response.find(f".//{MINE}SubjectConfirmationData").attrib.pop(name)
    is_not_believed(web, server)


@pytest.mark.parametrize("name", ["NotBefore", "NotOnOrAfter"])
def test_conditions_may_leave_times_to_the_confirmation(web, server, name):
    is_at_the_browser(server, web.person("agent").email)
    server.before = lambda response: response.find(f".//{MINE}Conditions").attrib.pop(name)
    assert sign_in(web, server)[1].status_code == 303


def test_a_condition_that_we_do_not_know_is_not_met(web, server):
    is_at_the_browser(server, web.person("agent").email)
    for name, status in (("OneTimeUse", 303), ("Condition", 400)):
        server.before = lambda response, name=name: etree.SubElement(response.find(f".//{MINE}Conditions"), MINE + name)
        assert sign_in(web, server)[1].status_code == status, name


def test_signatures_by_nobody_and_by_strangers_are_not_believed(web, server):
    is_at_the_browser(server, web.person("agent").email)
    server.signs = ()
    is_not_believed(web, server)
    server.signs, server.signer = ("Assertion",), Signer()
    is_not_believed(web, server)
    server.signs = ("Assertion", "Response")
    is_not_believed(web, server)


def rename(assertion: etree._Element, name: str) -> etree._Element:
    assertion.find(f"{MINE}Subject/{MINE}NameID").text = name
    for value in assertion.iter(f"{MINE}AttributeValue"):
        value.text = name
    return assertion


def signature_of(element: etree._Element) -> etree._Element:
    return element.find(f"{{{DS}}}Signature")


def wrapped(response: etree._Element, victim: str, how: str) -> None:
    """A forged assertion in the response, and the signed one, or the whole signed response, where it may be hidden."""
    signed = response.find(f"{MINE}Assertion")
    at = response.index(signed)
    forged = rename(copy.deepcopy(signed), victim)
    if "other id" in how:
        forged.set("ID", "_forged")
    if "unsigned" in how:
        forged.remove(signature_of(forged))
    if "beside" in how:
        response.insert(at if "before" in how else at + 1, forged)
    elif "inside" in how:
        response.replace(signed, forged)
        (signature_of(forged) if "signature" in how else forged).append(signed)
    elif "extensions" in how:
        response.replace(signed, forged)
        holder = etree.Element(f"{{{response.nsmap['samlp']}}}Extensions")
        holder.append(signed)
        response.insert(1, holder)
    elif "around" in how:
        whole = copy.deepcopy(response)
        response.replace(signed, forged)
        signature_of(forged).append(etree.SubElement(signature_of(forged), f"{{{DS}}}Object"))
        signature_of(forged)[-1].append(whole)
    else:
        rename(signed, victim)


@pytest.mark.parametrize(
    "how",
    ["beside before unsigned other id", "beside before other id", "beside before unsigned", "beside after",
     "beside after other id unsigned", "inside unsigned other id", "inside signature other id", "inside signature",
     "extensions other id", "extensions unsigned other id", "around", "changed"],
)  # fmt: skip
@pytest.mark.parametrize("signs", [("Assertion",), ("Assertion", "Response")], ids=str)
def test_a_signed_part_that_is_moved_vouches_for_nothing_else(web, server, how, signs):
    victim = web.person("agent")
    is_at_the_browser(server, web.person("agent").email)
    server.signs = signs
    server.twist = lambda response: wrapped(response, victim.email, how)
    is_not_believed(web, server)
    assert web.sql("SELECT count(*) FROM account_session WHERE account_id = :i", i=victim.id)[0][0] == 0


def test_what_is_signed_must_be_an_assertion(web, server):
    """What a provider signs for other ends, by the same key, is none, whatever it holds."""
    is_at_the_browser(server, web.person("agent").email)

    def sign_another(response: etree._Element) -> None:
        assertion = response.find(f"{MINE}Assertion")
        other = copy.deepcopy(assertion)
        other.tag = f"{MINE}Evidence"
        other.set("ID", "_other")
        response.append(other)
        sign(other, server.pinned)
        assertion.insert(1, signature_of(other))

    server.signs, server.twist = (), sign_another
    is_not_believed(web, server)


def test_a_comment_does_not_shorten_a_name(web, server):
    """Comments are not hashed: who may choose `victim@x.example.evil.example` would become `victim@x.example`."""
    victim = web.person("agent")
    server.person = {"name_id": f"{victim.email}.evil.example", "format": ADDRESS}

    def comment(response: etree._Element) -> bytes:
        return etree.tostring(response).replace(b".evil.example<", b"<!-- -->.evil.example<")

    for twist in (comment, lambda response: comment(response).replace(b"<!-- -->", b"<?a b?>")):
        server.twist = twist
        is_not_believed(web, server)
    server.twist = lambda _response: None
    assert f"There is no account for {victim.email}.evil.example" in sign_in(web, server)[1].text


@pytest.mark.parametrize(
    "head",
    ['<!DOCTYPE r [<!ENTITY e "x">]>', '<!DOCTYPE r SYSTEM "file:///etc/passwd">', "<!DOCTYPE r>",
     '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
     '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>'],
)  # fmt: skip
def test_document_types_and_entities_are_refused(web, server, head):
    is_at_the_browser(server, web.person("agent").email)
    server.twist = lambda response: head.encode() + etree.tostring(response)
    is_not_believed(web, server)
    entity = re.search(r"ENTITY (\w) [^>]*>\]", head)
    if entity:
        body = f"&{entity.group(1)};</saml:NameID>".encode()
        server.twist = lambda response: head.encode() + etree.tostring(response).replace(b"</saml:NameID>", body)
        is_not_believed(web, server)


@pytest.mark.parametrize("junk", [b"", b"\x00\xff", b"<a/>", b"<", b"\xff\xfe<\x00", "é".encode(), b"<a>" * 100_000])
def test_what_is_no_answer_at_all_is_not_believed(web, server, junk):
    server.twist = lambda _response: junk
    is_not_believed(web, server)


def test_weak_hashes_and_shared_secrets_are_not_believed(web, server):
    is_at_the_browser(server, web.person("agent").email)
    for kind in (Weak, Shared):
        server.signer = copy.copy(server.pinned)
        server.signer.__class__ = kind
        is_not_believed(web, server)


def test_an_answer_works_once(web, server):
    is_at_the_browser(server, web.person("agent").email)
    client = web.browser()
    path, fields = walk(server, leave(client, BUTTON))
    back = web.browser().post(path, data=fields).location
    # Posted twice (somebody pressed reload), it is still one sign-in.
    assert web.browser().post(path, data=fields).location == back
    assert client.get(back).status_code == 303
    for again in (back, web.browser().post(path, data=fields).location):
        answer = client.get(again)
        assert answer.status_code == 400
        assert "has been used" in answer.text


def test_an_answer_is_of_no_use_for_another_sign_in(web, server):
    """Neither with the state of another one, nor in another browser: to sign somebody in as oneself is an attack."""
    is_at_the_browser(server, web.person("agent").email)
    mine, theirs = web.browser(), web.browser()
    path, fields = walk(server, leave(mine, BUTTON))
    _path, others = walk(server, leave(theirs, BUTTON))
    mixed = web.browser().post(path, data={**fields, "RelayState": others["RelayState"]})
    assert theirs.get(mixed.location).status_code == 400
    back = mine.post(path, data=fields).location
    for other in (theirs, web.browser()):
        answer = other.get(back)
        assert answer.status_code == 400
        assert "begun in another browser" in answer.text
        assert other.get("/probe/me").status_code == 303
    assert mine.get(back).status_code == 303


def test_an_answer_for_one_provider_is_none_for_another(web, server):
    is_at_the_browser(server, web.person("agent").email)
    client = web.browser()
    path, fields = walk(server, leave(client, BUTTON))
    answer = web.browser().post(path.replace("adfs", "doubt"), data=fields)
    assert client.get(answer.location).status_code == 400
    assert client.get("/probe/me").status_code == 303
    for wrong in ("/login/saml/away/acs", "/login/saml/nothing/acs"):
        assert web.browser().post(wrong, data=fields).status_code == 404
    assert client.get("/login/saml/away/metadata").status_code == 404
    assert client.get("/login/oidc/adfs/callback").status_code == 404


def test_coming_back_before_the_answer_or_late_opens_nothing(web, server):
    is_at_the_browser(server, web.person("agent").email)
    client = web.browser()
    _path, fields = walk(server, leave(client, BUTTON))
    assert client.get(f"/login/saml/adfs/arrive?state={fields['RelayState']}").status_code == 400
    path, fields = walk(server, leave(client, BUTTON))
    back = web.browser().post(path, data=fields).location
    web.sql("UPDATE pending_sign_in SET expires_at = now()")
    assert client.get(back).status_code == 400
    assert client.get("/login/saml/adfs/arrive").status_code == 400
    assert client.get("/probe/me").status_code == 303


@pytest.mark.parametrize("state", ["", "https://office.example.com/", "a b", "\x00"])
def test_a_sign_in_that_begins_at_the_provider_is_led_to_begin_here(web, server, state):
    is_at_the_browser(server, web.person("agent").email)
    server.lie = {"state": state, "question": ""}
    answer = sign_in(web, server)[1]
    assert answer.status_code == 400
    assert "Sign-ins begin here, not at Head office." in answer.text
    assert 'action="/login/saml/adfs"' in answer.text


def test_a_provider_that_says_no(web, server):
    is_at_the_browser(server, web.person("agent").email)
    server.lie, server.signs = {"status": "Responder"}, ()
    answer = sign_in(web, server)[1]
    assert answer.status_code == 403
    assert "You were not signed in at Head office" in answer.text


def test_beginning_again_and_again_is_slowed_down(web, server, monkeypatch):
    monkeypatch.setitem(web.app.config, "SIGN_IN_ATTEMPTS_PER_ADDRESS", 3)
    client = web.browser()
    token = csrf(client)
    answers = [client.post("/login/saml/adfs", data={"csrf_token": token}) for _ in range(5)]
    assert [one.status_code for one in answers][:3] == [200, 200, 200]
    assert answers[-1].status_code == 429


def test_a_host_that_somebody_made_up_changes_nothing(web, server, caplog):
    """Somebody with a service of their own at the same provider cannot use what it says to them."""
    is_at_the_browser(server, web.person("agent").email)
    evil = "http://evil.example/login/saml/adfs"
    server.lie = {"audience": f"{evil}/metadata", "recipient": f"{evil}/acs", "destination": f"{evil}/acs"}
    client = web.browser()
    path, fields = walk(server, leave(client, BUTTON))
    back = web.browser().post(path, data=fields, headers={"Host": "evil.example"}).location
    assert "it is for another audience" in caplog.text
    assert client.get(back).status_code == 400
    assert client.get("/probe/me").status_code == 303


def test_its_addresses_declare_who_may_call_them(web):
    own = {row.endpoint: row.permission for row in rows(web.app) if row.endpoint.startswith(("sso.", "saml."))}
    assert own == {
        "sso.leave": "public", "sso.add": "signed-in",
        "saml.answer": "public", "saml.arrive": "public", "saml.metadata": "public",
    }  # fmt: skip
    assert [one for one in own if is_csrf_exempt(web.app, one)] == ["saml.answer"]
    client = web.browser()
    client.get("/login/")
    assert client.post("/login/saml/adfs").status_code == 400
    assert client.get("/login/saml/adfs").status_code == 405


def test_an_answer_changes_nothing_for_who_is_signed_in(web, server):
    """The one address that takes posts without a token of ours acts for nobody: not for the cookie that comes along."""
    client = web.browser(web.person("agent"))
    before = client.get("/probe/me").json
    for data in ({}, {"RelayState": "x" * 43, "SAMLResponse": base64.b64encode(b"<a/>").decode()}):
        assert client.post("/login/saml/adfs/acs", data=data).status_code == 303
    assert client.get("/probe/me").json == before
