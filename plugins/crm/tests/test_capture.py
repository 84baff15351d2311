"""Lead capture: the public page and endpoint, guards, confirmation, dead letters, platforms, back-fill."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.data import Scope, db, scope
from app.installation import sealing
from app.sdk import Consent, Contact, ContactChannel, Team, TeamMember
from plugins.crm.models import CaptureField, CaptureForm, CaptureSubmission, Lead
from plugins.crm.models.assignment import Assignment
from plugins.crm.services.capture import guard, processing
from plugins.crm.tests.agenda import member_of


class Run:
    """A job's run that nobody watches."""

    id, attempt = uuid4(), 1

    def progress(self, done, total=None, words=""):
        pass

    def check(self):
        pass


@pytest.fixture
def tenant(house):
    return house.new_tenant(country="SA")


def question(label, target=None, kind="text", **more):
    return CaptureField(label=label, name=label.lower().replace(" ", "_"), target=target, kind=kind, **more)


QUESTIONS = (
    ("Name", "contact.name", "text", {"required": True}),
    ("Email", "contact.email", "email", {"required": True}),
    ("Phone", "contact.phone", "phone", {}),
    ("Company", "contact.company", "text", {}),
    ("Message", "lead.description", "long_text", {}),
    ("Budget", "lead.value", "number", {}),
    ("Colour", None, "choice", {"options": "Red\nBlue"}),
    ("Consent", "consent", "tick", {}),
)


@pytest.fixture
def make_form(house, tenant):
    def make(**more):
        asked = [
            question(label, target, kind, position=at, **extra)
            for at, (label, target, kind, extra) in enumerate(QUESTIONS)
        ]
        form = CaptureForm(name="Website", key=uuid4().hex[:12], questions=asked, **{"source": "web", **more})
        house.add(form, tenant=tenant)
        return form.key, form.id

    return make


@pytest.fixture
def visitor(app, tenant, monkeypatch):
    """Somebody without an account; forms need not be open for seconds in these tests unless a test says so."""
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 0)
    client = app.test_client()
    stem = f"/t/{tenant.slug}/crm/public"

    class Visitor:
        def page(self, key, **more):
            return client.get(f"{stem}/form/{key}", **more)

        def send(self, key, token=None, **answers):
            if token is None:
                token = self.page(key).text.split('name="started" value="')[1].split('"')[0]
            return client.post(f"{stem}/form/{key}", data={"started": token, **answers})

        def ask(self, key, **more):
            return client.get(f"{stem}/capture/{key}", **more)

        def post(self, key, body, **more):
            return client.post(f"{stem}/capture/{key}", json=body, **more)

        def preflight(self, key, origin):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            return client.open(f"{stem}/capture/{key}", method="OPTIONS", headers=headers)

        def confirm(self, address, method="GET"):
            return client.open(address[address.index("/t/") :], method=method)

    return Visitor()


@pytest.fixture
def work(app, tenant):
    """Process what waits, as the worker would; everything of the tenant afterwards."""

    def run():
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            waiting = db.session.scalars(select(CaptureSubmission.id).where(CaptureSubmission.state == "received"))
            for one in waiting.all():
                processing.process(Run(), str(one))
                db.session.commit()
            rows = db.session.scalars(select(CaptureSubmission).order_by(CaptureSubmission.id)).all()
            return [(row.state, row.problem) for row in rows]

    return run


@pytest.fixture
def look(app, tenant):
    def read(statement):
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            return [tuple(row) for row in db.session.execute(statement)]

    return read


NORA = {"name": "Nora Salem", "email": "Nora@Mail.example", "phone": "050 123 4567", "message": "Please call"}


