"""Durable jobs: written with the caller's transaction, run once, tried again, explained."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import redis
from flask_babel import force_locale
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select, text, update

from app.data import platform_session, utcnow, uuid7
from app.jobs import enqueue, enqueue_batch, run_due
from app.jobs.claim import NOBODY, claim, release
from app.jobs.keeper import Keeper
from app.jobs.models import QueuedJob
from app.jobs.outcome import pause_after
from app.jobs.person import forget_people
from app.jobs.running import Runner
from app.jobs.steering import cancel, retry
from app.jobs.sweeping import purge, sweep
from app.jobs.worker import HINT, LONGEST_DRAIN, Hint, NotAllowed
from app.tenancy.models import TenantPlugin
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


def test_a_batch_is_cut_into_chunks_and_its_parent_tells_how_far_it_is(app, house):
    with house.inside() as session:
        parent = enqueue_batch("garage.nothing", list(range(120)), size=50)
        session.commit()
        parts = select(QueuedJob.args).where(QueuedJob.batch_id == parent, QueuedJob.id != parent)
        sizes = [len(args[0]) for args in session.scalars(parts)]
    assert sorted(sizes) == [20, 50, 50]
    assert run_due(app, limit=2) == 2
    half = job(house, parent)
    assert (half.state, half.percent, half.words) == ("running", 66, "2 / 3")
    run_due(app)
    assert (job(house, parent).state, job(house, parent).percent) == ("done", 100)


def test_a_batch_with_a_failed_part_has_failed_until_that_part_succeeds(app, house, vehicle):
    with house.inside() as session:
        parent = enqueue_batch("garage.once", [vehicle, "no such key"], size=1)
        session.commit()
    run_due(app)
    failed = job(house, parent)
    assert (failed.state, failed.last_error) == ("failed", "1 of 2 parts failed.")
    with house.inside() as session:
        assert retry(session, [parent]) == 2  # the parent and the part
        session.commit()
    assert job(house, parent).state == "running"
    run_due(app)
    assert job(house, parent).state == "failed"
    assert washed(house, vehicle) == 1


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
    began = utcnow()
    run_due(app)
    ended, waits = utcnow(), job(house, key)
    assert (waits.state, waits.attempts) == ("delayed", 1)
    assert began + timedelta(seconds=2.4) < waits.due_at < ended + timedelta(seconds=7.6)
    assert waits.last_error.startswith("Unexpected error: NoResultFound")
    assert "garage/services.py" in waits.trace
    assert washed(house, vehicle) == 0
    assert run_due(app) == 0


def test_the_last_attempt_fails_for_good_and_a_person_may_retry(app, house, vehicle):
    key = write(house, "garage.wash", ["00000000-0000-0000-0000-000000000000"])
    for _attempt in range(3):
        run_due(app)
        change(house, key, due_at=utcnow() - timedelta(seconds=1))
    dead = job(house, key)
    assert (dead.state, dead.attempts) == ("failed", 3)
    change(house, key, args=[[vehicle]])
    with house.inside() as session:
        retry(session, [key])
        session.commit()
    run_due(app)
    assert (job(house, key).state, job(house, key).last_error) == ("done", None)


def test_pauses_grow_and_scatter():
    firsts = [pause_after(1) for _ in range(100)]
    assert 2.5 <= min(firsts) < max(firsts) <= 7.5
    assert min(pause_after(5) for _ in range(100)) >= 40
    assert max(pause_after(50) for _ in range(100)) <= 5400


def test_a_delayed_job_waits(app, house):
    key = write(house, "garage.nothing", delay=3600)
    assert run_due(app) == 0
    change(house, key, due_at=utcnow() - timedelta(seconds=1))
    assert run_due(app) == 1


def test_urgent_jobs_go_first(app, house):
    low, normal, high = (write(house, "garage.nothing", priority=one) for one in ("low", "normal", "high"))
    assert [one.id for one in lease(app, size=2)] == [high, normal]
    assert [one.id for one in lease(app)] == [low]


def test_a_job_works_in_the_name_and_language_of_whoever_asked(app, house):
    person = house.people["acme", "agent"]
    with house.inside(actor=person.uid) as session, force_locale("ar"):
        key = enqueue("garage.inspect", "who")
        session.commit()
    run_due(app)
    assert job(house, key).result == f"{person.email} {house.acme.id} ar"


def test_a_job_whose_time_is_up_is_stopped(app, house):
    key = write(house, "garage.dawdle", 30)
    began = time.monotonic()
    run_due(app)
    assert time.monotonic() - began < 20, "it would have gone on for 30 seconds"
    assert job(house, key).last_error == "It ran longer than 1 seconds and was stopped."


def test_a_worker_that_must_end_gives_its_job_back_without_blame(app, house):
    key = write(house, "garage.count", 1000)
    runner = Runner(app)
    with Keeper(runner) as keeper:
        keeper.stopping_since = time.monotonic() - 60
        runner.drain(limit=1)
    back = job(house, key)
    assert (back.state, back.attempts, back.lost_leases) == ("pending", 0, 0)


def test_a_running_job_shows_its_progress_and_can_be_cancelled(app, house):
    key = write(house, "garage.count", 200)
    seen = []

    def watch():
        while not seen or seen[-1].state in ("pending", "leased") or not seen[-1].percent:
            time.sleep(0.05)
            seen.append(job(house, key))
        with house.inside() as session:
            assert cancel(session, [key]) == 1
            session.commit()

    watcher = threading.Thread(target=watch)
    watcher.start()
    run_due(app)
    watcher.join()
    assert seen[-1].state == "running"
    assert 0 < seen[-1].percent < 100
    assert "/ 200" in seen[-1].words
    assert job(house, key).state == "cancelled"


def test_a_waiting_job_can_be_cancelled(app, house):
    key = write(house, "garage.nothing")
    with house.inside() as session:
        assert cancel(session, [key]) == 1
        assert cancel(session, [key]) == 0
        session.commit()
    assert run_due(app) == 0
    assert job(house, key).state == "cancelled"


def test_a_lost_lease_comes_back_and_three_of_them_park_the_job(app, house):
    key = write(house, "garage.nothing")
    for _loss in range(3):
        assert [one.id for one in lease(app)] == [key]
        change(house, key, lease_until=utcnow() - timedelta(seconds=1))
        sweep(app)
    parked = job(house, key)
    assert (parked.state, parked.lost_leases) == ("parked", 3)
    assert parked.last_error == "The worker that ran it ended without a word."
    assert run_due(app) == 0


def test_a_worker_that_lost_its_lease_changes_nothing(app, house, vehicle):
    key = write(house, "garage.wash", [vehicle])
    [mine] = lease(app)
    change(house, key, lease_id=uuid7())  # another worker has it now
    Runner(app).run(mine)
    assert job(house, key).state == "leased"
    assert washed(house, vehicle) == 0


def test_a_job_that_commits_in_steps_commits_none_after_its_lease(app, house, vehicle):
    key = write(house, "garage.steps", [vehicle])
    [mine] = lease(app)
    change(house, key, lease_id=uuid7())
    Runner(app).run(mine)
    assert washed(house, vehicle) == 0


def test_everybody_gets_a_turn(app, house):
    with house.inside() as session:
        for number in range(500):
            enqueue("garage.nothing", number)
        session.commit()
    lonely = write(house, "garage.nothing", tenant=house.globex)
    assert lonely in [one.id for one in lease(app, size=10)]


def test_long_jobs_of_one_tenant_leave_room_for_others(app, house):
    busy, waits = (write(house, "garage.nothing", number) for number in range(2))
    other = write(house, "garage.nothing", tenant=house.globex)
    change(house, busy, state="running", lease_id=uuid7(), lease_until=utcnow() + timedelta(hours=1))
    assert [one.id for one in lease(app, per_tenant=1)] == [other]
    assert [one.id for one in lease(app, per_tenant=2)] == [waits]


def test_a_job_whose_plugin_was_switched_off_says_so(app, house):
    tenant = house.new_tenant()
    key = write(house, "garage.nothing", tenant=tenant)
    with house.inside(tenant) as session:
        session.execute(update(TenantPlugin).where(TenantPlugin.plugin_key == "garage").values(state="off"))
        session.commit()
    forget_people()
    run_due(app)
    assert "not switched on" in job(house, key, tenant).last_error


def test_a_part_that_was_switched_on_a_moment_ago_is_on(app, house):
    tenant = house.new_tenant()
    for state in ("off", "on"):
        with house.inside(tenant) as session:
            session.execute(update(TenantPlugin).where(TenantPlugin.plugin_key == "garage").values(state=state))
            session.commit()
        key = write(house, "garage.nothing", state, tenant=tenant)
        run_due(app)
    assert job(house, key, tenant).state == "done"


def test_a_cancelled_job_that_is_given_back_does_not_start_again(app, house):
    key = write(house, "garage.nothing")
    mine = lease(app)
    with house.inside() as session:
        cancel(session, [key])
        session.commit()
    with app.app_context(), platform_session("a test gives back like a worker") as session:
        release(session, mine)
    assert job(house, key).state == "cancelled"
    assert job(house, key).keep_until is not None


def test_a_unique_job_that_is_given_back_waits_beside_the_next_one(app, house):
    first = write(house, "garage.inspect", "a")
    mine = lease(app)
    second = write(house, "garage.inspect", "a")
    with app.app_context(), platform_session("a test gives back like a worker") as session:
        release(session, mine)
    assert {job(house, key).state for key in (first, second)} == {"pending"}


def test_a_unique_job_that_failed_gives_way_to_the_one_that_waits(app, house):
    first = write(house, "garage.unsure")
    [mine] = lease(app)
    second = write(house, "garage.unsure")
    Runner(app).run(mine)
    runner = Runner(app)
    runner.run(mine)
    runner.drain(limit=0)
    states = {job(house, key).state for key in (first, second)}
    assert states == {"cancelled", "pending"}
    assert job(house, first).keep_until is not None


def test_rows_are_purged_when_they_were_kept_long_enough(app, house):
    key = write(house, "garage.nothing")
    run_due(app)
    assert 6.9 < (job(house, key).keep_until - utcnow()).total_seconds() / 86400 < 7.1
    assert purge(app) == 0
    change(house, key, keep_until=utcnow() - timedelta(seconds=1))
    assert purge(app) == 1
    assert job(house, key) is None


def test_a_unique_job_that_waits_cannot_start_before_the_change_that_asked_again(app, house):
    first = write(house, "garage.inspect", "a")
    with house.inside() as session:
        assert enqueue("garage.inspect", "a") == first
        assert lease(app) == []  # locked until this transaction ends
        session.commit()
    assert [one.id for one in lease(app)] == [first]


def test_a_hint_outlives_the_longest_job(app, addresses, monkeypatch):
    connection = redis.Redis.from_url(addresses[1])
    queue = Queue("tenantry-test", connection=connection, job_class=Hint, serializer=JSONSerializer)
    pushed = queue.enqueue_call(HINT, timeout=-1, result_ttl=0, ttl=60)
    runner, left = Runner(app), []
    monkeypatch.setattr(runner, "drain", lambda *stop, **more: left.append(connection.ttl(pushed.key)) or 0)
    monkeypatch.setattr(Hint, "runner", runner)
    Hint.fetch(pushed.id, connection=connection, serializer=JSONSerializer).perform()
    assert left == [LONGEST_DRAIN]
    pushed.delete()


def test_nothing_but_a_hint_is_obeyed(app, addresses):
    connection = redis.Redis.from_url(addresses[1])
    queue = Queue("tenantry-test", connection=connection, job_class=Hint, serializer=JSONSerializer)
    evil = queue.enqueue_call("os.system", ("true",), on_success="os.abort")
    with pytest.raises(NotAllowed):
        Hint.fetch(evil.id, connection=connection, serializer=JSONSerializer).perform()
    queue.delete(delete_jobs=True)


def lease(app, size=50, per_tenant=99):
    with app.app_context(), platform_session("a test claims like a worker") as session:
        return claim(session, uuid7(), size=size, per_tenant=per_tenant, seconds=60, after=NOBODY)


def change(house, key, **values):
    with house.inside() as session:
        session.execute(update(QueuedJob).where(QueuedJob.id == key).values(**values))
        session.commit()
