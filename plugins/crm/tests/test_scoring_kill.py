"""Scoring all leads goes on after its worker was killed: every lead is scored, and none is written twice."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from app.jobs import enqueue
from plugins.crm.models import Lead, ScoreCondition, ScoreRule, Stage
from plugins.crm.services.scoring import counting
from tests.job_house import JobHouse, kill

LEADS = 6_000
pytestmark = pytest.mark.slow


@pytest.fixture
def jobs():
    folder = Path(tempfile.mkdtemp(prefix="tenantry-score-"))
    house = JobHouse(folder, tenants=1)
    yield house
    house.stop()
    shutil.rmtree(folder, ignore_errors=True)


def fill(jobs):
    """Many leads that nobody has scored yet, a rule that each of them meets, and the job."""
    with jobs.inside() as session:
        stage = session.scalars(select(Stage).where(Stage.kind == "open")).first()
        place = {"stage_id": stage.id, "pipeline_id": stage.pipeline_id, "tenant_id": jobs.tenants[0]}
        rows = [{"title": f"Lead {number}", "source": "Web", **place} for number in range(LEADS)]
        session.execute(insert(Lead), rows, execution_options={"tenantry_is_told": True})
        condition = ScoreCondition(field="source", operator="is", value="web")
        session.add(ScoreRule(name="from the web", points=7, conditions=[condition]))
        enqueue(counting.ALL)
        session.commit()


def scored(jobs):
    return jobs.rows("SELECT count(*) FROM crm.lead WHERE score = 7")[0][0]


def test_it_goes_on_where_it_was_killed(jobs):
    jobs.start("worker", "--processes", "1")
    jobs.start("dispatcher")
    jobs.wait_for("worker", 1)
    fill(jobs)
    jobs.wait_until(lambda: scored(jobs) > 0, 120)
    for pid in jobs.pids("worker"):
        kill(pid)
    between = scored(jobs)
    assert between < LEADS, "it was killed at work"
    jobs.wait_until(lambda: scored(jobs) == LEADS, 240)
    assert jobs.rows("SELECT count(*) FROM crm.lead WHERE version <> 2")[0][0] == 0, "written once each"
