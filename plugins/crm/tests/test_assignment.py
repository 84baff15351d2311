"""Whose a lead becomes: by hand, in turn, by rules; who is passed over; what is written down and told of it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from app.events.models import DomainEvent
from app.features.access_rules import AccessRule
from app.host.custom_fields import CustomFieldDef
from app.identity.services import remove_member
from app.jobs import run_due
from app.messaging.models import Notification
from app.sdk import Company, Member, Team, TeamMember, utcnow
from app.testing.counting import count_statements
from app.testing.pumping import pump
from plugins.crm.models import Lead
from plugins.crm.models.assignment import Absence, Assignee, Assignment, AssignmentRule, RuleCondition

SHARES = {"admin": 1, "manager": 2, "agent": 3}


class Shop:
    """A tenant whose admin, manager and agent are a team and take leads in turn, with shares of 1, 2 and 3."""

    def __init__(self, house: Any) -> None:
        self.house, self.tenant = house, house.new_tenant()
        with house.inside(self.tenant) as session:
            ids = dict(session.execute(select(Member.account_id, Member.id)).all())
        self.members = {role: ids[house.people[self.tenant.slug, role].id] for role in ("owner", "viewer", *SHARES)}
        self.names = {key: role for role, key in self.members.items()}
        [self.team] = self.add(Team(name="Sellers"))
        self.add(*(TeamMember(team_id=self.team, membership_id=self.members[role]) for role in SHARES))
        self.add(*(Assignee(member_id=self.members[role], name=role, weight=share) for role, share in SHARES.items()))
        self.api = house.api("owner", self.tenant)

    def add(self, *rows: Any) -> Any:
        return self.house.add(*rows, tenant=self.tenant)

    def rule(self, *conditions: tuple[str, str, str], **values: Any) -> Any:
        """A rule for the team, or for whom `member` names."""
        if "member" in values:
            values["member_id"] = self.members[values.pop("member")]
        else:
            values["team_id"] = self.team
        [rule] = self.add(AssignmentRule(name=values.pop("name", "Rule"), **values))
        rows = [RuleCondition(rule_id=rule, field=one, operator=how, value=what) for one, how, what in conditions]
        self.add(*rows)
        return rule

    def post(self, **values: Any) -> Any:
        answer = self.api.post("/crm/lead", {"title": "A lead", **values})
        assert answer.status_code == 201, answer.text
        return answer.json

    def owner_of(self, **values: Any) -> str | None:
        """Whose a new lead becomes."""
        key = self.post(**values)["assigned_to"]
        return self.names[self.key(key)] if key else None

    def key(self, text: str) -> Any:
        return next(key for key in self.names if str(key) == text)

    def owners(self) -> Counter[str | None]:
        with self.house.inside(self.tenant) as session:
            return Counter(self.names.get(key) for key in session.scalars(select(Lead.assigned_to_id)))

    def act(self, name: str, ids: list[str], resource: str = "lead", **parameters: Any) -> Any:
        body = {key: str(value) for key, value in parameters.items()}
        return self.api.post(f"/crm/{resource}/actions/{name}", {"ids": ids, **body})

    def log(self) -> list[tuple[str | None, str | None, str]]:
        """(from, to, way) of every change of owner, in their order."""
        with self.house.inside(self.tenant) as session:
            rows = session.scalars(select(Assignment).order_by(Assignment.id))
            return [(self.names.get(one.previous_id), self.names.get(one.member_id), one.way) for one in rows]

    def told(self) -> list[tuple[str, int]]:
        """(member, number of leads) of every event."""
        with self.house.inside(self.tenant) as session:
            wanted = select(DomainEvent).where(DomainEvent.name == "crm.leads_assigned").order_by(DomainEvent.id)
            payloads = [one.payload for one in session.scalars(wanted)]
        return [(self.names[self.key(one["member_id"])], len(one["lead_ids"])) for one in payloads]


@pytest.fixture
def shop(house):
    return Shop(house)


def test_turns_are_exact_however_many_come_at_once(shop):
    shop.rule()
    clients = [shop.house.api("owner", shop.tenant) for _number in range(10)]

    def create(number: int) -> int:
        return clients[number % 10].post("/crm/lead", {"title": f"Lead {number}"}).status_code

    with ThreadPoolExecutor(10) as threads:
        assert set(threads.map(create, range(50))) == {201}
    assert shop.owners() == {"admin": 8, "manager": 17, "agent": 25}, "of every six: one, two and three"
    first = [to for _from, to, _way in shop.log()]
    for at in range(0, 48, 6):
        assert Counter(first[at : at + 6]) == SHARES, "every round is whole, so the turns are mixed as well"
    assert {way for _from, _to, way in shop.log()} == {"rule"}


def test_a_refused_lead_takes_no_turn(shop):
    shop.rule()
    first = shop.owner_of()
    assert (
        shop.api.post("/crm/lead", {"title": "x", "contact": "01890000-0000-7000-8000-000000000000"}).status_code == 422
    )
    assert shop.api.post("/crm/lead", {}).status_code == 422
    assert Counter([first, *(shop.owner_of() for _number in range(5))]) == SHARES


def test_a_given_owner_is_kept_and_without_rules_nobody_is_chosen(shop):
    assert shop.owner_of() is None
    shop.rule()
    assert shop.owner_of(assigned_to=str(shop.members["viewer"])) == "viewer"
    assert shop.told() == [("viewer", 1)]


def test_who_is_away_has_left_or_has_no_share_gets_nothing(shop, app):
    shop.rule()
    now = utcnow()
    day = timedelta(days=1)
    shop.add(Absence(member_id=shop.members["agent"], starts_at=now - day, ends_at=now + day))
    shop.add(Absence(member_id=shop.members["manager"], starts_at=now + day, ends_at=now + 2 * day))
    shop.add(Absence(member_id=shop.members["manager"], starts_at=now - 2 * day, ends_at=now - day))
    assert Counter(shop.owner_of() for _number in range(3)) == {"admin": 1, "manager": 2}
    with app.app_context():
        remove_member(shop.house.people[shop.tenant.slug, "manager"].id, shop.tenant.id)
    assert Counter(shop.owner_of() for _number in range(3)) == {"admin": 3}
    with shop.house.inside(shop.tenant) as session:
        session.scalars(select(Assignee).where(Assignee.member_id == shop.members["admin"])).one().weight = 0
        session.commit()
    assert shop.owner_of() is None


def test_a_limit_of_open_leads_is_kept_by_requests_and_imports(shop, house):
    shop.rule()
    with house.inside(shop.tenant) as session:
        for one in session.scalars(select(Assignee)):
            one.most = 2
        session.commit()
    given = [shop.post() for _number in range(7)]
    assert shop.owners() == {"admin": 2, "manager": 2, "agent": 2, None: 1}
    won = shop.api.get("/crm/stage?kind.is=won").json["data"][0]["id"]
    done = next(one for one in given if one["assigned_to"] == str(shop.members["agent"]))
    assert shop.api.patch(f"/crm/lead/{done['id']}", {"stage": won}).status_code == 200
    assert shop.owner_of() == "agent", "a lead that is won makes room"
    assert shop.owner_of() is None


def test_rules_are_asked_in_their_order_and_the_first_match_wins(shop):
    [company] = shop.add(Company(name="Nile Works", country="EG"))
    shop.rule(("source", "is", "Fair"), ("value", "at_least", "1,000 USD"), member="admin", position=1)
    shop.rule(("company.country", "one_of", "EG, SA"), member="manager", position=2)
    shop.rule(("tags", "contains", "vip"), ("priority", "is_not", "low"), member="agent", position=3)
    shop.rule(("source", "empty", ""), member="owner", position=4, is_active=False)
    big, small = {"amount": "1000.00", "currency": "USD"}, {"amount": "999.99", "currency": "USD"}
    assert shop.owner_of(source="fair", value=big, company=str(company)) == "admin"
    assert shop.owner_of(source="fair", value=small, company=str(company)) == "manager"
    assert shop.owner_of(source="fair", value={"amount": "9000.00", "currency": "EUR"}) is None, "another currency"
    assert shop.owner_of(tags=["VIP"]) == "agent"
    assert shop.owner_of(tags=["VIP"], priority="low") is None
    assert shop.owner_of() is None, "a rule that is switched off"


def test_one_of_several_alternatives_is_enough(shop):
    rule = shop.rule(("source", "is", "Web"), ("priority", "is", "high"), member="admin")
    second = {"rule_id": rule, "alternative": 2}
    shop.add(RuleCondition(field="tags", operator="contains", value="vip", **second))
    shop.add(RuleCondition(field="custom", operator="at_least", value="50", custom_key="seats", **second))
    shop.add(CustomFieldDef(resource="crm.lead", key="seats", label="Seats", kind="integer"))
    assert shop.owner_of(source="web", priority="high") == "admin"
    assert shop.owner_of(source="web") is None
    assert shop.owner_of(tags=["VIP"], **{"custom.seats": 50}) == "admin"
    assert shop.owner_of(tags=["VIP"], priority="high", **{"custom.seats": 49}) is None
    lead = shop.post(tags=["VIP"])["id"]
    said = shop.api.post(f"/crm/assignment_rule/{rule}/actions/try", {"lead": lead}).json["message"]
    assert said == "No match for “A lead”: Own field (seats) is at least 50.", "what is missing of the nearest one"


def test_where_nobody_can_take_it_the_next_rule_is_asked(shop):
    shop.rule(member="agent", position=1)
    shop.rule(member="admin", position=2)
    now = utcnow()
    shop.add(Absence(member_id=shop.members["agent"], starts_at=now, ends_at=now + timedelta(days=1)))
    assert shop.owner_of() == "admin"


def test_an_archived_team_gets_nothing(shop):
    shop.rule()
    assert shop.api.post("/console/team/actions/archive", {"ids": [str(shop.team)]}).status_code == 200
    assert shop.owner_of() is None


def test_rules_that_cannot_work_are_refused_at_their_field(shop):
    rule = {"name": "x", "team": str(shop.team), "member": str(shop.members["agent"])}
    assert set(shop.api.post("/crm/assignment_rule", rule).json["errors"]) == {"team"}
    assert set(shop.api.post("/crm/assignment_rule", {"name": "x"}).json["errors"]) == {"team"}
    made = str(shop.rule())
    for field, operator, value, refused in (
        ("source", "at_least", "5", "operator"), ("value", "at_least", "much", "value"), ("source", "is", " ", "value"),
    ):  # fmt: skip
        body = {"rule": made, "field": field, "operator": operator, "value": value}
        answer = shop.api.post("/crm/rule_condition", body)
        assert set(answer.json["errors"]) == {refused}, answer.text


def test_trying_a_rule_says_what_it_would_do_and_does_nothing(shop):
    first = shop.rule(("source", "is", "web"), member="agent", position=1, name="Web")
    second = shop.rule(position=2, name="All")
    lead = shop.post(source="web", assigned_to=str(shop.members["owner"]))["id"]
    other = shop.post(source="fair", assigned_to=str(shop.members["owner"]))["id"]

    def tried(rule: Any, lead: str) -> str:
        answer = shop.api.post(f"/crm/assignment_rule/{rule}/actions/try", {"lead": lead})
        assert answer.status_code == 200, answer.text
        return str(answer.json["message"])

    assert tried(first, lead) == "It matches “A lead”. Who can take it: Agent A tenant."
    assert tried(first, other) == "No match for “A lead”: Source is web."
    assert tried(second, lead) == "It matches “A lead”, but “Web” comes first."
    assert "Manager" in tried(second, other)
    assert shop.owners() == {"owner": 2}


def test_by_hand_one_or_many_with_what_speaks_against_it(shop):
    leads = [shop.post()["id"] for _number in range(3)]
    now = utcnow()
    shop.add(Absence(member_id=shop.members["agent"], starts_at=now, ends_at=now + timedelta(days=1)))
    answer = shop.act("assign", leads, member=shop.members["agent"])
    assert answer.json["message"] == "3 leads now belong to Agent A tenant. They are away at the moment."
    assert shop.owners() == {"agent": 3}
    assert shop.act("assign", leads[:1], member=shop.members["owner"]).status_code == 200
    assert shop.log() == [*[(None, "agent", "hand")] * 3, ("agent", "owner", "hand")]
    assert shop.told() == [("agent", 3), ("owner", 1)], "three at once are told once"


def test_what_is_taken_back_is_told_to_nobody(shop):
    lead = shop.post(assigned_to=str(shop.members["owner"]))["id"]
    with shop.house.inside(shop.tenant) as session:
        row = session.get(Lead, lead)
        savepoint = session.begin_nested()
        row.assigned_to_id = shop.members["agent"]
        session.flush()
        savepoint.rollback()
        row.assigned_to_id = shop.members["admin"]
        session.flush()
        row.assigned_to_id = shop.members["owner"]
        row.title = "Another title"
        session.commit()
    assert shop.log() == [(None, "owner", "hand")]


def test_new_owners_are_told_and_nobody_of_what_they_did_themselves(shop, app):
    leads = [shop.post(title=f"Lead {number}")["id"] for number in range(3)]
    shop.act("assign", leads[:1], member=shop.members["agent"])
    shop.act("assign", leads[1:], member=shop.members["agent"])
    shop.act("assign", leads[:1], member=shop.members["owner"])
    pump(app)
    with shop.house.inside(shop.tenant) as session:
        told = session.scalars(select(Notification).order_by(Notification.id)).all()
        assert [(shop.names[one.member_id], one.title) for one in told] == [
            ("agent", "“Lead 0” is yours now"), ("agent", "2 leads are yours now"),
        ]  # fmt: skip


def test_a_team_takes_turns_over_chosen_leads_and_rules_can_be_asked_again(shop):
    leads = [shop.post()["id"] for _number in range(12)]
    assert shop.act("distribute", leads, team=shop.team).json["message"] == "12 leads have new owners."
    assert shop.owners() == {"admin": 2, "manager": 4, "agent": 6}
    assert shop.act("ask_rules", leads).status_code == 409, "there is no rule"
    shop.rule(("title", "is", "something else"), member="owner")
    assert shop.act("ask_rules", leads).json["message"] == "0 leads have new owners. Left as they are: 12."
    shop.rule(member="owner", position=9)
    assert shop.act("ask_rules", leads).json["message"] == "12 leads have new owners."
    assert shop.owners() == {"owner": 12}


def test_open_leads_of_who_left_are_handed_over(shop, app):
    leads = [shop.post(assigned_to=str(shop.members["agent"]))["id"] for _number in range(4)]
    lost = shop.api.get("/crm/stage?kind.is=lost").json["data"][0]["id"]
    reason = shop.api.get("/crm/lost_reason").json["data"][0]["id"]
    assert shop.api.patch(f"/crm/lead/{leads[0]}", {"stage": lost, "lost_reason": reason}).status_code == 200
    with app.app_context():
        remove_member(shop.house.people[shop.tenant.slug, "agent"].id, shop.tenant.id)
    refused = shop.act("assign", leads, member=shop.members["agent"])
    assert refused.json["errors"] == {"member": "This person has left."}
    share = shop.api.get(f"/crm/assignee?member.is={shop.members['agent']}").json["data"][0]["id"]
    assert shop.act("hand_over", [share], "assignee").status_code == 409
    assert shop.act("hand_over", [share], "assignee", team=shop.team).json["message"] == "3 leads have new owners."
    assert shop.owners() == {"agent": 1, "admin": 1, "manager": 2}


def test_an_agent_hands_over_their_own_leads_and_no_others(shop):
    agent = shop.house.api("agent", shop.tenant)
    mine = agent.post("/crm/lead", {"title": "Mine"}).json
    assert mine["assigned_to"] == str(shop.members["agent"])
    foreign = shop.post(assigned_to=str(shop.members["owner"]))["id"]
    body = {"ids": [mine["id"], foreign], "member": str(shop.members["manager"])}
    assert agent.post("/crm/lead/actions/assign", body).json["missing"] == [foreign]
    assert agent.post("/crm/lead/actions/assign", {**body, "ids": [mine["id"]]}).json["count"] == 1
    assert shop.owners() == {"manager": 1, "owner": 1}
    assert agent.get(f"/crm/lead/{mine['id']}").status_code == 404, "it is the manager's now"


def test_a_rule_can_keep_managers_to_their_teams(shop):
    shop.add(AccessRule(role="manager", resource="crm.lead", row_scope="team"))
    for role in (*SHARES, "owner", "viewer"):
        shop.post(title=f"of {role}", assigned_to=str(shop.members[role]))
    shop.post(title="of nobody")
    seen = {row["title"] for row in shop.house.api("manager", shop.tenant).get("/crm/lead").json["data"]}
    assert seen == {"of admin", "of manager", "of agent", "of nobody"}


def test_a_rule_costs_a_few_statements_whatever_the_number_of_leads(shop):
    def cost(**values: Any) -> int:
        shop.post(**values)
        with count_statements() as statements:
            shop.post(**values)
        return len(statements)

    before = cost(source="web", tags=["vip"])
    shop.rule(("source", "is", "web"), ("tags", "contains", "vip"))
    assert cost(source="fair", tags=["vip"]) == before, "rules are remembered"
    assert cost(source="web", tags=["vip"]) <= before + 5, "lock, candidates, turns, what is written down, what is told"
    leads = [shop.post()["id"] for _number in range(20)]
    assert others(shop, leads[2:]) == others(shop, leads[:2]), "however many leads"


def others(shop: Shop, leads: list[str]) -> int:
    """Statements of a distribution, besides the one that changes each lead."""
    with count_statements() as statements:
        shop.act("distribute", leads, team=shop.team)
    return len([one for one in statements if not one.startswith("UPDATE crm.lead")])


def test_an_import_gives_leads_out_in_turn_and_tells_each_owner_once(shop, app):
    shop.rule()
    rows = "Title\n" + "".join(f"Lead {number}\n" for number in range(12))
    sent = {"resource": "crm.lead", "file": (BytesIO(rows.encode()), "leads.csv"), "mode": "insert"}
    answer = shop.api("POST", "/transfer/imports", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    run_due(app)
    assert shop.owners() == {"admin": 2, "manager": 4, "agent": 6}
    assert sorted(shop.told()) == [("admin", 2), ("agent", 6), ("manager", 4)]
    assert len(shop.log()) == 12
