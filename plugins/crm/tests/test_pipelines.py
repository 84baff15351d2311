"""Pipelines: several of them, their board, their order, and how they go away without losing a lead."""

from __future__ import annotations

import re

import pytest

from app.jobs import run_due
from plugins.crm.models import Lead, Pipeline, Stage
from plugins.crm.services import removing
from plugins.crm.tests.sales import Sales, money


@pytest.fixture
def sales(house):
    return Sales(house)


@pytest.fixture
def second(sales):
    """Another pipeline with two stages; the ids of both."""
    (pipeline,) = sales.house.add(Pipeline(name="Partners", position=9), tenant=sales.tenant)
    stages = sales.house.add(
        Stage(pipeline_id=pipeline, name="Met", key="met", position=1, probability=20),
        Stage(pipeline_id=pipeline, name="Signed", key="signed", position=2, kind="won", probability=100),
        tenant=sales.tenant,
    )
    return pipeline, *stages


def _rows(page):
    return re.findall(r'class="row-menu" aria-label="Actions for ([^"]+)"', page)


def test_the_list_of_stages_shows_one_pipelines_in_their_order(sales, second):
    page = sales.browser.go("/crm/stage/").text
    href = f"/crm/stage/?pipeline.is={second[0]}"
    assert f'{href}"><bdi>Partners</bdi>' in page
    assert len(_rows(page)) == 8, "at first all"
    page = sales.browser.go(href).text
    assert f'{href}" aria-current="page"><bdi>Partners</bdi>' in page
    assert _rows(page) == ["Met", "Signed"]


def test_with_one_pipeline_there_is_nothing_to_choose(sales):
    assert 'class="scopes"' not in sales.browser.go("/crm/stage/").text


def test_the_board_shows_one_pipeline_with_value_and_weighted_value(sales, second):
    sales.lead(value={"amount": "1000.00", "currency": "USD"})
    sales.lead(value={"amount": "0.05", "currency": "USD"})
    sales.lead(title="Elsewhere", stage=str(second[1]), value={"amount": "7", "currency": "USD"})
    page = sales.browser.go("/crm/lead/board?totals=1").text
    names = re.findall(r'class="lane" data-lane="[^"]*" aria-label="([^"]+)"', page)
    assert names == ["Lead", "Qualified", "Proposal", "Negotiation", "Won", "Lost"]
    assert "Elsewhere" not in page
    assert "$1,000.05" in page
    assert "$100.00" in page, "ten per cent of it, to the nearest cent, a half to the even one"
    other = sales.browser.go(f"/crm/lead/board?lanes={second[0]}&totals=1").text
    assert "Elsewhere" in other
    assert "$1.40" in other


def test_a_lead_moves_to_another_pipeline_with_its_stage(sales, second):
    lead = sales.lead()
    assert sales.api.patch(f"/crm/lead/{lead['id']}", {"stage": str(second[1])}).status_code == 200
    assert sales.stored(lead).pipeline_id == second[0]


def test_a_new_stage_comes_last(sales):
    made = sales.api.post("/crm/stage", {"name": "Later", "pipeline": str(sales.pipeline)})
    assert made.status_code == 201, made.text
    assert made.json["position"] == 7
    assert made.json["key"] == "later"


def test_stages_change_their_places(sales):
    def order():
        return [row["key"] for row in sales.api.get("/crm/stage?sort=position").json["data"]]

    assert sales.api.post(f"/crm/stage/{sales.stages['proposal']}/actions/earlier", {}).status_code == 200
    assert order() == ["lead", "proposal", "qualified", "negotiation", "won", "lost"]
    assert sales.api.post(f"/crm/stage/{sales.stages['lead']}/actions/earlier", {}).status_code == 200
    assert sales.api.post(f"/crm/stage/{sales.stages['lost']}/actions/later", {}).status_code == 200
    assert order() == ["lead", "proposal", "qualified", "negotiation", "won", "lost"]
    assert sales.api.post(f"/crm/stage/{sales.stages['lead']}/actions/later", {}).status_code == 200
    assert order()[:2] == ["proposal", "lead"]


