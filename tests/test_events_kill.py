"""Relays and workers that are killed at any moment: each effect is there exactly once, and none is lost."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from sqlalchemy import select, text

from app.data import current_tenant_id, platform_session
from app.data.bulk import TOLD
from app.events.actions import retry
from app.events.handling import bury_lost
from app.events.models import DEAD, DomainEvent, EventHandling
from app.testing.pumping import hurry, pump
from tests.plugins_for_tests.depot import services
from tests.plugins_for_tests.depot.models import Heard, Parcel

PARCELS, STEPS = 100, 20
KILLS = 25


@pytest.fixture(autouse=True)
def silence(app, house):
    _empty(app)
    yield
    _empty(app)


def _empty(app):
    with app.app_context(), platform_session("tests leave nothing behind") as session:
        for table in ("job", "domain_event", "depot.heard", "depot.parcel"):
            session.execute(text(f"DELETE FROM {table}"), execution_options=TOLD)


def _waiting(app):
    with app.app_context(), platform_session("a test waits for the end") as session:
        return session.scalar(text("SELECT count(*) FROM domain_event WHERE state IN ('waiting', 'running')"))


def _take_up_what_was_given_up(app, house):
    """What a person does with handlers whose job killed its worker three times, as far as anybody can see."""
    from datetime import timedelta

    with house.inside() as session:
        reported = bury_lost(session, current_tenant_id(), timedelta(0))
        session.commit()
    for _ in range(3):
        with house.inside() as session:
            dead = list(session.scalars(select(EventHandling).where(EventHandling.state == DEAD)))
            if dead:
                retry(dead)
            session.commit()
        hurry(app)
        pump(app, rounds=5000)
    return reported


@pytest.mark.slow
def test_killed_relays_and_workers_lose_nothing_and_repeat_nothing(app, house, pumps):
    parcels = house.add(*[Parcel(code=f"K-{n}") for n in range(PARCELS)])
    kills, end = 0, time.monotonic() + 100
    for step in range(STEPS):
        with house.inside() as session:
            for parcel in parcels:
                services.move(parcel)
            session.commit()
        if step % 3 == 0:
            pumps()
            kills += 1
    while _waiting(app) and time.monotonic() < end and kills < KILLS:
        time.sleep(random.uniform(0.2, 1.2))
        pumps()
        kills += 1
    while _waiting(app) and time.monotonic() < end:
        time.sleep(0.2)
    while True:
        try:
            pumps(again=False)
        except ValueError:
            break
    reported = _take_up_what_was_given_up(app, house)
    with house.inside() as session:
        told = dict(session.execute(select(DomainEvent.id, DomainEvent.state)).all())
        moved = set(session.scalars(select(DomainEvent.id).where(DomainEvent.name == "depot.parcel_moved")))
        heard = Counter(tuple(row) for row in session.execute(select(Heard.handler, Heard.event_id)))
    assert kills >= 7
    assert set(told.values()) == {"done"}, Counter(told.values())
    assert len(moved) == PARCELS * STEPS
    for handler in ("hear", "hear_too"):
        assert {event for name, event in heard if name == handler} == moved
    assert set(heard.values()) == {1}
    print(f"{kills} kills, {len(moved)} events, {reported} handlers reported to a person")  # noqa: T201
