"""All leads looked at again: first what would move, then the move; and territories that go with many leads."""

from __future__ import annotations

from app.jobs import run_due
from app.testing.pumping import hurry
from plugins.crm.services.territories import removing, reviewing


def test_a_review_says_what_would_move_before_anything_does(market, monkeypatch):
    monkeypatch.setattr(reviewing, "CHUNK", 2)
    leads = [market.lead_in(country="DE") for _number in range(3)] + [market.lead_in(country="CH")]
    market.lead(title="Nowhere")
    put = market.lead(territory=str(market.ids["Gulf"]), contact=str(market.contact(country="CH")))
    won = market.lead_in(country="CH")
    market.act("win", won)
    market.settled().usual_rules()
    key = market.api.post("/crm/territory_review", {"which": "open"}).json["id"]
    assert market.api.post(f"/crm/territory_review/{key}/actions/start").status_code == 409, "not before it has looked"
    market.pump()
    assert market.in_each() == {None: 6, "Gulf": 1}, "nothing has moved yet"
    found = market.api.get(f"/crm/territory_review/{key}").json
    assert (found["state"], found["seen"], found["by_hand"], found["would_move"]) == ("ready", 6, 1, 4)
    germany, dach = "EMEA > DACH > Germany", "EMEA > DACH"
    assert found["moves"] == [
        {"from": None, "to": germany, "leads": 3}, {"from": None, "to": dach, "leads": 1},
    ]  # fmt: skip
    panel = market.browser.go(f"/crm/territory_review/{key}/related/crm__moves")
    assert germany in panel.text.replace("&gt;", ">")
    assert market.api.post(f"/crm/territory_review/{key}/actions/start").status_code == 200
    market.pump()
    assert market.in_each() == {"Germany": 3, "DACH": 1, "Gulf": 1, None: 2}
    assert market.territory_of(put) == "Gulf"
    done = market.review(key)
    assert (done.state, done.moved) == ("done", 4)
    assert market.moves(leads[0]) == [(None, "Germany", False)]


def test_closed_leads_are_looked_at_where_that_is_asked_for(market):
    won = market.lead_in(country="CH")
    market.act("win", won)
    market.settled().usual_rules()
    key = market.api.post("/crm/territory_review", {"which": "all"}).json["id"]
    market.pump()
    market.api.post(f"/crm/territory_review/{key}/actions/start")
    market.pump()
    assert market.territory_of(won) == "DACH"


def test_a_move_that_was_broken_off_goes_on(market, monkeypatch):
    monkeypatch.setattr(reviewing, "CHUNK", 2)
    for _number in range(5):
        market.lead_in(country="CH")
    market.settled().usual_rules()
    key = market.api.post("/crm/territory_review", {"which": "open"}).json["id"]
    market.pump()
    whole, calls = reviewing.place, []

    def breaks(lead, territories):
        calls.append(lead.id)
        if len(calls) == 4:
            raise RuntimeError("the machine is gone")
        return whole(lead, territories)

    monkeypatch.setattr(reviewing, "place", breaks)
    market.api.post(f"/crm/territory_review/{key}/actions/start")
    run_due(market.app)
    assert market.in_each() == {"DACH": 2, None: 3}
    monkeypatch.setattr(reviewing, "place", whole)
    hurry(market.app)
    run_due(market.app)
    assert market.in_each() == {"DACH": 5}
    assert market.review(key).moved == 5


def test_agents_keep_no_territories(market):
    agent = market.house.api("agent", market.tenant)
    assert agent.get("/crm/territory").status_code == 200
    assert agent.post("/crm/territory", {"name": "Mine"}).status_code == 403
    assert agent.get("/crm/territory_rule").status_code == 403
    assert agent.post("/crm/territory_review", {"which": "open"}).status_code == 403
    assert market.house.api("manager", market.tenant).post("/crm/territory", {"name": "New"}).status_code == 201


def test_a_territory_with_many_leads_goes_by_a_job(market, monkeypatch):
    monkeypatch.setattr(removing, "AT_ONCE", 2)
    market.usual_rules()
    for _number in range(5):
        market.lead_in(country="DE", postal_code="80331")
    said = market.api.post(f"/crm/territory/{market.ids['Bavaria']}/actions/remove", {}).json["message"]
    assert "being moved" in said
    market.pump()
    assert market.in_each() == {"Germany": 5}
    assert market.api.get(f"/crm/territory/{market.ids['Bavaria']}").status_code == 404
