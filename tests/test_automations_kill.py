"""Workers that are killed while automations run: every step is done once, and none is left out."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.automations import running, starting
from app.automations.models import AutomationOutcome, AutomationRun
from app.data import platform_session
from app.messaging.models import Notification
from app.testing.pumping import discard_pending, hurry, pump
from tests.automation_house import Automations
from tests.plugins_for_tests.garage.models import Vehicle

CARS, STEPS, KILLS = 15, 6, 6


@pytest.mark.slow
def test_a_kill_in_the_middle_neither_repeats_nor_loses_a_step(app, house, pumps):
    discard_pending(app)
    tenant = house.new_tenant(currency="EUR")
    automations = Automations(house, tenant)
    automations.make(*[("notify", {"to": ["role:owner"], "title": f"Step {n} of {{plate}}"}) for n in range(STEPS)])
    house.add(*[Vehicle(plate=f"KILL {n}") for n in range(CARS)], tenant=tenant)
    end, kills = time.monotonic() + 60, 0
    while time.monotonic() < end and kills < KILLS and _open(app, tenant):
        time.sleep(random.uniform(0.3, 2.0))
        pumps()
        kills += 1
    while True:
        try:
            pumps(again=False)
        except ValueError:
            break
    _take_up_what_was_given_up(app, house, tenant)
    with house.inside(tenant) as session:
        titles = Counter(session.scalars(select(Notification.title)))
        states = Counter(session.scalars(select(AutomationRun.state)))
        outcomes = session.scalars(select(AutomationOutcome.words)).all()
    assert states == {"done": CARS}
    assert titles == {f"Step {step} of KILL {car}": 1 for step in range(STEPS) for car in range(CARS)}
    assert len(outcomes) == CARS * STEPS


def _open(app, tenant):
    with app.app_context(), platform_session("a test waits for the end") as session:
        done = "SELECT count(*) FROM automation_run WHERE tenant_id = :tenant AND state = 'done'"
        return session.scalar(text(done), {"tenant": tenant.id}) < CARS


def _take_up_what_was_given_up(app, house, tenant):
    """What the sweeper and a person do with runs whose job killed its worker three times."""
    time.sleep(1.5)  # leases run out
    for _ in range(3):
        hurry(app)
        pump(app, rounds=5000)
        with house.inside(tenant) as session:
            running.bury_lost(timedelta(0))
            failed = list(session.scalars(select(AutomationRun).where(AutomationRun.state == "failed")))
            if failed:
                starting.again(failed)
            session.commit()
    pump(app, rounds=5000)
