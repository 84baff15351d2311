"""Territories on forms, lists, boards, captured answers, reports, timelines and in what is known of a person."""

from __future__ import annotations

import re

from sqlalchemy import select

from app.sdk import Contact, Money
from app.testing.pages import text_of
from plugins.crm.models import Lead, SalesTarget, TerritoryCondition, TerritoryMember, TerritoryRule
from plugins.crm.services import privacy
from plugins.crm.tests.capture.questions import question


def test_members_and_conditions_are_edited_in_the_forms_by_words(market):
    browser = market.browser
    page = browser.go("/crm/territory/add").text
    assert "members" in page
    answer = browser.send(
        "/crm/territory/add",
        {"name": "Iberia", "part_of": str(market.ids["EMEA"]), "members-0-member": str(market.members["agent"]),
         "members-0-_id": "", "shares_leads": "1", "colour": "blue", "position": "3"},
    )  # fmt: skip
    assert answer.status_code == 303, text_of(answer)[:3000]
    with market.house.inside(market.tenant) as session:
        assert session.scalars(select(TerritoryMember.member_id)).one() == market.members["agent"]
    assert "Spain" in browser.go("/crm/territory_rule/add").text, "countries are chosen by their names"
    answer = browser.send(
        "/crm/territory_rule/add",
        {"name": "Spain", "territory": str(market.ids["EMEA"]), "is_active": "1", "conditions-0-_id": "",
         "conditions-0-field": "address.country", "conditions-0-operator": "is", "conditions-0-country": "ES"},
    )  # fmt: skip
    assert answer.status_code == 303, text_of(answer)[:3000]
    with market.house.inside(market.tenant) as session:
        assert session.scalars(select(TerritoryCondition.country)).one() == "ES"
        rule = session.scalars(select(TerritoryRule.id)).one()
    assert "Spain" in browser.go("/crm/territory_condition/").text
    assert "Country" in browser.go(f"/crm/territory_rule/{rule}").text
    assert market.territory_of(market.lead_in(country="ES")) == "EMEA"


def test_the_tree_list_filter_and_board(market):
    lead = market.lead(title="Zqthis", territory=str(market.ids["Gulf"]))
    market.lead(title="Zqother")
    browser = market.browser
    tree = browser.go("/crm/territory/tree")
    assert "EMEA" in tree.text
    listed = browser.go(f"/crm/lead/?territory.is={market.ids['Gulf']}&columns=title,territory")
    assert "Zqthis" in listed.text
    assert "Zqother" not in listed.text
    board = browser.go(f"/crm/lead/board?territory.is={market.ids['Gulf']}")
    assert "Zqthis" in board.text
    assert "Zqother" not in board.text
    page = browser.go(f"/crm/lead/{lead['id']}")
    assert "Territory chosen by hand" in page.text
    assert "Let the rules find its territory" in page.text


def test_its_timeline_says_from_where_to_where(market):
    lead = market.lead(territory=str(market.ids["Gulf"]))
    market.api.patch(f"/crm/lead/{lead['id']}", {"territory": str(market.ids["DACH"])})
    market.pump()
    page = market.browser.go(f"/crm/lead/{lead['id']}/timeline")
    assert "Territory: from “Gulf” to “DACH” · chosen by hand" in page.text
    log = market.api.get(f"/crm/lead/{lead['id']}/history").text
    assert "territory" in log


def test_one_value_is_changed_in_the_list(market):
    lead = market.lead()
    path = f"/crm/lead/{lead['id']}/field/territory"
    opened = market.browser.go(path, headers={"X-Requested-With": "fetch"})
    hidden = dict(re.findall(r'<input type="hidden" name="(_\w+)" value="([^"]*)"', opened.text))
    answer = market.browser.send(path, {**hidden, "territory": str(market.ids["Gulf"])})
    assert answer.status_code in (200, 303), text_of(answer)[:2000]
    assert market.territory_of(lead) == "Gulf"
    assert market.stored(lead).territory_by_hand


def test_an_answer_to_a_form_finds_its_territory(market):
    from plugins.crm.models import CaptureForm, CaptureSubmission
    from plugins.crm.services.capture import processing

    market.rule("Gulf", ("source", "is", "stand"))
    form = CaptureForm(name="Fair", key="terr-form", source="stand", questions=[question("Name", "contact.name")])
    [key] = market.add(form)
    [sent] = market.add(CaptureSubmission(form_id=key, answers={"name": "Salem"}, raw={}, key="once", state="received"))
    with market.house.inside(market.tenant) as session:
        processing.make(session.get(CaptureSubmission, sent))
        session.commit()
    assert market.in_each() == {"Gulf": 1}


def test_forecast_targets_and_what_was_won_by_territory(market):
    worth = {"amount": "100.00", "currency": "USD"}
    won = market.lead(title="One", territory=str(market.ids["Gulf"]), value=worth)
    market.act("win", won)
    market.lead(title="Two", territory=str(market.ids["DACH"]), value=worth)
    today = market.stored(won).won_at.date()
    market.add(
        SalesTarget(starts_on=today.replace(day=1), territory_id=market.ids["Gulf"], amount=Money.of("400", "USD"))
    )
    answer = market.api.get(
        "/reports/run?source=crm.forecasting&by=territory&measure=won&measure=target&measure=attained"
    )
    assert answer.status_code == 200, answer.text
    place = [row["label"] for row in answer.json["rows"]].index("Gulf")
    [gulf] = [cell for cell in answer.json["cells"] if cell["row"] == place]
    assert gulf["values"][2] == [{"percent": "25.0", "currency": "USD"}]
    for source in ("crm.outcomes", "crm.stages_reached"):
        found = market.api.get(f"/reports/run?source={source}&by=territory")
        assert found.status_code == 200, found.text
        assert "Gulf" in found.text, source
    body = {"period": "month", "starts_on": str(today), "amount": {"amount": "1.00", "currency": "USD"}}
    again = market.api.post("/crm/sales_target", {**body, "territory": str(market.ids["Gulf"])})
    assert again.status_code == 422, "one target for a territory and month"
    assert market.api.post("/crm/sales_target", {**body, "territory": str(market.ids["DACH"])}).status_code == 201


def test_what_is_known_of_a_person_names_the_territory_and_forgetting_keeps_it_as_a_figure(market):
    market.usual_rules()
    contact = market.contact(country="CH")
    lead = market.lead(contact=str(contact))
    with market.house.inside(market.tenant) as session:
        row = session.get(Contact, contact)
        assert privacy.export(row)["leads"][0]["territory"] == "DACH"
        privacy.erase(row)
        row.addresses = []
        session.commit()
    market.pump()
    assert market.territory_of(lead) == "DACH"
    with market.house.inside(market.tenant) as session:
        assert session.get(Lead, lead["id"]).title == "Forgotten person"
