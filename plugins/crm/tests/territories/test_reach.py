"""Whoever works in a territory reaches its leads and those below, on every surface, and nothing else besides."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.contacts.models import Note
from app.features.access_rules import AccessRule
from app.host import registry
from app.installation.explaining import explain, person_of
from app.sdk import Member, utcnow
from app.testing.counting import count_statements
from plugins.crm.models import Activity, Lead
from plugins.crm.tests.agenda import new_lead

TITLES = ("Zqbavaria", "Zqdach", "Zqemea", "Zqgulf", "Zqmine", "Zqnowhere")
PLACES = {"Zqbavaria": "Bavaria", "Zqdach": "DACH", "Zqemea": "EMEA", "Zqgulf": "Gulf"}


@pytest.fixture
def leads(market):
    """A lead of the manager's in each territory, one in none, and the agent's own; their ids by title."""
    found = {}
    for title in TITLES:
        owner = market.members["agent" if title == "Zqmine" else "manager"]
        place = market.ids.get(PLACES.get(title, ""))
        found[title] = new_lead(market.house, market.tenant, owner, title=title, territory_id=place)
    return found


def seen(market, role="agent"):
    """The titles on every surface: list, board, REST with its count, search, picker, calendar's report."""
    browser, api = market.house.browser(role, market.tenant), market.house.api(role, market.tenant)
    answers = [
        browser.go("/crm/lead/"), browser.go("/crm/lead/board"), api.get("/crm/lead"), browser.go("/search?q=zq"),
        api.get("/search?q=zq"), browser.go("/crm/task/pick/lead?q=zq"),
    ]  # fmt: skip
    found = [tuple(title for title in TITLES if title in answer.text) for answer in answers]
    assert len(set(found)) == 1, found
    assert api.get("/crm/lead?count=exact").json["count"]["value"] == len(found[0])
    counted = api.get("/reports/run?source=crm.lead&measure=count").json["cells"][-1]
    assert counted["count"] == len(found[0])
    return set(found[0])


def test_members_reach_the_leads_of_their_territory_and_below(market, leads):
    assert seen(market) == {"Zqmine"}
    market.work_in("DACH", "agent")
    assert seen(market) == {"Zqmine", "Zqdach", "Zqbavaria"}
    agent = market.house.api("agent", market.tenant)
    assert agent.get(f"/crm/lead/{leads['Zqbavaria']}").status_code == 200
    assert agent.patch(f"/crm/lead/{leads['Zqbavaria']}", {"source": "web"}).status_code == 200
    for title in ("Zqemea", "Zqgulf", "Zqnowhere"):
        assert agent.get(f"/crm/lead/{leads[title]}").status_code == 404, title


def test_a_tenant_chooses_territory_by_territory_and_a_manager_reaches_anyway(market, leads):
    market.work_in("EMEA", "agent")
    market.set("EMEA", shares_leads=False)
    assert seen(market) == {"Zqmine"}
    market.work_in("Gulf", "agent")
    assert seen(market) == {"Zqmine", "Zqgulf"}
    market.set("DACH", manager=str(market.members["agent"]), shares_leads=False)
    assert seen(market) == {"Zqmine", "Zqgulf", "Zqdach", "Zqbavaria"}


def test_a_tree_that_is_changed_changes_who_reaches_what(market, leads):
    market.work_in("Gulf", "agent")
    market.set("DACH", part_of=str(market.ids["Gulf"]))
    assert seen(market) == {"Zqmine", "Zqgulf", "Zqdach", "Zqbavaria"}


def test_a_rule_of_the_tenants_narrows_the_scope_and_the_territory_stays(market, leads):
    market.add(AccessRule(role="agent", resource="crm.lead", row_scope="own"))
    market.work_in("Gulf", "agent")
    assert seen(market) == {"Zqmine", "Zqgulf"}


def test_whoever_left_a_lead_out_of_their_reach_may_not_put_it_there(market, leads):
    market.work_in("Gulf", "agent")
    agent = market.house.api("agent", market.tenant)
    answer = agent.patch(f"/crm/lead/{leads['Zqgulf']}", {"territory": str(market.ids["DACH"])})
    assert answer.status_code == 409, answer.text
    assert market.stored({"id": leads["Zqgulf"]}).territory_id == market.ids["Gulf"]


def test_what_hangs_on_a_lead_comes_along(market, leads):
    for title in ("Zqgulf", "Zqdach"):
        market.add(Note(target_type="crm.lead", target_id=leads[title], content=f"note on {title}"))
        market.add(Activity(lead_id=leads[title], kind="call", subject=f"call on {title}", at=utcnow()))
    market.work_in("Gulf", "agent")
    agent = market.house.api("agent", market.tenant)
    notes, calls = agent.get("/contacts/note").text, agent.get("/crm/activity").text
    assert "note on Zqgulf" in notes
    assert "note on Zqdach" not in notes
    assert "call on Zqgulf" in calls
    assert "call on Zqdach" not in calls
    page = market.house.browser("agent", market.tenant).go(f"/crm/lead/{leads['Zqgulf']}/timeline")
    assert "note on Zqgulf" in page.text


def test_figures_count_what_is_reached(market, leads):
    market.work_in("DACH", "agent")
    api = market.house.api("agent", market.tenant)
    answer = api.get("/reports/run?source=crm.stages_reached&by=territory&measure=reached").json
    assert {row["label"] for row in answer["rows"]} == {"DACH", "Bavaria", "Not set"}


def test_export_has_what_is_reached(market, leads):
    market.add(AccessRule(role="manager", resource="crm.lead", row_scope="own"))
    market.add(AccessRule(role="admin", resource="crm.lead", row_scope="own"))
    market.work_in("Gulf", "admin")
    data = {"resource": "crm.lead", "query": "", "columns": ["title", "territory"], "format": "json"}
    lines = market.house.browser("admin", market.tenant).send("/transfer/exports/new", data).get_json(force=True)
    assert [tuple(line.values())[:2] for line in lines] == [("Zqgulf", "Gulf")]


def test_why_not_says_it_as_it_is(market, leads):
    market.work_in("Gulf", "agent")
    with market.house.inside(market.tenant) as session:
        agent = session.get(Member, market.members["agent"])
        entry = registry().entries["crm.lead"]
        answers = {
            title: explain(person_of(agent), entry, "crm.lead", "read", key).allowed for title, key in leads.items()
        }
    assert {title for title, yes in answers.items() if yes} == {"Zqgulf", "Zqmine"}


def test_it_costs_no_statement(market, leads):
    browser = market.house.browser("agent", market.tenant)

    def cost(path):
        browser.go(path)
        with count_statements() as found:
            assert browser.go(path).status_code == 200
        return len(found)

    paths = ("/crm/lead/", "/crm/lead/board", f"/crm/lead/{leads['Zqmine']}")
    before = [cost(path) for path in paths]
    market.work_in("DACH", "agent")
    assert [cost(path) for path in paths] == before


def test_who_left_the_tenant_or_the_territory_reaches_nothing_more(market, leads):
    market.work_in("Gulf", "agent")
    assert "Zqgulf" in seen(market)
    place = market.api.get("/crm/territory_member").json["data"][0]["id"]
    assert market.api.delete(f"/crm/territory_member/{place}").status_code in (200, 204)
    assert seen(market) == {"Zqmine"}
    with market.house.inside(market.tenant) as session:
        assert session.scalar(select(Lead.territory_id).where(Lead.id == leads["Zqgulf"])) == market.ids["Gulf"]
