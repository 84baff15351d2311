"""What works unseen runs once, with samples there: jobs in a worker, metrics as plans count them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from flask import Flask

from app.host import Job
from app.host.payments import NotReached
from app.host.quotas import used
from app.jobs import enqueue, run_due
from app.jobs.models import QueuedJob
from app.outbound import Unanswered
from app.testing.crawl import Belongings
from app.testing.house import House
from app.testing.pumping import discard_pending
from app.testing.sample_jobs import Unknown, call_of
from app.testing.samples import Samples
from app.testing.subject import Subject

NETWORK = (Unanswered.__name__, NotReached.__name__)
"""What a job that calls other systems ends with where there are none."""
Remark = Callable[[str, object], None]


@pytest.fixture(scope="module")
def plugins(subject: Subject, pytestconfig: pytest.Config) -> set[str]:
    """Those that are asked about, without the tests' own: their jobs fail and sleep on purpose."""
    own = {line.partition("=")[0].strip() for line in pytestconfig.getini("tenantry_plugins")}
    return set(subject.plugins) - own


@pytest.fixture(scope="module")
def things(house: House, samples: Samples, subject: Subject, plugins: set[str]) -> Belongings:
    """A tenant with a sample of each of the plugins' records."""
    made = Belongings(house, samples, house.new_tenant(), subject, "zqwork")
    for entry in subject.entries:
        if entry.plugin.name in plugins:
            made.record(entry)
    return made


def test_metrics_count(things: Belongings, subject: Subject, plugins: set[str]) -> None:
    names = [name for name in subject.registry.contributions.metrics if name.partition(".")[0] in plugins]
    if not names:
        pytest.skip("it has no metrics")
    with things.house.inside(things.tenant):
        assert all(used(name) >= 0 for name in names)


def test_jobs_run(app: Flask, things: Belongings, subject: Subject, plugins: set[str], record_property: Remark) -> None:
    jobs = [job for name, job in subject.registry.jobs.items() if name.partition(".")[0] in plugins]
    if not jobs:
        pytest.skip("it has no jobs")
    discard_pending(app)
    for job in jobs:
        try:
            call = call_of(job, subject.registry, partial(_made, things))
        except Unknown as parameter:
            words = f"{job.name} was not run: JOBS in a module samples beside plugin.py says what “{parameter}” is"
            record_property("remark", words)
            continue
        state, error = _run(app, things, job, call.arguments)
        last = error.strip().rpartition("\n")[2]
        if any(name in error for name in NETWORK):
            record_property("remark", f"{job.name} ended at the network: {last}")
        elif call.is_guessed and error:
            words = f"{job.name} was called with {list(call.arguments)}, by the types of its parameters: {last}"
            record_property("remark", f"{words} (JOBS in a module samples beside plugin.py says better ones)")
        else:
            assert (state, error) == ("done", ""), f"{job.name}: {error}"


def _made(things: Belongings, key: str, **given: Any) -> str:
    """The id of a new record of this kind, with these columns."""
    with things.house.inside(things.tenant, things.person.uid) as session:
        made = str(things.samples.record(session, things.registry.entries[key].model, things.marker, **given).id)
        session.commit()
    return made


def _run(app: Flask, things: Belongings, job: Job, arguments: Sequence[Any]) -> tuple[str, str]:
    """How the job ended, and its error."""
    with things.house.inside(things.tenant, things.person.uid) as session:
        key = enqueue(job.name, *arguments)
        session.commit()
    run_due(app)
    with things.house.inside(things.tenant) as session:
        done = session.get_one(QueuedJob, key)
        return done.state, done.last_error or ""