def test_somebody_who_fills_in_the_page_becomes_a_lead(make_form, visitor, work, look):
    key, _id = make_form(tags=["web"])
    page = visitor.page(key)
    assert page.status_code == 200
    assert "<script" not in page.text.split("<main")[1]
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    sent = visitor.send(key, **NORA, company="Acme", colour="Blue", budget="1500", consent="yes", utm_source="ads")
    assert sent.status_code == 200
    assert "Thank you" in sent.text
    assert work() == [("done", None)]
    lead = look(select(Lead.title, Lead.source, Lead.tags, Lead.description, Lead.value_minor))
    assert lead == [("Nora Salem", "web", ["web"], "Please call\nColour: Blue", 150000)]
    assert look(select(ContactChannel.kind, ContactChannel.value).order_by(ContactChannel.kind)) == [
        ("email", "nora@mail.example"),
        ("phone", "+966501234567"),
    ]
    assert look(select(CaptureSubmission.utm_source, CaptureSubmission.via)) == [("ads", "page")]
    ((purpose, evidence),) = look(select(Consent.purpose, Consent.evidence))
    assert purpose == "marketing"
    assert "127.0.0.1" in evidence


def test_somebody_who_is_known_is_found_and_nothing_is_overwritten(house, tenant, make_form, visitor, work, look):
    known = Contact(full_name="N. Salem", first_name="N.", last_name="Salem", position="Buyer")
    known.channels.append(
        ContactChannel(kind="phone", value="+966501234567", value_normalised="+966501234567", is_primary=True)
    )
    (contact_id,) = house.add(known, tenant=tenant)
    key, _id = make_form()
    visitor.send(key, **NORA)
    assert work() == [("done", None)]
    assert look(select(Contact.id, Contact.full_name)) == [(contact_id, "N. Salem")]
    assert look(select(Lead.contact_id)) == [(contact_id,)]
    assert sorted(look(select(ContactChannel.kind, ContactChannel.is_primary))) == [("email", True), ("phone", True)]


def test_one_person_who_sends_twice_at_once_is_one_contact(app, tenant, make_form, visitor, look):
    key, _id = make_form()
    for number in range(4):
        visitor.send(key, **{**NORA, "phone": "", "message": str(number)})
    ids = [str(one) for (one,) in look(select(CaptureSubmission.id))]
    barrier, failed = threading.Barrier(len(ids)), []

    def work(one):
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            barrier.wait()
            try:
                processing.process(Run(), one)
                db.session.commit()
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in ids]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert failed == []
    assert len(look(select(Contact.id))) == 1
    assert len(look(select(Lead.id))) == 4


def test_what_the_visitor_can_put_right_is_said_at_the_field(make_form, visitor, work):
    key, _id = make_form()
    page = visitor.send(key, name="", email="nobody", phone="12", colour="Green")
    assert page.status_code == 422
    for words in ("Please fill in", "nobody", "12", "Please choose one of the list"):
        assert words in page.text
    assert work() == []


def test_a_second_click_sends_nothing_twice(make_form, visitor, work):
    key, _id = make_form()
    token = visitor.ask(key).json["token"]
    for _click in range(2):
        assert visitor.send(key, token=token, **NORA).status_code == 200
    assert work() == [("done", None)]
    visitor.send(key, token=token, **{**NORA, "message": "Something else"})
    assert work() == [("done", None)] * 2


def test_what_is_too_quick_or_forged_is_asked_again_and_kept(make_form, visitor, work, monkeypatch):
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 5)
    key, _id = make_form()
    quick = visitor.send(key, **NORA)
    assert quick.status_code == 422
    assert "Nora Salem" in quick.text
    assert visitor.send(key, token="forged", **NORA).status_code == 422
    other, _id = make_form()
    monkeypatch.setattr(guard, "FEWEST_SECONDS", 0)
    assert visitor.send(key, token=visitor.ask(other).json["token"], **NORA).status_code == 422
    assert work() == []


