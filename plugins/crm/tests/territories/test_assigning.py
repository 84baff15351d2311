"""Leads given to the members of their territory, in turn: with shares, absences and limits, up the tree, exactly."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from app.sdk import utcnow
from plugins.crm.models import Absence, Lead
from plugins.crm.models.assignment import Assignee, AssignmentRule


def give_by_territory(market, **conditions):
    return market.add(AssignmentRule(name="By territory", is_territorial=True, **conditions))[0]


def owners(market):
    names = {key: role for role, key in market.members.items()}
    with market.house.inside(market.tenant) as session:
        return Counter(names.get(key) for key in session.scalars(select(Lead.assigned_to_id)))


def shares(market, **weights):
    market.add(
        *(Assignee(member_id=market.members[role], name=role, weight=weight) for role, weight in weights.items())
    )


def test_members_take_turns_by_their_shares_however_many_come_at_once(market):
    market.rule("Gulf", ("source", "is", "fair"))
    market.rule("DACH", ("source", "is", "web"))
    market.work_in("Gulf", "admin", "manager", "agent")
    market.work_in("DACH", "viewer")
    shares(market, admin=1, manager=2, agent=3)
    give_by_territory(market)
    clients = [market.house.api("owner", market.tenant) for _number in range(8)]

    def create(number):
        source = "web" if number % 4 == 3 else "fair"
        return clients[number % 8].post("/crm/lead", {"title": f"Lead {number}", "source": source}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(create, range(48))) == {201}
    assert owners(market) == {"admin": 6, "manager": 12, "agent": 18, "viewer": 12}


def test_when_nobody_there_can_the_territory_above_takes_it(market):
    market.usual_rules()
    market.work_in("Bavaria", "agent")
    market.work_in("DACH", "manager")
    shares(market, agent=1)
    give_by_territory(market)

    def come():
        lead = market.lead_in(country="DE", postal_code="80331")
        return next(role for role, key in market.members.items() if str(key) == lead["assigned_to"])

    assert come() == "agent"
    now = utcnow()
    market.add(
        Absence(member_id=market.members["agent"], starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    )
    assert come() == "manager"


def test_limits_hold_and_the_next_rule_is_asked(market):
    market.rule("Gulf", ("source", "is", "fair"))
    market.work_in("Gulf", "agent")
    market.add(Assignee(member_id=market.members["agent"], name="agent", most=2))
    give_by_territory(market, position=1)
    market.add(AssignmentRule(name="Rest", position=2, member_id=market.members["owner"]))
    for number in range(4):
        market.lead(title=f"Lead {number}", source="fair")
    market.lead(title="Without a territory")
    assert owners(market) == {"agent": 2, "owner": 3}


def test_a_rule_has_one_target(market):
    body = {"name": "x", "is_territorial": True, "member": str(market.members["agent"])}
    assert market.api.post("/crm/assignment_rule", body).status_code == 422
    assert market.api.post("/crm/assignment_rule", {"name": "x"}).status_code == 422
    assert market.api.post("/crm/assignment_rule", {"name": "x", "is_territorial": True}).status_code == 201


def test_trying_it_names_who_can_take_the_lead(market):
    market.rule("Gulf", ("source", "is", "fair"))
    market.work_in("EMEA", "agent")
    rule = give_by_territory(market)
    lead = market.lead(source="fair")
    said = market.api.post(f"/crm/assignment_rule/{rule}/actions/try", {"lead": lead["id"]}).json["message"]
    assert "Agent" in said
