"""Durable jobs: written with the caller's transaction, run once, tried again, explained."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from app.data import platform_session
from app.jobs import enqueue, enqueue_batch, run_due
from app.jobs.models import QueuedJob
from tests.plugins_for_tests.garage.models import Vehicle


@pytest.fixture(autouse=True)
def no_jobs(app, house):
    """Every test starts with an empty queue."""
    with app.app_context(), platform_session("tests start with an empty queue") as session:
        session.execute(text("DELETE FROM job"))


@pytest.fixture
def vehicle(house):
    return str(house.add(Vehicle(plate="J-1", state="new"))[0])


@pytest.fixture(autouse=True)
def no_vehicles(house):
    yield
    with house.inside() as session:
        session.query(Vehicle).filter(Vehicle.plate.startswith("J-")).delete()
        session.commit()


def write(house, name, *args, tenant=None, actor=None, **more):
    with house.inside(tenant, actor) as session:
        key = enqueue(name, *args, **more)
        session.commit()
    return key


def job(house, key, tenant=None):
    with house.inside(tenant) as session:
        row = session.get(QueuedJob, key)
        session.expunge_all()
        return row


def washed(house, key):
    with house.inside() as session:
        return session.get(Vehicle, key).odometer or 0


def test_a_job_runs_once_and_keeps_its_result(app, house, vehicle):
    key = write(house, "garage.wash", [vehicle])
    assert job(house, key).state == "pending"
    assert run_due(app) == 1
    assert run_due(app) == 0
    done = job(house, key)
    assert (done.state, done.result, done.attempts, done.percent) == ("done", 1, 1, 100)
    assert washed(house, vehicle) == 1


def test_a_job_of_a_transaction_rolled_back_never_was(app, house):
    with house.inside() as session:
        enqueue("garage.nothing")
        session.rollback()
    assert run_due(app) == 0


def test_a_job_of_a_savepoint_rolled_back_never_was(app, house):
    with house.inside() as session:
        enqueue("garage.nothing", "kept")
        savepoint = session.begin_nested()
        enqueue("garage.nothing", "gone")
        savepoint.rollback()
        session.commit()
    with house.inside() as session:
        assert session.scalars(select(QueuedJob.args)).all() == [["kept"]]


def test_a_job_runs_inside_its_tenant(app, house):
    key = write(house, "garage.inspect", tenant=house.globex)
    run_due(app)
    assert str(house.globex.id) in job(house, key, house.globex).result
    assert job(house, key) is None


def test_a_batch_is_cut_into_chunks(app, house):
    with house.inside() as session:
        enqueue_batch("garage.nothing", list(range(120)), size=50)
        session.commit()
        sizes = [
            len(args[0]) for args in session.scalars(select(QueuedJob.args).where(QueuedJob.batch_id.is_not(None)))
        ]
    assert sorted(sizes) == [20, 50, 50]
    assert run_due(app) == 3


def test_one_unique_job_waits_at_a_time(app, house):
    first = write(house, "garage.inspect", "a")
    assert write(house, "garage.inspect", "a") == first
    assert write(house, "garage.inspect", "b") != first
    run_due(app)
    assert write(house, "garage.inspect", "a") != first


@pytest.mark.parametrize("args", [(object(),), (float("nan"),), ("x" * 200_000,)])
def test_arguments_that_do_not_fit_are_refused_at_once(house, args):
    with house.inside(), pytest.raises((TypeError, ValueError)):
        enqueue("garage.nothing", *args)


def test_an_unknown_job_is_refused_at_once(house):
    with house.inside(), pytest.raises(LookupError):
        enqueue("garage.fly")


def test_a_job_that_raises_rolls_back_and_is_tried_again_later(app, house, vehicle):
    key = write(house, "garage.wash", [vehicle, "00000000-0000-0000-0000-000000000000"])
    run_due(app)
    waits = job(house, key)
    assert (waits.state, waits.attempts) == ("delayed", 1)
    assert waits.due_at > waits.started_at
    assert waits.last_error
    assert washed(house, vehicle) == 0
    assert run_due(app) == 0
