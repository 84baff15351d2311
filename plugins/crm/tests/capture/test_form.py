"""The public page and its endpoint: leads, guards, confirmation."""

from __future__ import annotations

import re
import threading

from sqlalchemy import select

from app.data import Scope, db, scope
from app.sdk import Consent, Contact, ContactChannel
from plugins.crm.models import CaptureSubmission, Lead
from plugins.crm.services.capture import guard, processing
from plugins.crm.tests.capture.questions import NORA, Run


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
    assert visitor.confirm(address[:-8] + "x" * 8).status_code == 404
