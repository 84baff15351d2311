"""Meta's lead ads: handshake, signed calls, fetching once, errors of the Graph API, missed leads."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from app.data import Scope, scope
from app.sdk import Contact
from app.testing.pumping import hurry
from plugins.crm.models import CaptureSubmission, Lead
from plugins.lead_ads import fetching
from plugins.lead_ads.models import AdLead
from plugins.lead_ads.tests.account import Account
from plugins.lead_ads.tests.server import SECRET, TOKEN


def test_meta_shakes_hands(meta):
    said = meta.ask(**{"hub.mode": "subscribe", "hub.verify_token": meta.key, "hub.challenge": "1158201444"})
    assert (said.status_code, said.text) == (200, "1158201444")
    assert said.mimetype == "text/plain"
    for wrong in ({"hub.verify_token": "x"}, {"hub.mode": "other"}, {"account": "x"}):
        query = {"hub.mode": "subscribe", "hub.verify_token": meta.key, "hub.challenge": "1", **wrong}
        assert meta.ask(**query).status_code == 403


def test_leads_of_one_call_are_fetched_once_each(meta, graph):
    graph.add("501", "Omar Zaid", phone_number="+966501234567", city="Riyadh")
    graph.add("502", "Lina Haddad")
    for _time in range(2):
        assert meta.tell("501", "502", secret=SECRET).status_code == 200
    meta.work()
    assert meta.tell("501", secret=SECRET).status_code == 200
    meta.work()
    assert meta.states(AdLead) == ["done", "done"]
    assert sorted(graph.asked) == ["/v23.0/501", "/v23.0/502"]
    assert sorted(meta.look(select(Lead.title, Lead.utm_source, Lead.utm_campaign, Lead.description))) == [
        ("Lina Haddad", "instagram", "Spring", "Which model?: X5"),
        ("Omar Zaid", "instagram", "Spring", "Which model?: X5"),
    ]
    assert len(meta.look(select(Contact.id))) == 2
    assert meta.seen()["last_lead_at"]


def test_what_is_not_signed_by_the_app_is_not_taken(meta, graph):
    graph.add("501", "Omar Zaid")
    assert meta.tell("501", secret="other").status_code == 401
    meta.work()
    assert meta.states(AdLead) == []


def test_keys_are_never_shown(meta, house, tenant):
    shown = str(meta.seen()) + house.browser("admin", tenant).go(f"/lead_ads/account/{meta.id}").text
    for secret in (TOKEN, SECRET, meta.key):
        assert secret not in shown
    assert meta.seen()["has_token"]


def test_a_lead_that_lacks_a_required_answer_is_a_dead_letter(meta, graph):
    graph.add("501", "Omar Zaid", email="")
    meta.tell("501", secret=SECRET)
    meta.work()
    assert meta.look(select(CaptureSubmission.state, CaptureSubmission.problem)) == [
        ("dead", "E-mail: Please fill in “E-mail”.")
    ]
    assert meta.look(select(Lead.id)) == []


def test_a_busy_graph_is_asked_again(app, meta, graph):
    graph.add("501", "Omar Zaid")
    graph.busy = 2
    meta.tell("501", secret=SECRET)
    meta.work()
    assert meta.look(select(AdLead.state, AdLead.attempts)) == [("waiting", 1)]
    ((problem,),) = meta.look(select(AdLead.problem))
    assert "limit reached" in problem
    for _time in range(2):
        hurry(app)
        meta.work()
    assert meta.look(select(AdLead.state, AdLead.attempts, AdLead.problem)) == [("done", 3, None)]
    assert meta.look(select(Lead.title)) == [("Omar Zaid",)]


def test_an_expired_token_waits_for_a_new_one(meta, graph):
    graph.add("501", "Omar Zaid")
    graph.token = "EAAB-fresh"
    meta.tell("501", secret=SECRET)
    meta.work()
    assert meta.states(AdLead) == ["failed"]
    assert "Session has expired" in meta.seen()["problem"]
    meta.act("keep_keys", access_token="EAAB-fresh")
    meta.work()
    assert meta.states(AdLead) == ["done"]
    assert meta.seen()["problem"] is None
    assert meta.look(select(Lead.title)) == [("Omar Zaid",)]


def test_what_meta_does_not_know_needs_a_person(meta, graph):
    meta.tell("509", secret=SECRET)
    meta.work()
    ((lead, state, problem),) = meta.look(select(AdLead.id, AdLead.state, AdLead.problem))
    assert (state, "does not exist" in problem) == ("failed", True)
    graph.add("509", "Late")
    assert meta.api.post(f"/lead_ads/lead/{lead}/actions/again").status_code == 200
    meta.work()
    assert meta.states(AdLead) == ["done"]


def test_missed_leads_are_fetched_by_day_and_never_twice(meta, graph):
    days = {number: int(datetime(2026, 11, number, 12, tzinfo=UTC).timestamp()) for number in (1, 2, 3, 4, 5, 6)}
    for number, created in days.items():
        graph.add(f"60{number}", f"Lead {number}", created, form="77" if number < 6 else "78")
    meta.tell("603", secret=SECRET)
    meta.work()
    assert meta.api.patch(f"/lead_ads/account/{meta.id}", {"page_id": "900"}).status_code == 200
    for _time in range(2):
        meta.act("back_fill", since="2026-11-02", until="2026-11-06")
        meta.work()
    titles = sorted(title for (title,) in meta.look(select(Lead.title)))
    assert titles == ["Lead 2", "Lead 3", "Lead 4", "Lead 5", "Lead 6"]
    assert "/v23.0/900/leadgen_forms" in graph.asked
    assert graph.asked.count("/v23.0/77/leads") == 4, "two pages, twice"
    assert meta.tell("604", secret=SECRET).status_code == 200
    meta.work()
    assert len(meta.look(select(Lead.id))) == 5
    refused = meta.api.post(
        f"/lead_ads/account/{meta.id}/actions/back_fill", {"since": "2026-11-06", "until": "2026-11-02"}
    )
    assert refused.status_code == 409


def test_forms_of_the_platform_may_be_other_forms_of_ours(meta, graph):
    other = meta.api.post("/crm/capture_form", {"name": "Other", "source": "cars"}).json["id"]
    meta.api.post(f"/crm/capture_form/{other}/actions/usual")
    made = meta.api.post("/lead_ads/form", {"account": meta.id, "platform_form": "78", "form": other})
    assert made.status_code == 201, made.text
    graph.add("501", "Omar Zaid", form="78")
    graph.add("502", "Lina Haddad")
    meta.tell("501", secret=SECRET, form="78")
    meta.tell("502", secret=SECRET)
    meta.work()
    assert sorted(meta.look(select(Lead.title, Lead.source))) == [("Lina Haddad", "instagram"), ("Omar Zaid", "cars")]


def test_a_call_and_a_back_fill_at_once_make_one_lead(app, tenant, meta, graph):
    """Both hold the row of the lead; whoever comes second finds it taken."""
    import threading

    from app.data import db
    from plugins.crm.tests.capture.questions import Run

    graph.add("601", "Once", int(datetime(2026, 11, 3, tzinfo=UTC).timestamp()))
    meta.api.patch(f"/lead_ads/account/{meta.id}", {"page_id": "900"})
    meta.tell("601", secret=SECRET)
    from app.webhooks.models import ReceivedWebhook
    from app.webhooks.processing import process

    with app.app_context(), scope(Scope(tenant.id, via="job")):
        received = db.session.scalars(select(ReceivedWebhook.id).where(ReceivedWebhook.state == "waiting")).one()
        process(Run(), str(received))
        db.session.commit()
        row = str(db.session.scalars(select(AdLead.id)).one())
    barrier, failed = threading.Barrier(3), []

    def run(work):
        with app.app_context(), scope(Scope(tenant.id, via="job")):
            barrier.wait()
            try:
                work()
                db.session.commit()
            except Exception as error:
                failed.append(error)

    works = (
        lambda: fetching.fetch(Run(), row),
        lambda: fetching.back_fill(Run(), meta.id, "2026-11-01", "2026-11-04"),
        lambda: fetching.back_fill(Run(), meta.id, "2026-11-01", "2026-11-04"),
    )
    threads = [threading.Thread(target=run, args=(one,)) for one in works]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    meta.work()
    assert meta.look(select(Lead.title)) == [("Once",)]
    assert len(meta.look(select(CaptureSubmission.id))) == 1


def test_missed_leads_that_meta_refuses_are_told_on_the_account(app, house, tenant, graph):
    account = Account(app, house, tenant, "meta")
    account.api.patch(f"/lead_ads/account/{account.id}", {"page_id": "900"})
    account.act("back_fill", since="2026-11-02", until="2026-11-06")
    account.work()
    assert account.seen()["problem"] == "The access token is not filled in."
    assert graph.asked == []
