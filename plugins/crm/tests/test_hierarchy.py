"""Figures of a manager with everyone below: leads, and the targets that they are set against, each counted once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.features.access_rules import AccessRule
from app.sdk import Money
from app.testing.counting import count_statements
from plugins.crm.models import Lead, Pipeline, SalesTarget, Stage
from plugins.crm.tests.agenda import member_of
from plugins.crm.tests.test_reports import ask

CHAIN = ("admin", "manager", "agent")
"""Who reports to whom: the agent to the manager, the manager to the admin. The viewer reports to the admin, too."""
MARCH = date(2026, 3, 1)
FORECAST = "source=crm.forecasting&top=50&" + "&".join(f"measure={one}" for one in ("won", "target", "own_target"))


@pytest.fixture
def sales(house):
    """A tenant whose members have won 1 (admin), 2, 4, 8 (viewer) hundred dollars; their memberships by role."""
    tenant = house.new_tenant()
    ids = {role: member_of(house, tenant, role) for role in (*CHAIN, "viewer")}
    owner = house.api("owner", tenant)
    for who, above in (("agent", "manager"), ("manager", "admin"), ("viewer", "admin")):
        answer = owner.patch(f"/console/member/{ids[who]}", {"reports_to": str(ids[above])})
        assert answer.status_code == 200, answer.text
    with house.inside(tenant) as session:
        won = session.scalars(select(Stage.id).where(Stage.key == "won")).one()
        pipeline = session.scalar(select(Pipeline.id))
        for at, role in enumerate(ids):
            session.add(
                Lead(
                    title=f"Zq{role}", pipeline_id=pipeline, stage_id=won, assigned_to_id=ids[role],
                    value=Money(2**at * 100_00, "USD"), won_at=datetime(2026, 3, 5, tzinfo=UTC),
                )
            )  # fmt: skip
        session.commit()
    return house, tenant, ids


def aim(sales, role, dollars, covers="person", **values):
    house, tenant, ids = sales
    target = SalesTarget(
        starts_on=MARCH, owner_id=ids.get(role), covers=covers, amount=Money(dollars * 100, "USD"), **values
    )
    house.add(target, tenant=tenant)


def figures(sales, by="owner.at_or_below", role="owner"):
    """(won, target, own target) by role; None is the total."""
    house, tenant, ids = sales
    answer = house.api(role, tenant).get(f"/reports/run?{FORECAST}&by={by}").json
    names = {str(key): name for name, key in ids.items()}
    rows = [names.get(row["key"], row["key"]) for row in answer["rows"]]
    return {
        None if cell["row"] is None else rows[cell["row"]] or "nobody": tuple(
            int(Decimal(value[0]["amount"])) if value else 0 for value in cell["values"]
        )
        for cell in answer["cells"]
    }


def test_won_is_rolled_up_and_totals_count_once(sales):
    assert {name: won for name, (won, _target, _own) in figures(sales).items()} == {
        "admin": 1500, "manager": 600, "agent": 400, "viewer": 800, None: 1500,
    }  # fmt: skip
    assert figures(sales, "owner")["manager"][0] == 200


def test_targets_of_people_add_up_where_nobody_set_another(sales):
    for role, dollars in (("manager", 10), ("agent", 20), ("viewer", 40)):
        aim(sales, role, dollars)
    found = {name: target for name, (_won, target, _own) in figures(sales).items()}
    assert found == {"admin": 70, "manager": 30, "agent": 20, "viewer": 40, None: 70}


def test_a_target_with_everyone_below_takes_the_place_of_theirs(sales):
    for role, dollars in (("manager", 10), ("agent", 20), ("viewer", 40)):
        aim(sales, role, dollars)
    aim(sales, "manager", 100, "branch")
    found = {name: target for name, (_won, target, _own) in figures(sales).items()}
    assert found == {"admin": 140, "manager": 100, "agent": 20, "viewer": 40, None: 140}
    aim(sales, "admin", 120, "branch")  # less than was handed out: it is what counts all the same
    found = {name: target for name, (_won, target, _own) in figures(sales).items()}
    assert found == {"admin": 120, "manager": 100, "agent": 20, "viewer": 40, None: 120}
    aim(sales, None, 500)
    found = figures(sales)
    assert found[None][1] == 500
    assert found["admin"][1] == 120
    assert found["nobody"][1] == 380, "what nobody was given"
    own = {name: own for name, (_won, _target, own) in figures(sales, "owner").items()}
    assert own == {"manager": 10, "agent": 20, "viewer": 40, "admin": 0, "nobody": 0, None: 70}


def test_what_is_left_of_a_quarter_is_in_its_other_months(sales):
    house, tenant, ids = sales
    aim(sales, "manager", 100, "branch")
    aim(sales, "agent", 20)
    aim(sales, "agent", 60, period="quarter")
    house.add(SalesTarget(starts_on=date(2026, 4, 1), owner_id=ids["agent"], amount=Money(7_00, "USD")), tenant=tenant)
    by_month = figures(sales, "close.month")
    assert {key: target for key, (_won, target, _own) in by_month.items()} == {
        "2026-01-01": 20, "2026-02-01": 20, "2026-03-01": 100, "2026-04-01": 7, None: 147,
    }  # fmt: skip
    assert figures(sales)["agent"][1] == 60 + 7
    assert figures(sales)["manager"][1] == 147


def test_a_move_takes_leads_and_targets_along(sales):
    house, tenant, ids = sales
    aim(sales, "agent", 20)
    aim(sales, "viewer", 100, "branch")
    house.api("owner", tenant).patch(f"/console/member/{ids['agent']}", {"reports_to": str(ids["viewer"])})
    found = figures(sales)
    assert found["manager"] == (200, 0, 0)
    assert found["viewer"][:2] == (1200, 100)
    assert found["admin"][:2] == (1500, 100)


def test_everyone_below_nobody_is_refused(sales):
    house, tenant, _ids = sales
    target = {"starts_on": "2026-03-01", "covers": "branch", "amount": {"amount": "10", "currency": "USD"}}
    answer = house.api("owner", tenant).post("/crm/sales_target", target)
    assert answer.status_code == 422
    assert "owner" in answer.json["errors"]


def test_reports_by_manager_open_within_the_budget_and_lead_to_their_leads(sales):
    house, tenant, ids = sales
    browser = house.browser("owner", tenant)
    page = "/reports/data/crm.forecasting?by=owner.at_or_below&measure=won&measure=target&measure=attained"
    browser.go(page)
    with count_statements() as statements:
        text = browser.go(page).text
    assert len(statements) <= 8
    assert f"owner.at_or_below={ids['manager']}" in text
    records = browser.go(f"/reports/data/crm.forecasting/records?owner.at_or_below={ids['manager']}").text
    assert "Zqmanager" in records
    assert "Zqagent" in records
    assert "Zqviewer" not in records
    won = ask(house, tenant, "source=crm.outcomes&by=owner.at_or_below&measure=won_ones")
    assert sorted(int(cell["values"][0]) for cells in won.values() for cell in cells) == [1, 1, 2, 4, 4]


def seen(house, tenant, role):
    """Whose leads are there on every surface that has them."""
    browser, api = house.browser(role, tenant), house.api(role, tenant)
    export = {"resource": "crm.lead", "query": "", "columns": ["title"], "format": "json"}
    answers = [
        browser.go("/crm/lead/"), browser.go("/crm/lead/board"), browser.go("/search?q=zq"), api.get("/crm/lead"),
        api.get("/search?q=zq"), browser.send("/transfer/exports/new", export),
    ]  # fmt: skip
    titles = [f"Zq{one}" for one in (*CHAIN, "viewer")]
    found = [tuple(one for one in titles if one in answer.text) for answer in answers]
    assert len(set(found)) == 1, found
    count = api.get("/crm/lead?count=exact").json["count"]["value"]
    reported = api.get("/reports/run?source=crm.lead&measure=count").json["cells"][-1]["count"]
    forecast = api.get("/reports/run?source=crm.forecasting&measure=count").json["cells"][-1]["count"]
    assert count == reported == forecast == len(found[0])
    return {one.removeprefix("Zq") for one in found[0]}


@pytest.mark.parametrize("scope", ["own", "pool", "team"])
def test_reach_follows_the_chain_on_every_surface(sales, scope):
    """A chain of three, then a move in it, then a leaver."""
    house, tenant, ids = sales
    rules = [AccessRule(role=role, resource="crm.lead", row_scope=scope) for role in ("admin", "manager")]
    house.add(*rules, tenant=tenant)
    assert seen(house, tenant, "manager") == {"manager", "agent"}
    assert seen(house, tenant, "admin") == {"admin", "manager", "agent", "viewer"}
    api, owner = house.api("manager", tenant), house.api("owner", tenant)
    leads = {row["title"]: row["id"] for row in owner.get("/crm/lead").json["data"]}
    assert api.patch(f"/crm/lead/{leads['Zqagent']}", {"description": "seen"}).status_code == 200
    assert api.get(f"/crm/lead/{leads['Zqviewer']}").status_code == 404
    assert owner.patch(f"/console/member/{ids['viewer']}", {"reports_to": str(ids["agent"])}).status_code == 200
    assert seen(house, tenant, "manager") == {"manager", "agent", "viewer"}
    assert owner.post("/console/member/actions/remove", {"ids": [str(ids["agent"])]}).status_code == 200
    assert seen(house, tenant, "manager") == {"manager", "agent", "viewer"}
    assert owner.patch(f"/console/member/{ids['viewer']}", {"reports_to": None}).status_code == 200
    assert seen(house, tenant, "manager") == {"manager", "agent"}