def test_a_stage_with_leads_is_not_simply_deleted(sales):
    sales.lead()
    page = sales.browser.go(f"/crm/stage/{sales.stages['lead']}/delete").text
    assert "Need it: delete or change them first." in page
    assert sales.api.delete(f"/crm/stage/{sales.stages['lead']}").status_code in (409, 422)


def test_deleting_a_stage_asks_where_its_leads_go(sales):
    leads = [sales.lead(title=f"Lead {n}") for n in range(3)]
    sales.api.delete(f"/crm/lead/{leads[0]['id']}")
    sales.act("archive", leads[1])
    stage = sales.stages["lead"]
    path = f"/crm/stage/{stage}/actions/remove"
    assert sales.api.post(path, {}).status_code == 422
    assert sales.api.post(path, {"to": str(stage)}).status_code == 422
    assert sales.api.post(path, {"to": "01890000-0000-7000-8000-000000000000"}).status_code == 422
    done = sales.api.post(path, {"to": str(sales.stages["qualified"])})
    assert done.status_code == 200, done.text
    assert sales.api.get(f"/crm/stage/{stage}").status_code == 404
    assert {sales.stage_of(lead) for lead in leads} == {"qualified"}, "those in trash and archive as well"
    assert sales.log(leads[2]) == [("Lead", "Qualified", None)]


def test_a_pipeline_goes_and_its_leads_stay(sales, second):
    lead = sales.lead(stage=str(second[1]))
    done = sales.api.post(f"/crm/pipeline/{second[0]}/actions/remove", {"to": str(sales.stages["proposal"])})
    assert done.status_code == 200, done.text
    assert sales.api.get(f"/crm/pipeline/{second[0]}").status_code == 404
    assert sales.stage_of(lead) == "proposal"
    assert sales.stored(lead).pipeline_id == sales.pipeline


def test_many_leads_are_moved_by_a_job(app, sales, monkeypatch):
    monkeypatch.setattr(removing, "AT_ONCE", 4)
    leads = [sales.lead(title=f"Lead {n}") for n in range(11)]
    stage = sales.stages["lead"]
    done = sales.api.post(f"/crm/stage/{stage}/actions/remove", {"to": str(sales.stages["won"])})
    assert done.status_code == 200
    assert sales.api.get(f"/crm/stage/{stage}").status_code == 200, "not yet"
    while run_due(app):
        pass
    assert sales.api.get(f"/crm/stage/{stage}").status_code == 404
    assert {sales.stage_of(lead) for lead in leads} == {"won"}
    assert sales.stored(leads[0]).won_at is not None


def test_only_admins_remove_stages(sales, house):
    agent = house.api("agent", sales.tenant)
    path = f"/crm/stage/{sales.stages['lead']}/actions/remove"
    assert agent.post(path, {"to": str(sales.stages["won"])}).status_code == 403


def test_a_stage_names_where_it_leads_and_what_it_needs_in_its_form(sales):
    stage = sales.stages["lead"]
    page = sales.browser.go(f"/crm/stage/{stage}/edit")
    form = {"_version": "1", "next_stages-0-to": str(sales.stages["qualified"]), "needs-0-needed": "company"}
    assert 'name="next_stages-{n}-to"' in page.text
    assert sales.browser.send(f"/crm/stage/{stage}/edit", form).status_code == 303
    lead = sales.api.post("/crm/lead", {"title": "No company"})
    assert lead.status_code == 422, "the first stage asks for a company now"
    twice = {**form, "next_stages-1-to": str(sales.stages["qualified"])}
    assert sales.browser.send(f"/crm/stage/{stage}/edit", twice).status_code == 422
    itself = {"_version": "1", "next_stages-0-to": str(stage)}
    assert sales.browser.send(f"/crm/stage/{stage}/edit", itself).status_code == 422


