"""Numbers people read: distinct under threads and processes, without gaps where asked, never cut short."""

from __future__ import annotations

import multiprocessing
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app import create_app
from app.data import MissingTenant, Scope, db, next_number, scope
from app.data.sequences import NumberSequence, peek

PATTERN = "T-{year}-{0000}"
AT = datetime(2026, 5, 17, 12, tzinfo=UTC)
BEFORE, TOTAL = 9_000, 10_001
"""A series that parallel work carries past the width of its numbers."""


@pytest.fixture(scope="module")
def tenant(house):
    return house.new_tenant()


def draw(app, tenant_id, key, count, gapless, batch):
    """`count` numbers in transactions of `batch`."""
    found = []
    with app.app_context(), scope(Scope(tenant_id)):
        while len(found) < count:
            some = min(batch, count - len(found))
            found += [next_number(db.session, key, PATTERN, gapless=gapless, at=AT) for _ in range(some)]
            db.session.commit()
    return found


def in_threads(app, tenant_id, key, count, gapless, batch, threads=3):
    found, errors = [], []

    def work(share):
        try:
            found.extend(draw(app, tenant_id, key, share, gapless, batch))
        except Exception as error:
            errors.append(error)

    shares = [count // threads + (1 if at < count % threads else 0) for at in range(threads)]
    running = [threading.Thread(target=work, args=(share,)) for share in shares]
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert errors == []
    return found


def process(settings, tenant_id, key, count, gapless, batch, answers):
    answers.put(in_threads(create_app(settings), tenant_id, key, count, gapless, batch))


@pytest.mark.parametrize(("gapless", "before", "end", "batch"), [(True, BEFORE, TOTAL, 50), (False, 0, 601, 1)])
def test_numbers_are_distinct_over_threads_and_processes(settings, house, tenant, gapless, before, end, batch):
    key, count = f"parallel {gapless}", end - before
    if before:
        with house.inside(tenant) as session:
            session.add(NumberSequence(key=key, period="2026", next_value=before + 1))
            session.commit()
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()
    shares = [count // 2, count - count // 2]
    running = [
        spawn.Process(target=process, args=(settings, tenant.id, key, share, gapless, batch, answers))
        for share in shares
    ]
    for one in running:
        one.start()
    numbers = [number for _ in running for number in answers.get(timeout=120)]
    for one in running:
        one.join(timeout=30)
    assert len(set(numbers)) == len(numbers) == count
    assert sorted(int(number.rpartition("-")[2]) for number in numbers) == list(range(before + 1, end + 1))
    if end > 9_999:
        assert {f"T-2026-{end}", "T-2026-9001"} <= set(numbers)


def test_a_series_without_gaps_takes_numbers_back(house, tenant):
    with house.inside(tenant) as session:
        assert next_number(session, "gapless", PATTERN, at=AT) == "T-2026-0001"
        session.commit()
        assert next_number(session, "gapless", PATTERN, at=AT) == "T-2026-0002"
        session.rollback()
        assert next_number(session, "gapless", PATTERN, at=AT) == "T-2026-0002"
        session.commit()


def test_a_series_with_gaps_never_gives_a_number_twice(house, tenant):
    with house.inside(tenant) as session:
        first = next_number(session, "gaps", PATTERN, gapless=False, at=AT)
        session.rollback()
        assert next_number(session, "gaps", PATTERN, gapless=False, at=AT) != first


def test_each_tenant_and_each_period_counts_for_itself(house, tenant):
    with house.inside(tenant) as session:
        numbers = [next_number(session, "periods", PATTERN, at=AT.replace(year=year)) for year in (2026, 2026, 2027)]
        session.commit()
    assert numbers == ["T-2026-0001", "T-2026-0002", "T-2027-0001"]
    with house.inside(house.new_tenant()) as session:
        assert next_number(session, "periods", PATTERN, at=AT) == "T-2026-0001"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("{0}", "1"), ("{000000}", "000001"), ("INV{yy}{month}{day}/{00}", "INV260517/01"), ("{year}{0}x", "20261x")],
)
def test_patterns(house, tenant, pattern, expected):
    with house.inside(tenant) as session:
        assert next_number(session, f"pattern {pattern}", pattern, at=AT) == expected
        session.rollback()


@pytest.mark.parametrize("pattern", ["", "T", "{year}", "{0}{0}", "{0000", "{hour}-{0}", "{0}}", "{}", "{1}"])
def test_bad_patterns_are_refused(house, tenant, pattern):
    with house.inside(tenant) as session, pytest.raises(ValueError, match="pattern"):
        next_number(session, "bad", pattern)


def test_the_width_grows_past_the_pattern(house, tenant):
    with house.inside(tenant) as session:
        session.add(NumberSequence(key="wide", period="2026", next_value=9_999))
        session.flush()
        assert [next_number(session, "wide", PATTERN, at=AT) for _ in range(2)] == ["T-2026-9999", "T-2026-10000"]
        assert peek(session, "wide", "2026") == 10_001
        session.rollback()


def test_without_a_tenant_there_is_no_number(app):
    with app.app_context(), pytest.raises(MissingTenant):
        next_number(db.session, "nobody", "{0}")


def test_a_repair_gets_its_number_in_its_own_transaction(house, samples, tenant):
    """The garage numbers repairs when they are saved; a refused one leaves no gap."""
    from tests.plugins_for_tests.garage.models import Repair, Vehicle

    with house.inside(tenant) as session:
        vehicle = str(samples.record(session, Vehicle).id)
        session.commit()
    api = house.api("owner", tenant)
    body = {"vehicle": vehicle, "cost": {"amount": "1", "currency": "USD"}}
    first = api.post("/garage/repair", body).json["number"]
    assert api.post("/garage/repair", {**body, "hours": 9_999_999}).status_code == 422
    second = api.post("/garage/repair", body).json["number"]
    assert int(second.rpartition("-")[2]) == int(first.rpartition("-")[2]) + 1
    with house.inside(tenant) as session:
        assert session.scalars(select(Repair.number).where(Repair.number == second)).one()
