"""Schedules: right on the clocks of five zones, none missed and none doubled, whoever leads."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from app.data import platform_session
from app.host import Plugin, Schedule
from app.host.claims import ClaimError
from app.host.job_claims import check_schedules
from app.jobs.scheduler import sync, tick
from app.jobs.ticks import catch_up, ticks
from app.tenancy.models import Tenant

CHANGES = {
    "America/New_York": [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)],
    "Europe/Berlin": [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)],
    "America/Santiago": [datetime(2026, 4, 5, 3, tzinfo=UTC), datetime(2026, 9, 6, 4, tzinfo=UTC)],
    "Africa/Cairo": [datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 10, 29, 21, tzinfo=UTC)],
}
"""Half an hour in Lord Howe, at midnight in Santiago and Cairo."""
MINUTE = timedelta(minutes=1)


def wall_times(zone, start, minutes):
    """Every minute of real time with its wall clock."""
    local = ZoneInfo(zone)
    for number in range(minutes):
        moment = start + number * MINUTE
        yield moment, moment.astimezone(local).replace(tzinfo=None)


def expected_at_fixed_times(zone, start, minutes, hours, at):
    """What the sentence in the documentation says, minute by minute, knowing nothing of cron."""
    found, shown_before = [], set()
    previous = None
    for moment, wall in wall_times(zone, start - timedelta(days=1), minutes + 1440):
        skipped = []
        if previous is not None and wall - previous > MINUTE:
            gap = int((wall - previous) / MINUTE)
            skipped = [previous + number * MINUTE for number in range(1, gap)]
        due = any(one.hour in hours and one.minute in at for one in [wall, *skipped] if one not in shown_before)
        shown_before |= {wall, *skipped}
        previous = wall
        if due and moment > start:
            found.append(moment)
    return found


def in_order(numbers):
    return ",".join(map(str, sorted(numbers)))


around = st.sampled_from(list(itertools.chain(*([(zone, at) for at in times] for zone, times in CHANGES.items()))))


def test_the_clocks_do_change_then():
    for zone, times in CHANGES.items():
        for moment in times:
            before, after = (at.astimezone(ZoneInfo(zone)).utcoffset() for at in (moment - MINUTE, moment))
            assert before != after, (zone, moment)


@settings(max_examples=150)
@given(
    around,
    st.integers(-1500, 300),
    st.sets(st.integers(0, 23), min_size=1, max_size=6),
    st.sets(st.integers(0, 59), min_size=1, max_size=3),
)
def test_a_wall_time_that_is_skipped_runs_at_the_next_instant_and_one_that_repeats_runs_once(change, lead, hours, at):
    zone, moment = change
    start, minutes = moment + lead * MINUTE, 2880
    end = start + minutes * MINUTE
    made = list(
        itertools.takewhile(lambda one: one < end, ticks(f"{in_order(at)} {in_order(hours)} * * *", zone, start))
    )
    assert made == expected_at_fixed_times(zone, start, minutes, hours, at)


@settings(max_examples=100)
@given(around, st.integers(-300, 60), st.sets(st.integers(0, 59), min_size=1, max_size=4))
def test_what_runs_every_hour_follows_real_time(change, lead, at):
    zone, moment = change
    start = moment + lead * MINUTE
    made = list(
        itertools.takewhile(lambda one: one < start + 600 * MINUTE, ticks(f"{in_order(at)} * * * *", zone, start))
    )
    assert made == [one for one, wall in wall_times(zone, start, 600) if wall.minute in at and one > start]


def test_half_an_hour_that_comes_twice_has_two_ticks_of_an_hourly_schedule():
    start = datetime(2026, 4, 4, 14, 0, tzinfo=UTC)
    made = [one.strftime("%H:%M") for one in itertools.islice(ticks("30 * * * *", "Australia/Lord_Howe", start), 4)]
    assert made == ["14:30", "15:00", "16:00", "17:00"]


@settings(max_examples=60)
@given(
    around, st.sets(st.integers(0, 23), min_size=1, max_size=4), st.lists(st.integers(1, 2000), min_size=1, max_size=8)
)
def test_catching_up_all_gives_every_tick_once_however_late_the_scheduler_looks(change, hours, pauses):
    zone, moment = change
    start = moment - timedelta(days=2)
    cron = f"30 {in_order(hours)} * * *"
    due = next(ticks(cron, zone, start))
    ran, now = [], start
    for pause in pauses:
        now += pause * MINUTE
        while due <= now:
            chosen, due = catch_up(cron, zone, due, now, "all")
            ran += chosen
    assert ran == list(itertools.takewhile(lambda one: one <= now, ticks(cron, zone, start)))


def test_catching_up_once_and_not_at_all():
    due, now = datetime(2026, 1, 1, 3, tzinfo=UTC), datetime(2026, 1, 4, 12, tzinfo=UTC)
    following = datetime(2026, 1, 5, 3, tzinfo=UTC)
    assert catch_up("0 3 * * *", "UTC", due, now, "once") == ([datetime(2026, 1, 4, 3, tzinfo=UTC)], following)
    assert catch_up("0 3 * * *", "UTC", due, now, "skip") == ([], following)
    assert catch_up("0 3 * * *", "UTC", due, due + timedelta(seconds=20), "skip")[0] == [due]


@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "61 * * * *"},
        {"cron": "0 0 0 * * *"},
        {"zone": "Mars/Olympus"},
        {"job": "garage.fly"},
        {"name": "crm.x"},
    ],
)
def test_a_schedule_that_cannot_work_is_refused_at_start_up(wrong):
    declared = {"name": "garage.x", "job": "garage.nothing", "cron": "0 3 * * *", **wrong}
    with pytest.raises(ClaimError):
        check_schedules(Plugin("garage", "Garage"), [Schedule(**declared)], {"garage.nothing"})


@pytest.fixture
def clean(app, monkeypatch):
    # A tick takes so many rows at once; here the tenants of all other tests have theirs as well.
    monkeypatch.setattr("app.jobs.scheduler.AT_ONCE", 100_000)
    with app.app_context(), platform_session("tests start with an empty clock") as session:
        session.execute(text("DELETE FROM job"))
        session.execute(text("DELETE FROM job_schedule"))


def only(app, *tenants):
    """The clocks of these tenants alone: hundreds of others are there, and each round takes them all along."""
    with app.app_context(), platform_session("a test looks at few of all clocks") as session:
        statement = text("DELETE FROM job_schedule WHERE NOT tenant_id = ANY(:kept)")
        session.execute(statement, {"kept": [one.id for one in tenants]})


def jobs_of(app, tenant):
    with app.app_context(), platform_session("a test looks at all jobs") as session:
        statement = text("SELECT tick_at FROM job WHERE tenant_id = :tenant AND schedule = 'garage.nightly' ORDER BY 1")
        return [at.astimezone(UTC) for (at,) in session.execute(statement, {"tenant": tenant.id})]


def test_each_tenant_has_its_own_clock(app, house, clean):
    berlin = house.new_tenant(timezone="Europe/Berlin")
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)  # half past two does not exist in Berlin the night after
    assert sync(app, start)
    only(app, berlin, house.acme)
    tick(app, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))
    assert jobs_of(app, berlin) == [datetime(2026, 3, 29, 1, tzinfo=UTC)]
    assert jobs_of(app, house.acme) == []
    tick(app, datetime(2026, 3, 29, 2, 30, tzinfo=UTC))
    assert jobs_of(app, house.acme) == [datetime(2026, 3, 29, 2, 30, tzinfo=UTC)]


def test_a_tenant_that_moves_takes_its_clock_along(app, house, clean):
    tenant = house.new_tenant(timezone="UTC")
    start = datetime(2026, 6, 1, tzinfo=UTC)
    sync(app, start)
    with house.inside(tenant) as session:
        session.execute(update(Tenant).where(Tenant.id == tenant.id).values(timezone="Asia/Riyadh"))
        session.commit()
    sync(app, start)
    only(app, tenant)
    tick(app, start + timedelta(days=1))
    assert jobs_of(app, tenant) == [datetime(2026, 6, 1, 23, 30, tzinfo=UTC)]


def test_many_schedulers_at_once_enqueue_each_tick_once(app, house, clean):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    sync(app, start)
    only(app, house.acme, house.globex)
    errors = []

    def lead():
        try:
            for day in range(1, 15):
                tick(app, start + timedelta(days=day))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=lead) for _number in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    tick(app, start + timedelta(days=14))
    assert not errors
    made = jobs_of(app, house.acme)
    assert len(made) == len(set(made))
    assert made[-1] == datetime(2026, 6, 14, 2, 30, tzinfo=UTC)


def test_a_leader_that_dies_in_the_middle_has_done_nothing(app, house, clean, monkeypatch):
    start = datetime(2026, 6, 1, tzinfo=UTC)
    sync(app, start)
    only(app, house.acme)
    with monkeypatch.context() as dying:  # to undo all would undo what `clean` patched as well
        dying.setattr("app.jobs.scheduler._due", lambda now: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tick(app, start + timedelta(days=1))
    tick(app, start + timedelta(days=1))
    assert jobs_of(app, house.acme) == [datetime(2026, 6, 1, 2, 30, tzinfo=UTC)]
