"""Two schedulers, four workers, and somebody who kills them: every reminder comes, and comes once."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.data import platform_session, utcnow
from app.identity.models import Account
from app.identity.services import add_member
from app.jobs import enqueue
from app.tenancy.models import Membership, Tenant
from plugins.crm.models import Lead, Stage
from plugins.crm.services import leads
from tests.job_house import JobHouse, kill

LEADS = 600
SECONDS = 12
KILLS = 5
"""At least, however long one takes."""
pytestmark = pytest.mark.slow


@pytest.fixture
def jobs():
    folder = Path(tempfile.mkdtemp(prefix="tenantry-remind-"))
    house = JobHouse(folder, tenants=1)
    yield house
    house.stop()
    shutil.rmtree(folder, ignore_errors=True)


def fill(jobs):
    """An owner with leads whose time comes while everything is being killed."""
    with jobs.inside() as session:
        tenant = session.get_one(Tenant, jobs.tenants[0])
        account = Account(
            username="sara", email="sara@acme.example", first_name="Sara", last_name="A", password="!", active=True,
            is_operator=False, password_changed_at=utcnow(),
        )  # fmt: skip
        with platform_session("a test makes an account") as other:
            other.add(account)
        add_member(account, tenant, "agent")
        member = session.scalars(select(Membership.id)).one()
        stage = session.scalars(select(Stage.id).where(Stage.kind == "open")).first()
        for number in range(LEADS):
            due = utcnow() + timedelta(seconds=SECONDS * number / LEADS)
            lead = Lead(title=f"Lead {number}", stage_id=stage, assigned_to_id=member, next_follow_up_at=due)
            leads.complete(lead, True)
            session.add(lead)
        session.commit()


def test_every_reminder_comes_once_whoever_is_killed(jobs):
    jobs.start("worker", "--processes", "2")
    jobs.start("worker", "--processes", "2")
    jobs.start("dispatcher")
    jobs.start("scheduler")
    jobs.start("scheduler")
    jobs.wait_for("worker", 4)
    fill(jobs)
    killed, deadline = 0, time.monotonic() + SECONDS + 3
    while time.monotonic() < deadline or killed < KILLS:
        with jobs.inside() as session:
            for _copy in range(3):
                enqueue("crm.remind")
            session.commit()
        time.sleep(random.uniform(0.1, 0.4))
        pids = jobs.pids("worker")
        if pids and random.random() < 0.4:
            kill(random.choice(pids))
            killed += 1
    with jobs.inside() as session:
        enqueue("crm.remind")
        session.commit()
    told = "SELECT count(*), count(DISTINCT target_id) FROM notification WHERE kind = 'crm.follow_up_due'"
    jobs.wait_until(lambda: jobs.rows(told)[0][1] == LEADS, 240)
    assert tuple(jobs.rows(told)[0]) == (LEADS, LEADS)
    assert jobs.rows("SELECT count(*) FROM crm.reminder")[0][0] == LEADS