# --- what a lead is worth ---------------------------------------------------------------------------------------------


def lines(*rows):
    """The rows of a lead's form: (name, quantity, price, discount)."""
    found = {}
    for at, (name, quantity, price, discount) in enumerate(rows):
        amount, currency = price.split()
        found |= {
            f"lines-{at}-name": name, f"lines-{at}-quantity": quantity, f"lines-{at}-price": amount,
            f"lines-{at}-price-currency": currency, f"lines-{at}-discount": discount,
        }  # fmt: skip
    return found


def test_the_value_follows_the_lines_exactly(sales):
    rows = lines(("Chair", "3", "19.99 USD", ""), ("Hours", "2.5", "33.33 USD", "10"), ("Gift", "1", "5.00 USD", "100"))
    made = sales.browser.send("/crm/lead/add", {"title": "With lines", "value": "1", "value-currency": "USD", **rows})
    assert made.status_code == 303, made.text
    lead = {"id": made.location.rpartition("/")[2]}
    # 59.97 + 2.5 x 33.33 x 0.9 = 74.9925 -> 74.99, + 0
    assert sales.stored(lead).value == money("134.96")
    refused = sales.api.patch(f"/crm/lead/{lead['id']}", {"value": {"amount": "9", "currency": "USD"}})
    assert set(refused.json["errors"]) == {"value"}, "lines rule, and whoever says something else is told"
    assert sales.stored(lead).value == money("134.96")


def test_lines_are_of_one_currency(sales):
    rows = lines(("Chair", "3", "19.99 USD", ""), ("Table", "1", "10.00 EUR", ""))
    refused = sales.browser.send("/crm/lead/add", {"title": "Mixed", **rows})
    assert refused.status_code == 422
    assert "same currency" in refused.text


def test_lines_beyond_what_can_be_stored_are_refused(sales):
    rows = lines(*(("Star", "999999999", "92233720368547758.07 USD", ""),) * 2)
    refused = sales.browser.send("/crm/lead/add", {"title": "Too much", **rows})
    assert refused.status_code == 422
    assert "more than can be stored" in refused.text


def test_without_lines_the_value_is_what_somebody_says(sales):
    lead = sales.lead(value={"amount": "12.34", "currency": "USD"})
    with sales.house.inside(sales.tenant) as session:
        assert session.get(Lead, lead["id"]).value == money("12.34")


def test_leads_do_not_go_to_a_stage_of_an_archived_pipeline(sales):
    old = sales.api.post("/crm/pipeline", {"name": "Old"}).json["id"]
    stage = sales.api.post("/crm/stage", {"name": "Old stage", "pipeline": old, "kind": "open"}).json["id"]
    assert sales.api.post(f"/crm/pipeline/{old}/actions/archive").status_code == 200
    lead = sales.lead()
    key = sales.stages[sales.stage_of(lead)]
    answer = sales.api.post(f"/crm/stage/{key}/actions/remove", {"to": stage})
    assert answer.status_code == 422, answer.text
    assert "“Old” is in the archive" in answer.text
    assert sales.stored(lead).stage_id == key


@pytest.mark.parametrize("what", ["stage", "pipeline"])
def test_forms_that_led_to_a_stage_or_pipeline_that_goes_lead_where_its_leads_went(sales, what):
    second = sales.api.post("/crm/pipeline", {"name": "Second"}).json["id"]
    stages = [
        sales.api.post("/crm/stage", {"name": name, "pipeline": second, "kind": "open"}).json["id"] for name in "AB"
    ]
    form = sales.api.post("/crm/capture_form", {"name": "Form", "stage": stages[0]}).json["id"]
    gone, to = (stages[0], stages[1]) if what == "stage" else (second, str(sales.stages["qualified"]))
    answer = sales.api.post(f"/crm/{what}/{gone}/actions/remove", {"to": to})
    assert answer.status_code == 200, answer.text
    assert sales.api.get(f"/crm/capture_form/{form}").json["stage"] == to
