"""What works unseen runs once, with samples there: jobs in a worker, metrics as plans count them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
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
        arguments = list(_arguments(job, things))
        if None in arguments:
            words = f"{job.name} was not run: call its parameters after its records (vehicle_id), and it is"
            record_property("remark", words)
            continue
        state, error = _run(app, things, job, arguments)
        if any(name in error for name in NETWORK):
            record_property("remark", f"{job.name} ended at the network: {error.strip().splitlines()[-1]}")
        else:
            assert (state, error) == ("done", ""), f"{job.name}: {error}"


def _arguments(job: Job, things: Belongings) -> Iterator[str | None]:
    """What stands for each parameter that must be given: the id of a record that it is called after, else None."""
    _run, *parameters = inspect.signature(job.run).parameters.values()
    for one in parameters:
        entry = things.registry.entries.get(f"{job.name.partition('.')[0]}.{one.name.removesuffix('_id')}")
        if one.default is one.empty and one.kind is not one.VAR_POSITIONAL:
            yield things.record(entry, fresh=True) if entry is not None else None


def _run(app: Flask, things: Belongings, job: Job, arguments: list[Any]) -> tuple[str, str]:
    """How the job ended, and its error."""
    with things.house.inside(things.tenant, things.person.uid) as session:
        key = enqueue(job.name, *arguments)
        session.commit()
    run_due(app)
    with things.house.inside(things.tenant) as session:
        done = session.get_one(QueuedJob, key)
        return done.state, done.last_error or ""