def test_who_fills_in_what_people_do_not_see_is_thanked_and_put_aside(make_form, visitor, work, look, house, tenant):
    key, _id = make_form()
    assert visitor.send(key, **NORA, **{guard.TRAP: "x"}).status_code == 200
    assert work() == [("spam", None)]
    assert look(select(Lead.id)) == []
    ((row_id,),) = look(select(CaptureSubmission.id))
    assert house.api("manager", tenant).post(f"/crm/submission/{row_id}/actions/replay").status_code == 200
    assert work() == [("done", None)]


def test_one_address_may_not_send_without_end(make_form, visitor, work, monkeypatch):
    monkeypatch.setattr(guard, "PER_ADDRESS", 2)
    key, _id = make_form()
    answers = [visitor.send(key, **NORA).status_code for _n in range(3)]
    assert answers == [200, 200, 429]
    assert visitor.post(key, {"token": visitor.ask(key).json["token"], "answers": NORA}).status_code == 429
    assert len(work()) == 2


def test_what_cannot_be_stored_is_not_an_error(make_form, visitor, work, look):
    key, _id = make_form()
    assert visitor.send(key, **{**NORA, "message": "a\x00b"}).status_code == 200
    body = {
        "token": visitor.ask(key).json["token"],
        "answers": {**NORA, "message": "\ud800 x", "more": [1, {"a": "\x00"}]},
    }
    assert visitor.post(key, body).status_code == 202
    assert work() == [("done", None)] * 2
    assert sorted(one for (one,) in look(select(Lead.description))) == ["? x", "a\ufffdb"]


def test_too_much_is_refused(make_form, visitor):
    key, _id = make_form()
    assert visitor.send(key, **{**NORA, "message": "x" * 100_000}).status_code == 413
    assert visitor.post(key, {"answers": {"message": "x" * 100_000}}).status_code in (400, 413)


def test_other_websites_send_only_when_they_are_allowed(make_form, visitor, work):
    key, _id = make_form(allowed_origins="https://shop.example")
    told = visitor.ask(key, headers={"Origin": "https://shop.example"})
    assert told.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert [one["name"] for one in told.json["fields"]][:2] == ["name", "email"]
    assert visitor.preflight(key, "https://shop.example").status_code == 204
    body = {"token": told.json["token"], "answers": NORA, "utm_campaign": "spring", "referrer": "https://x.example/"}
    done = visitor.post(key, body, headers={"Origin": "https://shop.example"})
    assert (done.status_code, done.json["received"]) == (202, True)
    for method in (visitor.ask, lambda k, **more: visitor.post(k, body, **more)):
        refused = method(key, headers={"Origin": "https://evil.example"})
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert visitor.preflight(key, "https://evil.example").status_code == 403
    assert work() == [("done", None)]


def test_the_endpoint_says_what_is_wrong(make_form, visitor):
    key, _id = make_form()
    token = visitor.ask(key).json["token"]
    wrong = visitor.post(key, {"token": token, "answers": {"name": "x"}})
    assert (wrong.status_code, set(wrong.json["errors"])) == (422, {"email"})
    assert visitor.post(key, [1]).status_code == 400
    assert visitor.post(key, {"token": token, "answers": [1]}).status_code == 422
    assert visitor.ask("nothing").status_code == 404


def test_a_member_of_another_tenant_is_a_visitor_like_any(app, house, tenant, make_form):
    key, _id = make_form()
    browser = house.browser("owner")
    assert browser.get(f"/t/{tenant.slug}/crm/public/form/{key}").status_code == 200
    assert browser.get(f"/t/{tenant.slug}/contacts/contact/").status_code == 404


def test_members_see_the_page_as_their_visitors_do(house, tenant, make_form, visitor):
    key, _id = make_form()
    seen = visitor.page(key).text
    own = house.browser("owner", tenant).go(f"/crm/public/form/{key}").text
    assert tenant.name in seen, "whose form it is"
    assert "/crm/lead/" not in own, "no menu around it"
    assert without_tokens(own) == without_tokens(seen)


def without_tokens(page):
    return re.sub(r'(name="csrf-token" content|name="csrf_token" value|name="started" value)="[^"]*"', "", page)


