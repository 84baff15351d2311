"""A tenant with its pipeline, as the tests of the CRM need it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.data import Money, utcnow
from app.events.models import DomainEvent
from plugins.crm.models import Lead, LostReason, NextStage, Pipeline, Stage, StageChange, StageNeed


class Sales:
    """The stages of a new tenant by key, and what tests do with its leads."""

    def __init__(self, house):
        self.house, self.tenant = house, house.new_tenant()
        self.api = house.api("owner", self.tenant)
        self.browser = house.browser("owner", self.tenant)
        with house.inside(self.tenant) as session:
            self.pipeline = session.scalars(select(Pipeline.id)).one()
            self.stages = {stage.key: stage.id for stage in session.scalars(select(Stage))}
            self.reason = session.scalars(select(LostReason.id).order_by(LostReason.position)).first()

    def lead(self, **values):
        """A lead made over REST; its answer."""
        answer = self.api.post("/crm/lead?confirm=1", {"title": "A chance", **values})
        assert answer.status_code == 201, answer.text
        return answer.json

    def move(self, lead, stage, **more):
        return self.api.patch(f"/crm/lead/{lead['id']}", {"stage": str(self.stages[stage]), **more})

    def act(self, verb, lead, **values):
        return self.api.post(f"/crm/lead/{lead['id']}/actions/{verb}", values)

    def stored(self, lead):
        """The lead as it is stored, with its values loaded."""
        with self.house.inside(self.tenant) as session:
            found = session.get(Lead, lead["id"])
            session.expunge(found)
        return found

    def since(self, lead, *, days):
        """As if the lead had been in its stage for so many days."""
        with self.house.inside(self.tenant) as session:
            session.get(Lead, lead["id"]).stage_since = utcnow() - timedelta(days=days)
            session.commit()

    def stage_of(self, lead):
        found = self.stored(lead).stage_id
        return next((key for key, stage in self.stages.items() if stage == found), found)

    def log(self, lead):
        """The lead's stage changes: (from, to, reason)."""
        with self.house.inside(self.tenant) as session:
            rows = session.scalars(select(StageChange).filter_by(lead_id=lead["id"]).order_by(StageChange.id))
            return [(row.from_name, row.to_name, row.reason) for row in rows]

    def told(self, *names):
        """Payloads of the events of these names, in order."""
        with self.house.inside(self.tenant) as session:
            rows = session.scalars(select(DomainEvent).where(DomainEvent.name.in_(names)).order_by(DomainEvent.id))
            return [(row.name, row.payload) for row in rows]

    def need(self, stage, *fields):
        self.house.add(*(StageNeed(stage_id=self.stages[stage], needed=one) for one in fields), tenant=self.tenant)

    def allow(self, stage, *to):
        rows = (NextStage(stage_id=self.stages[stage], to_id=self.stages[one]) for one in to)
        self.house.add(*rows, tenant=self.tenant)


def money(amount, currency="USD"):
    return Money.of(amount, currency)
