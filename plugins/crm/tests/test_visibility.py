"""Who sees which leads without any rule of the tenant's: agents their own and those that nobody has, managers all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.features.access_rules import AccessRule
from plugins.crm.models import Lead
from plugins.crm.tests.agenda import member_of, new_lead

TITLES = ("Zqmine", "Zqnobodys", "Zqtheirs")


@pytest.fixture
def place(house):
    """A tenant with a lead of the agent's, of nobody's, and of the manager's; their ids by title."""
    tenant = house.new_tenant()
    owners = (member_of(house, tenant, "agent"), None, member_of(house, tenant, "manager"))
    return tenant, {
        title: new_lead(house, tenant, owner, title=title) for title, owner in zip(TITLES, owners, strict=True)
    }


def seen(house, tenant, role):
    """The titles on every surface: list, board, REST with its count, search, export, report."""
    browser, api = house.browser(role, tenant), house.api(role, tenant)
    export = {"resource": "crm.lead", "query": "", "columns": ["title"], "format": "json"}
    answers = [
        browser.go("/crm/lead/"), browser.go("/crm/lead/board"), api.get("/crm/lead"), browser.go("/search?q=zq"),
        api.get("/search?q=zq"),
    ]  # fmt: skip
    if role in ("manager", "admin"):  # who may export
        answers.append(browser.send("/transfer/exports/new", export))
    found = [tuple(title for title in TITLES if title in answer.text) for answer in answers]
    assert len(set(found)) == 1, found
    assert api.get("/crm/lead?count=exact").json["count"]["value"] == len(found[0])
    counted = api.get("/reports/run?source=crm.lead&measure=count").json["cells"][-1]
    assert counted["count"] == len(found[0]), counted
    return found[0]


def test_agents_see_their_own_leads_and_those_nobody_has(house, place):
    tenant, ids = place
    assert seen(house, tenant, "agent") == ("Zqmine", "Zqnobodys")
    agent = house.api("agent", tenant)
    assert agent.get(f"/crm/lead/{ids['Zqtheirs']}").status_code == 404
    assert agent.patch(f"/crm/lead/{ids['Zqtheirs']}", {"title": "x"}).status_code == 404
    assert "Zqnobodys" in house.browser("agent", tenant).go("/crm/today/").text


@pytest.mark.parametrize("role", ["manager", "admin", "viewer"])
def test_the_others_see_all(house, place, role):
    assert seen(house, place[0], role) == TITLES


def test_a_rule_of_the_tenants_goes_before(house, place):
    tenant, _ids = place
    house.add(AccessRule(role="agent", resource="crm.lead", row_scope="own"), tenant=tenant)
    assert seen(house, tenant, "agent") == ("Zqmine",)


def test_taking_a_lead_is_one_step_and_it_is_out_of_the_others_sight(house, place):
    tenant, ids = place
    page = house.browser("agent", tenant).go(f"/crm/lead/{ids['Zqnobodys']}")
    assert page.text.index("actions/take") < page.text.index("actions/win"), "what is next stands first"
    answer = house.browser("agent", tenant).send(f"/crm/lead/actions/take?id={ids['Zqnobodys']}")
    assert answer.status_code == 303
    with house.inside(tenant) as session:
        assert session.get(Lead, ids["Zqnobodys"]).assigned_to_id == member_of(house, tenant, "agent")


def test_of_many_who_take_a_lead_at_once_one_gets_it(house, place):
    tenant, ids = place
    path = f"/crm/lead/{ids['Zqnobodys']}/actions/take"
    callers = [house.api(role, tenant) for role in ("owner", "admin", "manager", "agent") * 3]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda api: api.post(path).status_code, callers))
    with house.inside(tenant) as session:
        owner = session.get(Lead, ids["Zqnobodys"]).assigned_to_id
    roles = ("owner", "admin", "manager", "agent")
    winner = next(role for role in roles if member_of(house, tenant, role) == owner)
    for role, status in zip(roles * 3, answers, strict=True):
        if role != winner:
            assert status in (404, 409, 422), (role, status)
    assert 200 in answers
