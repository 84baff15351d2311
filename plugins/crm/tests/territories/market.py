"""Territories, rules and leads of a tenant, and what tests do with them."""

from __future__ import annotations

from sqlalchemy import select

from app.sdk import Contact, ContactAddress, Member
from app.testing.pumping import discard_pending, pump
from plugins.crm.models import (
    Lead,
    Territory,
    TerritoryChange,
    TerritoryCondition,
    TerritoryMember,
    TerritoryReview,
    TerritoryRule,
)
from plugins.crm.tests.sales import Sales

TREE = {"EMEA": None, "DACH": "EMEA", "Gulf": "EMEA", "Germany": "DACH", "Bavaria": "Germany"}


class Market(Sales):
    """EMEA > DACH > Germany > Bavaria, and EMEA > Gulf; `rule` gives one a rule, `work_in` a member."""

    def __init__(self, app, house):
        super().__init__(house)
        self.app = app
        discard_pending(app)  # what other tests of this worker left behind
        self.ids = {}
        for position, (name, above) in enumerate(TREE.items()):
            [self.ids[name]] = self.add(Territory(name=name, part_of_id=self.ids.get(above), position=position))
        with house.inside(self.tenant) as session:
            members = dict(session.execute(select(Member.account_id, Member.id)).all())
        self.members = {
            role: members[house.people[self.tenant.slug, role].id]
            for role in ("owner", "admin", "manager", "agent", "viewer")
        }

    def add(self, *rows):
        return self.house.add(*rows, tenant=self.tenant)

    def settled(self):
        """Everything that was told so far is done."""
        self.pump()
        return self

    def rule(self, territory, *conditions, name="Rule"):
        """Conditions are (field, operator, value), or (field, country) for a country that is chosen."""
        [rule] = self.add(TerritoryRule(name=name, territory_id=self.ids[territory]))
        rows = [
            TerritoryCondition(rule_id=rule, field=one[0], operator="is", country=one[1])
            if len(one) == 2
            else TerritoryCondition(rule_id=rule, field=one[0], operator=one[1], value=one[2])
            for one in conditions
        ]
        self.add(*rows)
        return rule

    def usual_rules(self):
        self.rule("EMEA", ("address.country", "filled", None))
        self.rule("DACH", ("address.country", "AT"), ("address.country", "CH"), ("address.country", "DE"))
        self.rule("Germany", ("address.country", "DE"))
        self.rule(
            "Bavaria", ("address.country", "DE"), ("address.postal_code", "between", "80000..87999, 90000..97999")
        )

    def work_in(self, territory, *roles):
        self.add(*(TerritoryMember(territory_id=self.ids[territory], member_id=self.members[one]) for one in roles))

    def set(self, territory, **values):
        answer = self.api.patch(f"/crm/territory/{self.ids[territory]}", values)
        assert answer.status_code == 200, answer.text

    def contact(self, **address):
        contact = Contact(first_name="Nora", full_name="Nora")
        contact.addresses = [ContactAddress(**address)] if address else []
        return self.add(contact)[0]

    def lead_in(self, **address):
        """A lead of somebody who lives there."""
        return self.lead(contact=str(self.contact(**address)))

    def territory_of(self, lead):
        key = self.stored(lead).territory_id
        return next((name for name, one in self.ids.items() if one == key), key)

    def pump(self):
        pump(self.app)

    def moves(self, lead):
        """(from, to, by hand) of the lead's log."""
        with self.house.inside(self.tenant) as session:
            rows = session.scalars(select(TerritoryChange).filter_by(lead_id=lead["id"]).order_by(TerritoryChange.id))
            return [(row.from_name, row.to_name, row.by_hand) for row in rows]

    def in_each(self):
        """How many leads each territory has."""
        with self.house.inside(self.tenant) as session:
            names = {key: name for name, key in self.ids.items()}
            found = [names.get(key) for key in session.scalars(select(Lead.territory_id))]
        return {name: found.count(name) for name in set(found)}

    def review(self, key):
        with self.house.inside(self.tenant) as session:
            row = session.get(TerritoryReview, key)
            session.expunge(row)
        return row