def test_a_closed_form_is_not_there(make_form, visitor):
    key, _id = make_form(is_open=False)
    assert visitor.page(key).status_code == 404


def test_the_page_leads_on_where_the_form_says(make_form, visitor):
    key, _id = make_form(redirect_url="https://thanks.example/page")
    sent = visitor.send(key, **NORA)
    assert (sent.status_code, sent.location) == (303, "https://thanks.example/page")
    assert "form-action 'self' https://thanks.example" in visitor.page(key).headers["Content-Security-Policy"]


def test_the_form_speaks_its_own_language(make_form, visitor):
    key, _id = make_form(language="ar")
    page = visitor.page(key).text
    assert 'dir="rtl"' in page
    assert ">إرسال<" in page


def test_nothing_is_made_before_the_address_is_confirmed(app, tenant, make_form, visitor, work, look):
    from app.messaging.models import OutboundMessage

    key, _id = make_form(double_opt_in=True)
    sent = visitor.send(key, **NORA)
    assert "confirm" in sent.text
    assert work() == [("waiting", None)]
    assert look(select(Lead.id)) == []
    ((recipient, body),) = look(select(OutboundMessage.recipient, OutboundMessage.body))
    assert recipient == "nora@mail.example"
    address = next(line for line in body.splitlines() if "/crm/public/confirm/" in line)
    assert visitor.confirm(address).status_code == 200
    assert work() == [("waiting", None)]
    assert visitor.confirm(address, "POST").status_code == 200
    assert visitor.confirm(address, "POST").status_code == 200
    assert work() == [("done", None)]
    ((evidence,),) = look(select(Consent.evidence))
    assert "confirmed by e-mail" in evidence
    assert visitor.confirm(address[:-3] + "xxx").status_code == 404


def test_what_cannot_be_understood_waits_for_a_person(house, tenant, make_form, visitor, work, look):
    key, _id = make_form()
    visitor.send(key, **NORA, budget="12")
    with house.inside(tenant) as session:
        row = session.scalars(select(CaptureSubmission)).one()
        row.answers = {**row.answers, "email": "broken", "budget": "a lot"}
        row_id = row.id
        session.commit()
    ((state, problem),) = work()
    assert state == "dead"
    assert "broken" in problem
    assert look(select(Lead.id)) == []
    assert look(select(Contact.id)) == []
    api = house.api("manager", tenant)
    assert api.get("/crm/submission?state.is=dead").json["data"][0]["problem"] == problem
    corrected = {**NORA, "budget": "a lot"}
    assert api.patch(f"/crm/submission/{row_id}", {"answers": corrected}).status_code == 200
    assert api.post(f"/crm/submission/{row_id}/actions/replay").status_code == 200
    ((state, problem),) = work()
    assert state == "dead"
    assert problem.startswith("value:")
    api.patch(f"/crm/submission/{row_id}", {"answers": NORA})
    api.post(f"/crm/submission/{row_id}/actions/replay")
    assert work() == [("done", None)]
    ((raw,),) = look(select(CaptureSubmission.raw))
    assert raw["budget"] == "12"


def test_after_a_change_of_the_mapping_all_answers_are_filled_in_again(
    app, house, tenant, make_form, visitor, work, look
):
    key, form_id = make_form()
    visitor.send(key, **NORA, company="Acme")
    work()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        for one in form.questions:
            if one.name == "colour":
                one.target = "contact.position"
        session.scalars(select(CaptureSubmission)).one().answers = {**NORA, "colour": "Blue"}
        session.commit()
    assert house.api("owner", tenant).post(f"/crm/capture_form/{form_id}/actions/process_again").status_code == 200
    with app.app_context(), scope(Scope(tenant.id, via="job")):
        assert processing.again(Run(), str(form_id)) == {"done": 1, "dead": 0}
        db.session.commit()
    assert look(select(Contact.position)) == [("Blue",)]
    assert len(look(select(Lead.id))) == 1


