"""Lines of leads over REST, and own fields that a stage asks for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.host.custom_fields import CustomFieldDef
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.sales import Sales, money
from tests.transfer_house import bring, problems, take_back


@pytest.fixture
def sales(house):
    return Sales(house)


def usd(amount):
    return {"amount": amount, "currency": "USD"}


def line(sales, lead, **values):
    return sales.api.post("/crm/line", {"lead": lead["id"], "name": "Chair", "price": usd("10.00"), **values})


def test_lines_over_rest_are_what_the_lead_is_worth(sales):
    lead = sales.lead(value=usd("1.00"))
    first = line(sales, lead, quantity="3", discount="5")
    assert first.status_code == 201, first.text
    assert first.json["amount"] == usd("28.50")
    second = line(sales, lead, price=usd("0.33")).json
    assert sales.stored(lead).value == money("28.83")
    assert sales.api.patch(f"/crm/line/{second['id']}", {"quantity": "2"}).status_code == 200
    assert sales.stored(lead).value == money("29.16")
    assert sales.api.delete(f"/crm/line/{second['id']}").status_code in (200, 204)
    assert sales.stored(lead).value == money("28.50")
    refused = line(sales, lead, price={"amount": "1.00", "currency": "EUR"})
    assert refused.status_code == 422
    assert "EUR" in refused.text
    assert "USD" in refused.text
    assert len(sales.api.get(f"/crm/line?lead.is={lead['id']}").json["data"]) == 1


def test_twenty_lines_at_once_are_all_counted(sales):
    lead = sales.lead()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: line(sales, lead).status_code, range(20)))
    assert answers == [201] * 20
    assert sales.stored(lead).value == money("200.00")


def test_merged_leads_are_worth_all_their_lines_and_undone_what_they_were(sales):
    leads = [sales.lead(title=f"Lead {at}", value=usd("7.00")) for at in range(3)]
    line(sales, leads[0], quantity="2")
    line(sales, leads[1])
    body = {"resource": "crm.lead", "survivor": leads[2]["id"], "ids": [one["id"] for one in leads[:2]]}
    done = sales.api.post("/merging/merges", body)
    assert done.status_code == 201, done.text
    assert sales.stored(leads[2]).value == money("30.00")
    assert sales.api.post(f"/merging/merges/{done.json['id']}/undo").status_code == 200
    assert [sales.stored(one).value for one in leads] == [money("20.00"), money("10.00"), money("7.00")]


@pytest.mark.parametrize(("chosen", "worth"), [(0, money("5.00")), (1, money("6.00", "EUR"))])
def test_merged_leads_with_lines_in_two_currencies_are_worth_those_in_the_chosen_one(sales, chosen, worth):
    leads = [sales.lead(title=f"Lead {at}") for at in range(2)]
    for lead, amount, currency in zip(leads, ("5.00", "6.00"), ("USD", "EUR"), strict=True):
        assert line(sales, lead, price={"amount": amount, "currency": currency}).status_code == 201
    wish = {"survivor": leads[0]["id"], "ids": [leads[1]["id"]], "fields": {"value": leads[chosen]["id"]}}
    done = sales.api.post("/merging/merges", {"resource": "crm.lead", **wish})
    assert done.status_code == 201, done.text
    assert sales.stored(leads[0]).value == worth
    assert len(sales.api.get(f"/crm/line?lead.is={leads[0]['id']}").json["data"]) == 2, "nothing is lost"
    assert sales.api.patch(f"/crm/lead/{leads[0]['id']}", {"title": "Both"}).status_code == 200
    assert line(sales, leads[0], price={"amount": "1.00", "currency": "GBP"}).status_code == 422
    assert sales.stored(leads[0]).value == worth
    assert sales.api.post(f"/merging/merges/{done.json['id']}/undo").status_code == 200
    assert [sales.stored(one).value for one in leads] == [money("5.00"), money("6.00", "EUR")]


def test_a_line_is_seen_with_its_lead_only(sales, house):
    lead = sales.lead(assigned_to=str(member_of(house, sales.tenant, "owner")))
    key = line(sales, lead).json["id"]
    agent = house.api("agent", sales.tenant)
    assert agent.get(f"/crm/line/{key}").status_code == 404
    assert agent.get("/crm/line").json["data"] == []


def test_the_page_of_a_lead_shows_what_its_lines_come_to(sales):
    lead = sales.lead()
    line(sales, lead, quantity="7", price=usd("3.50"))
    assert "24.50" in sales.browser.go(f"/crm/lead/{lead['id']}").text


def test_a_stage_may_ask_for_a_field_of_the_tenants_own(sales, house):
    house.add(CustomFieldDef(resource="crm.lead", key="budget", label="Budget", kind="text"), tenant=sales.tenant)
    stage = sales.stages["proposal"]
    page = sales.api.get(f"/crm/stage/{stage}").json
    form = {"_version": str(page["version"]), "needs-0-needed": "custom", "needs-0-custom_key": "budgets"}
    wrong = sales.browser.send(f"/crm/stage/{stage}/edit", form)
    assert "budgets" in wrong.text
    assert wrong.status_code == 422
    assert sales.browser.send(f"/crm/stage/{stage}/edit", {**form, "needs-0-custom_key": "budget"}).status_code == 303
    lead = sales.lead()
    refused = sales.move(lead, "proposal")
    assert refused.status_code == 422
    assert "custom.budget" in refused.text
    asked = sales.browser.post(
        sales.browser.prefix + f"/crm/lead/board/{lead['id']}", json={"value": str(stage), "version": lead["version"]},
        headers={"X-CSRFToken": sales.browser.csrf()},
    )  # fmt: skip
    assert 'name="custom.budget"' in asked.json["form"], "the board asks for it"
    assert sales.move(lead, "proposal", custom_fields={"budget": "large"}).status_code == 200
    emptied = sales.api.patch(f"/crm/lead/{lead['id']}", {"custom_fields": {"budget": None}})
    assert emptied.status_code == 422, "it stays while the lead is there"


def test_lines_of_a_file_are_what_the_lead_is_worth_and_taken_back_no_more(sales):
    """An import stores them past the session; the lead follows all the same."""
    lead = sales.lead(title="Kitchen", lines=[{"name": "A", "price": usd("10.00")}])
    app, tenant = sales.house.app, sales.tenant
    done = bring(app, tenant, "crm.line", b"lead,name,quantity,price\nKitchen,B,2,5.00 USD\nKitchen,C,1,7.00 USD\n")
    assert (done.created, done.failed) == (2, 0)
    assert sales.stored(lead).value == money("27.00")
    take_back(app, tenant, done)
    assert sales.stored(lead).value == money("10.00")


def test_lines_of_a_file_in_another_currency_are_refused_with_a_sentence(sales):
    known, new = sales.lead(title="Kitchen", lines=[{"name": "A", "price": usd("10.00")}]), sales.lead(title="Bath")
    app, tenant = sales.house.app, sales.tenant
    rows = b"lead,name,price\nKitchen,B,5 EUR\nKitchen,C,1 USD\nBath,D,3 EUR\nBath,E,4 USD\nBath,F,1 EUR\n"
    done = bring(app, tenant, "crm.line", rows)
    assert (done.created, done.failed) == (3, 2)
    assert sales.stored(known).value == money("11.00")
    assert sales.stored(new).value == money("4.00", "EUR")
    refused = problems(app, tenant, done)
    assert ["these are in USD, EUR" in str(one) for one in refused.values()] == [True, False]
    assert "these are in EUR, USD" in str(list(refused.values())[1])
