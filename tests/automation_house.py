"""What the tests of automations share: making one, letting it run, reading what came of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.automations.models import Automation, AutomationOutcome, AutomationRun, AutomationStep
from app.tenancy.models import Membership
from app.testing.pumping import hurry, pump

VEHICLE = "garage.vehicle"


def set_field(field: str, value: Any, how: str = "value") -> tuple[str, dict[str, Any]]:
    """A step that sets one field."""
    return "set", {"values": [{"field": field, "how": how, "value": value}]}


class Automations:
    """The automations of one tenant."""

    def __init__(self, house: Any, tenant: Any) -> None:
        self.house, self.tenant = house, tenant

    def member(self, role: str = "owner") -> Any:
        account = self.house.people[self.tenant.slug, role]
        with self.house.inside(self.tenant) as session:
            return session.scalars(select(Membership.id).where(Membership.account_id == account.id)).one()

    def make(self, *steps: tuple[str, dict[str, Any]], role: str = "owner", **values: Any) -> Any:
        """One that is on."""
        values = {"name": "Tidy up", "resource": VEHICLE, "state": "on", "trigger": "created"} | values
        row = Automation(runs_as_id=self.member(role), **values)
        for at, (kind, settings) in enumerate(steps):
            row.steps.append(AutomationStep(position=at, kind=kind, settings=settings))
        return self.house.add(row, tenant=self.tenant)[0]

    def work(self, *, later: bool = False) -> None:
        """Everything that is due, and with `later` what waits for its time."""
        pump(self.house.app)
        if later:
            hurry(self.house.app)
            pump(self.house.app)

    def runs(self) -> list[AutomationRun]:
        return self._all(AutomationRun)

    def said(self) -> list[str]:
        return [one.words for one in self._all(AutomationOutcome)]

    def _all(self, model: Any) -> list[Any]:
        with self.house.inside(self.tenant) as session:
            rows = list(session.scalars(select(model).order_by(model.id)))
            session.expunge_all()
        return rows