def test_a_field_of_the_tenants_own_takes_an_answer(house, tenant, make_form, visitor, work, look):
    from app.host.custom_fields import CustomFieldDef

    house.add(CustomFieldDef(resource="crm.lead", key="size", label="Size", kind="integer"), tenant=tenant)
    key, form_id = make_form()
    with house.inside(tenant) as session:
        form = session.get(CaptureForm, form_id)
        form.questions.append(question("Size", "lead.custom", custom_key="size"))
        session.commit()
    visitor.send(key, **NORA, size="42")
    assert work() == [("done", None)]
    assert look(select(Lead.custom_fields)) == [({"size": 42},)]


# --- advertising platforms --------------------------------------------------------------------------------------------


@pytest.fixture
def platform(app, house, tenant, make_form):
    _key, form_id = make_form()
    told = house.api("owner", tenant).post(f"/crm/capture_form/{form_id}/actions/open_webhook").json["message"]
    secret = told.split("secret is ")[1].split(".")[0]
    with house.inside(tenant) as session:
        path = session.get(CaptureForm, form_id).webhook_path
    client = app.test_client()

    def send(body, signed=None, standard=False):
        raw = json.dumps(body).encode()
        if standard:
            now = str(int(time.time()))
            mac = hmac.new((signed or secret).encode(), f"m1.{now}.".encode() + raw, hashlib.sha256).digest()
            headers = {
                "webhook-id": "m1", "webhook-timestamp": now,
                "webhook-signature": "v1," + base64.b64encode(mac).decode(),
            }  # fmt: skip
        else:
            mac = hmac.new((signed or secret).encode(), raw, hashlib.sha256).hexdigest()
            headers = {"X-Hub-Signature-256": f"sha256={mac}"}
        return client.post(path, data=raw, headers={**headers, "Content-Type": "application/json"})

    return send


@pytest.fixture
def processed(app, tenant):
    """Let the inbound framework process what came."""
    from app.webhooks.models import ReceivedWebhook
    from app.webhooks.processing import process

    def run():
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            for one in db.session.scalars(select(ReceivedWebhook.id).where(ReceivedWebhook.state == "waiting")).all():
                process(Run(), str(one))
                db.session.commit()

    return run


@pytest.mark.parametrize("standard", [False, True])
def test_platforms_send_signed_leads_once(platform, processed, work, look, standard):
    lead = {
        "id": "l-1", "utm_source": "facebook",
        "field_data": [{"name": "name", "values": ["Omar Zaid"]}, {"name": "email", "values": ["omar@mail.example"]}],
    }  # fmt: skip
    for _time in range(2):
        assert platform({"leads": [lead]}, standard=standard).status_code == 200
    processed()
    assert work() == [("done", None)]
    assert look(select(CaptureSubmission.via, CaptureSubmission.utm_source)) == [("webhook", "facebook")]
    assert look(select(Lead.title)) == [("Omar Zaid",)]


def test_platforms_send_plain_objects_too(platform, processed, work, look):
    assert platform({"name": "Omar Zaid", "email": "omar@mail.example", "size": 3}).status_code == 200
    processed()
    assert work() == [("done", None)]
    assert look(select(Lead.description)) == [("size: 3",)]


def test_what_is_not_signed_is_not_taken(platform, processed, work):
    assert platform({"name": "x"}, signed="other").status_code == 401
    assert platform({"name": "x"}, signed="other", standard=True).status_code == 401
    assert platform([]).status_code == 422
    processed()
    assert work() == []


