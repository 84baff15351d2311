"""A lead on its way: legal moves, what stages ask for, the log, won and lost and back, and what others hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_babel import force_locale

from plugins.crm.models import Lead, Stage
from plugins.crm.tests.sales import Sales


@pytest.fixture
def sales(house):
    return Sales(house)


def test_a_new_tenant_has_the_six_stages(sales):
    rows = sales.api.get("/crm/stage?sort=position").json["data"]
    found = [(row["key"], row["probability"], row["kind"]) for row in rows]
    assert found == [
        ("lead", 10, "open"), ("qualified", 25, "open"), ("proposal", 50, "open"), ("negotiation", 75, "open"),
        ("won", 100, "won"), ("lost", 0, "lost"),
    ]  # fmt: skip


def test_a_lead_begins_in_the_first_stage(sales):
    lead = sales.lead()
    assert sales.stage_of(lead) == "lead"
    assert lead["pipeline"] == str(sales.pipeline)
    assert lead["stage_since"]
    assert sales.log(lead) == []


def test_every_step_is_logged_with_its_time(sales, house):
    lead = sales.lead()
    with house.inside(sales.tenant) as session:
        row = session.get(Lead, lead["id"])
        row.stage_since = row.stage_since - timedelta(hours=3)
        session.commit()
    assert sales.move(lead, "qualified").status_code == 200
    assert sales.move(lead, "proposal").status_code == 200
    assert sales.log(lead) == [("Lead", "Qualified", None), ("Qualified", "Proposal", None)]
    first, second = sales.told("crm.lead_stage_changed")
    assert 3 * 3600 <= first[1]["seconds"] < 3 * 3600 + 60
    assert (second[1]["from_stage"], second[1]["to_stage"]) == ("Qualified", "Proposal")
    assert second[1]["lead_id"] == lead["id"]


def test_saving_without_a_step_logs_nothing(sales):
    lead = sales.lead()
    since = sales.stored(lead).stage_since
    assert sales.api.patch(f"/crm/lead/{lead['id']}", {"title": "Another"}).status_code == 200
    assert sales.move(lead, "lead").status_code == 200
    assert sales.log(lead) == []
    assert sales.stored(lead).stage_since == since


def test_a_refused_save_logs_nothing(sales):
    lead = sales.lead()
    assert sales.move(lead, "qualified", priority="nonsense").status_code == 422
    assert sales.move(lead, "lost").status_code == 422
    assert sales.log(lead) == []
    assert sales.told("crm.lead_stage_changed", "crm.lead_lost") == []


def test_a_stage_may_ask_for_fields(sales):
    sales.need("proposal", "value", "expected_close")
    lead = sales.lead()
    refused = sales.move(lead, "proposal")
    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"value", "expected_close"}
    assert "“Proposal”" in str(refused.json["errors"]["value"])
    given = {"value": {"amount": "10.00", "currency": "USD"}, "expected_close": "2027-01-01"}
    assert sales.move(lead, "proposal", **given).status_code == 200
    emptied = sales.api.patch(f"/crm/lead/{lead['id']}", {"value": None})
    assert emptied.status_code == 422, "what a stage needs cannot be taken away there"
    assert sales.api.patch(f"/crm/lead/{lead['id']}", {"title": "Still there"}).status_code == 200


def test_a_need_that_came_later_stops_no_other_change(sales):
    lead = sales.lead()
    sales.need("lead", "company")
    assert sales.api.patch(f"/crm/lead/{lead['id']}", {"title": "Another"}).status_code == 200


def test_only_legal_steps_are_taken(sales):
    sales.allow("lead", "qualified", "lost")
    lead = sales.lead()
    refused = sales.move(lead, "won")
    assert refused.status_code == 422
    assert "Qualified, Lost" in str(refused.json["errors"]["stage"])
    assert sales.move(lead, "qualified").status_code == 200
    assert sales.move(lead, "won").status_code == 200, "a stage that names none leads everywhere"


def test_winning_losing_and_opening_again(sales):
    lead = sales.lead(value={"amount": "1200.50", "currency": "USD"})
    sales.move(lead, "negotiation")
    assert sales.act("win", lead).status_code == 200
    won = sales.stored(lead)
    assert (sales.stage_of(lead), bool(won.won_at), won.lost_at) == ("won", True, None)
    assert sales.act("reopen", lead).status_code == 200
    opened = sales.stored(lead)
    assert (sales.stage_of(lead), opened.won_at, opened.lost_at) == ("negotiation", None, None), "where it was last"
    assert sales.act("reopen", lead).status_code in (409, 422), "it is open already"
    assert sales.act("lose", lead).status_code == 422, "a reason is needed"
    assert sales.act("lose", lead, reason=str(sales.reason)).status_code == 200
    lost = sales.stored(lead)
    assert (sales.stage_of(lead), lost.won_at, bool(lost.lost_at)) == ("lost", None, True)
    assert lost.lost_reason_id == sales.reason
    assert sales.act("reopen", lead).status_code == 200
    assert sales.stored(lead).lost_reason_id is None
    assert sales.log(lead)[-2:] == [("Negotiation", "Lost", "Price"), ("Lost", "Negotiation", None)]
    events = sales.told("crm.lead_won", "crm.lead_lost")
    assert [name for name, _payload in events] == ["crm.lead_won", "crm.lead_lost"]
    assert (events[0][1]["amount"], events[0][1]["currency"]) == ("1200.50", "USD")
    assert events[1][1]["reason"] == "Price"


def test_a_lost_lead_needs_a_reason_on_the_board(sales):
    lead = sales.lead()
    browser = sales.browser
    body = {"value": str(sales.stages["lost"]), "version": lead["version"]}
    path = f"{browser.prefix}/crm/lead/board/{lead['id']}"
    asked = browser.post(path, json=body, headers={"X-CSRFToken": browser.csrf(), "Accept": "application/json"})
    assert asked.status_code == 422
    assert 'name="lost_reason"' in asked.json["form"]
    sent = {"stage": body["value"], "_version": str(lead["version"]), "lost_reason": str(sales.reason)}
    done = browser.send(f"/crm/lead/board/{lead['id']}", sent, headers={"Accept": "application/json"})
    assert done.status_code == 200, done.text
    assert sales.stage_of(lead) == "lost"


def test_actions_say_what_a_lead_lacks(sales):
    sales.need("won", "company")
    lead = sales.lead(title="Half a chance")
    refused = sales.act("win", lead)
    assert refused.status_code in (409, 422)
    assert "Half a chance" in refused.text
    assert "Company" in refused.text
    assert sales.stage_of(lead) == "lead"


def test_a_pipeline_without_a_won_stage_says_so(sales):
    assert sales.api.post(f"/crm/stage/{sales.stages['won']}/actions/archive", {}).status_code == 200
    lead = sales.lead()
    assert "has no stage of this kind" in sales.act("win", lead).text


def test_converting_makes_a_customer_and_tells(sales):
    lead = sales.lead(value={"amount": "5", "currency": "USD"})
    assert sales.act("convert", lead).status_code == 422, "of whom?"
    done = sales.act("convert", lead, person="Nora Al Rashid", organisation="Rashid Trading")
    assert done.status_code == 200, done.text
    after = sales.api.get(f"/crm/lead/{lead['id']}?expand=contact,company").json
    assert after["converted_at"]
    assert after["contact"]["full_name"] == "Nora Al Rashid"
    assert after["company"]["name"] == "Rashid Trading"
    assert after["contact"]["company"] == after["company"]["id"], "they are introduced"
    ((_name, told),) = sales.told("crm.lead_converted")
    assert told["contact_id"] == after["contact"]["id"]
    assert told["amount"] == "5.00"
    assert sales.act("convert", lead).status_code in (409, 422), "only once"


def test_another_plugin_hears_of_it(app):
    known = app.extensions["tenantry"].happenings.types
    for name in ("crm.lead_stage_changed", "crm.lead_won", "crm.lead_lost", "crm.lead_converted"):
        assert known[name].words


def test_what_is_archived_is_out_of_sight(sales):
    lead = sales.lead(title="Put away")
    assert sales.act("archive", lead).status_code == 200
    assert [row["id"] for row in sales.api.get("/crm/lead").json["data"]] == []
    assert [row["id"] for row in sales.api.get("/crm/lead?archived=1").json["data"]] == [lead["id"]]
    assert "Put away" not in sales.browser.go("/crm/lead/board").text
    assert "Put away" in sales.browser.go("/crm/lead/?archived=1").text
    assert "This is in the archive." in sales.browser.go(f"/crm/lead/{lead['id']}").text
    assert sales.act("unarchive", lead).status_code == 200
    assert "This is in the archive." not in sales.browser.go(f"/crm/lead/{lead['id']}").text
    assert len(sales.api.get("/crm/lead").json["data"]) == 1


def test_words_of_two_meanings_are_translated_by_what_they_mean_here(app):
    fields = {**Stage.__fields__, **Lead.__fields__}
    with app.test_request_context(), force_locale("ar"):
        words = {one.value: one.words for one in fields["kind"].choices}
        assert words["open"] == "مفتوحة", "a state, not a command"
        assert fields["position"].words == "الترتيب", "not somebody's position in a company"


def test_the_timeline_tells_every_step(sales):
    lead = sales.lead()
    sales.move(lead, "qualified")
    sales.act("lose", lead, reason=str(sales.reason))
    page = sales.browser.go(f"/crm/lead/{lead['id']}/timeline", headers={"X-Fragment": "1"}).text
    assert "From “Lead” to “Qualified”, after" in page
    assert page.index("to “Lost”") < page.index("to “Qualified”")
    assert "Price" in page
