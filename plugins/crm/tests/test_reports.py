"""The figures of sales are those of the leads: forecast, funnel, what was won and lost."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from sqlalchemy import select

from app.sdk import Money
from app.testing.counting import count_statements
from plugins.crm.models import Activity, Lead, LostReason, Pipeline, SalesTarget, Stage
from plugins.crm.tests.sales import Sales

JANUARY, FEBRUARY = date(2046, 1, 15), date(2046, 2, 3)
"""Days to come: a lead whose day has passed is overdue."""


@pytest.fixture(scope="module")
def tenant(house):
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        stages = {one.key: one for one in session.scalars(select(Stage))}
        reason = session.scalars(select(LostReason).order_by(LostReason.position)).first()
        pipeline_id = session.scalar(select(Pipeline.id))
        rows = [
            ("lead", 1000_00, "USD", JANUARY, "Web"),
            ("proposal", 2000_01, "USD", JANUARY, "Web"),
            ("negotiation", 500_00, "KWD", JANUARY, "Fair"),
            ("proposal", 300_00, "USD", FEBRUARY, None),
            ("won", 700_00, "USD", FEBRUARY, "Fair"),
            ("lost", 900_00, "USD", JANUARY, "Web"),
            ("lead", None, None, None, "Web"),
        ]
        for at, (key, minor, currency, close, source) in enumerate(rows):
            lead = Lead(
                title=f"L{at}", pipeline_id=pipeline_id, stage_id=stages[key].id, source=source, expected_close=close,
                value=None if minor is None else Money(minor, currency), created_at=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip
            if key == "won":
                lead.won_at = datetime(2026, 1, 20, tzinfo=UTC)
            if key == "lost":
                lead.lost_at, lead.lost_reason_id = datetime(2026, 1, 11, tzinfo=UTC), reason.id
            session.add(lead)
        session.add_all(
            SalesTarget(period="month", starts_on=date(year, 1, 1), amount=Money(minor, "USD"))
            for year, minor in ((2026, 1400_00), (2046, 500_00))
        )
        session.commit()
    return tenant


def ask(house, tenant, query, role="owner"):
    answer = house.api(role, tenant).get(f"/reports/run?{query}")
    assert answer.status_code == 200, answer.text
    found = {}
    for cell in answer.json["cells"]:
        row = "total" if cell["row"] is None else answer.json["rows"][cell["row"]]["label"]
        found.setdefault(row, []).append(cell)
    return found


def test_the_forecast_is_value_times_probability_beside_the_target(house, tenant):
    measures = "&".join(f"measure={one}" for one in ("weighted", "won", "target", "attained"))
    found = ask(house, tenant, f"source=crm.forecasting&by=close.month&{measures}")
    assert found["Jan 2026"][0]["values"] == [
        [{"amount": "700.00", "currency": "USD"}],
        [{"amount": "700.00", "currency": "USD"}],
        [{"amount": "1400.00", "currency": "USD"}],
        [{"percent": "50.0", "currency": "USD"}],
    ]
    assert found["Jan 2046"][0]["values"][:3] == [
        # 1000.00 x 10 % + 2000.01 x 50 % (half a cent up); 500.00 dinars x 75 %
        [{"amount": "1100.01", "currency": "USD"}, {"amount": "37.500", "currency": "KWD"}],
        [],
        [{"amount": "500.00", "currency": "USD"}],
    ]
    assert found["Feb 2046"][0]["values"][0] == [{"amount": "150.00", "currency": "USD"}]
    assert found["total"][0]["values"][1] == [{"amount": "700.00", "currency": "USD"}]


def test_what_is_overdue_or_has_no_date_stands_in_lines_of_its_own(house):
    """Never in the past, never left out: as of today, beside the months; each line leads to its leads."""
    tenant, today = house.new_tenant(), datetime.now(UTC).date()
    with house.inside(tenant) as session:
        stages = {one.key: one for one in session.scalars(select(Stage))}
        rows = [("Zq old", date(2020, 5, 5), 100_00), ("Zq never", None, 300_00), ("Zq today", today, 700_00)]
        for title, close, minor in rows:
            session.add(
                Lead(
                    title=title, pipeline_id=stages["lead"].pipeline_id, stage_id=stages["proposal"].id,
                    expected_close=close, value=Money(minor, "USD"),
                )
            )  # fmt: skip
        session.commit()
    question = "source=crm.forecasting&by=close.month&close.within=this_month&" + "&".join(
        f"measure={one}" for one in ("weighted", "overdue", "undated")
    )
    answer = house.api("owner", tenant).get(f"/reports/run?{question}").json
    values = [[value[0]["amount"] if value else "" for value in cell["values"]] for cell in answer["cells"]]
    assert [row["label"] for row in answer["rows"]][1:] == ["Overdue", "No date"]
    assert [row["key"] for row in answer["rows"]][1:] == ["overdue", "no_date"]
    assert sorted(values) == sorted(
        [["350.00", "", ""], ["50.00", "50.00", ""], ["150.00", "", "150.00"], ["550.00", "50.00", "150.00"]]
    )
    assert "2020" not in ask(house, tenant, "source=crm.forecasting&by=close.year")
    page = house.browser("owner", tenant).go(f"/reports/data/crm.forecasting?{question.partition('&')[2]}").text
    hrefs = {unescape(one) for one in re.findall(r'href="([^"]*/records\?[^"]*)"', page)}
    shown = {}
    for href in hrefs:
        records = house.browser("owner", tenant).get(href)
        assert records.status_code == 200
        shown[href] = {title for title, _close, _minor in rows if title in records.text}
    assert sorted(map(sorted, shown.values())) == [
        ["Zq never"],
        ["Zq never", "Zq old", "Zq today"],
        ["Zq old"],
        ["Zq today"],
    ]
    past = ask(house, tenant, "source=crm.forecasting&by=close.month&close.within=last_month")
    assert set(past) <= {"total"}


def test_the_funnel_counts_every_stage_a_lead_came_to(house, tenant):
    found = ask(house, tenant, "source=crm.stages_reached&by=stage&measure=reached&measure=won_rate")
    values = {name: cells[0]["values"] for name, cells in found.items() if name != "total"}
    assert values == {
        "Lead": [7, "14.3"], "Qualified": [4, "25.0"], "Proposal": [4, "25.0"], "Negotiation": [2, "50.0"],
        "Won": [1, "100.0"],
    }  # fmt: skip


def test_the_funnel_is_of_one_pipeline_at_a_time(house):
    tenant = house.new_tenant()
    api = house.api("owner", tenant)
    sales = api.get("/crm/pipeline").json["data"][0]["id"]
    (partners,) = house.add(Pipeline(name="Partners", position=9), tenant=tenant)
    (met,) = house.add(Stage(pipeline_id=partners, name="Met", key="met", position=1), tenant=tenant)
    for values in ({"title": "One"}, {"title": "Two", "stage": str(met)}):
        assert api.post("/crm/lead", values).status_code == 201
    asked = "source=crm.stages_reached&by=stage&measure=reached"
    assert [name for name in ask(house, tenant, asked) if name != "total"] == ["Lead"]
    assert [name for name in ask(house, tenant, f"{asked}&pipeline.is={partners}") if name != "total"] == ["Met"]
    assert set(ask(house, tenant, f"{asked}&pipeline.empty=false")) == {"Lead", "Met", "total"}
    page = house.browser("owner", tenant).go("/reports/data/crm.stages_reached")
    assert f"pipeline.is={sales}" in page.text, "the question says of which it is"
    assert f"pipeline.is={partners}" in page.text
    assert "Remove the filter on Pipeline" not in page.text, "a switch shows it"


def test_a_lost_lead_counts_as_far_as_it_had_come(house):
    tenant = house.new_tenant()
    api = house.api("owner", tenant)
    stages = {one["key"]: one["id"] for one in api.get("/crm/stage?size=50").json["data"]}
    reason = api.get("/crm/lost_reason").json["data"][0]["id"]
    made = api.post("/crm/lead", {"title": "Almost"}).json
    for change in ({"stage": stages["proposal"]}, {"stage": stages["lost"], "lost_reason": reason}):
        assert api.patch(f"/crm/lead/{made['id']}", change).status_code == 200
    found = ask(house, tenant, "source=crm.stages_reached&by=stage&measure=reached")
    assert [name for name in found if name != "total"] == ["Lead", "Proposal", "Qualified"]


def test_a_lead_counts_once_in_every_group_but_stages(house, tenant):
    """By source or time of creation it is leads that are counted, not the stages that they came to."""
    found = ask(house, tenant, "source=crm.stages_reached&by=source&measure=reached&measure=won_ones&measure=won_rate")
    assert {name: cells[0]["values"] for name, cells in found.items()} == {
        "Web": [4, 0, "0.0"], "Fair": [2, 1, "50.0"], "Not set": [1, 0, "0.0"], "total": [7, 1, "14.3"],
    }  # fmt: skip
    found = ask(house, tenant, "source=crm.stages_reached&by=created.month&measure=reached&measure=won_rate")
    assert found["Jan 2026"][0]["values"] == [7, "14.3"]
    found = ask(house, tenant, "source=crm.stages_reached&by=created.month&by=stage&measure=reached")
    assert sorted(cell["values"][0] for cell in found["Jan 2026"]) == [1, 2, 4, 4, 7, 7]


def test_time_in_stages_of_those_that_left_and_those_that_are_there(house):
    sales = Sales(house)
    first, second = sales.lead(title="Zq one", source="Web"), sales.lead(title="Zq two", source="Fair")
    for lead, days in ((first, 3), (second, 8)):
        sales.since(lead, days=days)
        assert sales.move(lead, "qualified").status_code == 200
    sales.since(second, days=1)
    assert sales.move(second, "proposal").status_code == 200
    sales.since(second, days=20)
    asked = "source=crm.stage_times&by=stage&measure=average&measure=middle&measure=longest&measure=stays"
    values = {
        name: [round(float(value), 1) for value in cells[0]["values"]]
        for name, cells in ask(house, sales.tenant, f"{asked}&stay.is=over").items()
    }
    assert values == {
        "Lead": [5.5, 5.5, 8.0, 2], "Qualified": [1.0, 1.0, 1.0, 1], "total": [4.0, 3.0, 8.0, 3]
    }  # fmt: skip
    now = ask(house, sales.tenant, f"{asked}&stay.is=now")
    assert {name: round(float(cells[0]["values"][2])) for name, cells in now.items()} == {
        "Qualified": 0, "Proposal": 20, "total": 20,
    }  # fmt: skip
    by_source = ask(
        house, sales.tenant, "source=crm.stage_times&by=source&measure=stays&measure=sum.hours&stay.is=over"
    )
    assert round(float(by_source["Fair"][0]["values"][1])) == 9 * 24
    stage = sales.stages["lead"]
    records = sales.browser.go(f"/reports/data/crm.stage_times/records?stage.is={stage}&stay.is=over")
    assert "Zq one" in records.text
    assert "Zq two" in records.text


def test_why_leads_were_lost_by_number_and_value_leads_to_them_and_goes_into_files(house, tenant):
    question = "by=lost_reason&measure=lost_value&measure=closed&outcome.is=lost"
    found = ask(house, tenant, f"source=crm.outcomes&{question}")
    assert found["Price"][0]["values"] == [[{"amount": "900.00", "currency": "USD"}], 1]
    browser = house.browser("owner", tenant)
    page = browser.go(f"/reports/data/crm.outcomes?{question}").text
    [records] = {unescape(one) for one in re.findall(r'href="([^"]*/records\?[^"]*lost_reason.is[^"]*)"', page)}
    assert "L5" in browser.get(records).text
    file = browser.go(f"/reports/data/crm.outcomes/file?{question}&format=csv")
    assert file.status_code == 200, file.text[:300]
    assert "Price" in file.text
    assert "900.00" in file.text


def test_won_and_lost_with_reasons_and_the_time_it_took(house, tenant):
    found = ask(house, tenant, "source=crm.outcomes&by=outcome&measure=closed&measure=avg.days&measure=won_value")
    assert found["Won"][0]["values"] == [1, "19", [{"amount": "700.00", "currency": "USD"}]]
    assert found["Lost"][0]["values"][:2] == [1, "10"]
    found = ask(house, tenant, "source=crm.outcomes&by=lost_reason&outcome.is=lost")
    assert [name for name in found if name != "total"] == ["Price"]
    assert ask(house, tenant, "source=crm.outcomes&measure=rate")["total"][0]["values"] == ["50.0"]


def test_activities_by_person_and_kind(house, tenant):
    with house.inside(tenant) as session:
        session.add_all(Activity(kind=kind, at=datetime.now(UTC)) for kind in ("call", "call", "meeting"))
        session.commit()
    found = ask(house, tenant, "source=crm.activity&by=kind&at.within=this_month")
    assert {name: cells[0]["count"] for name, cells in found.items()} == {"Call": 2, "Meeting": 1, "total": 3}
    browser, question = house.browser("owner", tenant), "by=kind&measure=count&at.within=this_month"
    page = browser.go(f"/crm/activity/report?{question}").text
    calls = {unescape(one) for one in re.findall(r'href="([^"]*kind.is=call[^"]*)"', page)}
    assert all(browser.get(one).status_code == 200 for one in calls)
    assert calls
    assert "Call" in browser.go(f"/crm/activity/report/file?{question}&format=csv").text


def test_every_report_and_card_of_the_crm_opens_within_the_budget(house, tenant, app):
    browser = house.browser("owner", tenant)
    figures = app.extensions["tenantry"].figures
    for key in (one for one in figures.reports if one.startswith("crm.")):
        address = browser.go(f"/reports/ready/{key}").headers["Location"]
        with count_statements() as seen:
            page = browser.get(address)
        assert page.status_code == 200, key
        assert "notice-warning" not in page.text, key
        assert len(seen) <= 8, key
    for key in (one for one in figures.cards if one.startswith("crm.")):
        with count_statements() as seen:
            card = browser.go(f"/reports/cards/{key}", headers={"X-Fragment": "1"})
        assert card.status_code == 200, key
        assert "notice-warning" not in card.text, key
        assert len(seen) <= 8, key


def test_who_sees_only_their_own_leads_sees_only_their_own_figures(house, tenant):
    browser = house.browser("owner", tenant)
    browser.send("/console/access_rule/add", {"role": "agent", "resource": "crm.lead", "row_scope": "own"})
    browser.send("/console/access_rule/add", {"role": "agent", "resource": "crm.sales_target", "row_scope": "own"})
    for source in ("crm.forecasting", "crm.stages_reached", "crm.outcomes", "crm.lead"):
        found = ask(house, tenant, f"source={source}&measure=count", "agent")
        assert found["total"][0]["count"] == 0, source


def test_targets_begin_with_their_period_and_are_there_once(house, tenant):
    api = house.api("owner", tenant)
    target = {"period": "quarter", "starts_on": "2026-05-17", "amount": {"amount": "10", "currency": "USD"}}
    made = api.post("/crm/sales_target", target)
    assert made.json["starts_on"] == "2026-04-01"
    assert api.post("/crm/sales_target", target).status_code == 422