def test_addresses_of_platforms_outlive_a_change_of_keys(app, house, tenant, platform):
    before = app.config["TENANTRY"]
    old = before.encryption_keys or (before.derived_key("secrets"),)
    fresh = "a fresh key of many characters" * 2
    try:
        app.config["TENANTRY"] = replace(before, encryption_keys=(fresh, *old))
        with house.inside(tenant) as session:
            sealing.reseal()
            session.commit()
        app.config["TENANTRY"] = replace(before, encryption_keys=(fresh,))
        assert platform({"name": "Omar Zaid"}).status_code == 200
        assert platform({"name": "Omar Zaid"}, signed="other").status_code == 401
    finally:
        app.config["TENANTRY"] = before
    with house.inside(tenant) as session:
        (sealed,) = session.scalars(select(CaptureForm.webhook_secret))
    assert sealed.startswith("s1.")


def test_a_form_gives_its_leads_to_a_team_in_turn(app, house, tenant, make_form, visitor, work, look):
    roles = ("manager", "agent")
    members = [member_of(house, tenant, role) for role in roles]
    (team,) = house.add(Team(name="Sellers"), tenant=tenant)
    house.add(*(TeamMember(team_id=team, membership_id=one) for one in members), tenant=tenant)
    key, form_id = make_form(team_id=team)
    for number in range(4):
        visitor.send(key, name=f"Visitor {number}", email=f"v{number}@mail.example")
    assert work() == [("done", None)] * 4
    owners = [owner for (owner,) in look(select(Lead.assigned_to_id).order_by(Lead.id))]
    assert owners[:2] == owners[2:]
    assert set(owners) == set(members)
    assert {way for (way,) in look(select(Assignment.way))} == {"turn"}
    both = house.api("owner", tenant).patch(f"/crm/capture_form/{form_id}", {"assigned_to": str(members[0])})
    assert set(both.json["errors"]) == {"team"}


def test_a_platforms_wrong_lead_is_a_dead_letter(platform, processed, work):
    platform({"id": "l-2", "answers": {"name": "Omar", "email": "not an address"}})
    processed()
    ((state, problem),) = work()
    assert state == "dead"
    assert "not an address" in problem


# --- rights -----------------------------------------------------------------------------------------------------------


def test_agents_do_not_see_what_strangers_sent(house, tenant, make_form):
    make_form()
    assert house.api("agent", tenant).get("/crm/submission").status_code == 403
    assert house.api("agent", tenant).get("/crm/capture_form").status_code == 403
    assert house.api("manager", tenant).patch("/crm/capture_form/" + str(UUID(int=1)), {}).status_code in (403, 404)


def test_a_form_says_where_it_is_found(house, tenant, make_form):
    key, form_id = make_form()
    told = house.api("manager", tenant).post(f"/crm/capture_form/{form_id}/actions/look").json["message"]
    assert f"/t/{tenant.slug}/crm/public/form/{key}" in told
    assert house.api("viewer", tenant).get(f"/crm/capture_form/{form_id}").status_code == 403


def test_the_usual_fields_are_one_click(house, tenant, visitor):
    api = house.api("owner", tenant)
    form = api.post("/crm/capture_form", {"name": "Short"}).json
    for _click in range(2):
        assert api.post(f"/crm/capture_form/{form['id']}/actions/usual").status_code == 200
    assert [one["name"] for one in visitor.ask(form["key"]).json["fields"]] == ["name", "email", "phone", "message"]


def test_forms_refuse_what_cannot_work(house, tenant):
    api = house.api("owner", tenant)
    made = api.post("/crm/capture_form", {"name": "x", "redirect_url": "http://x.example/thanks"})
    assert made.json["redirect_url"] == "https://x.example/thanks"
    refused = api.post("/crm/capture_form", {"name": "x", "allowed_origins": "nonsense here"})
    assert set(refused.json["errors"]) == {"allowed_origins"}
    made = api.post("/crm/capture_form", {"name": "x", "allowed_origins": "https://A.example/"})
    assert (made.status_code, made.json["allowed_origins"]) == (201, "https://a.example")
    body = {"form": made.json["id"], "label": "Own", "kind": "text", "target": "lead.custom", "custom_key": "none"}
    assert set(api.post("/crm/capture_field", body).json["errors"]) == {"custom_key"}
