"""A hook that is too slow is cut off, whatever it does; what is quick pays next to nothing."""

from __future__ import annotations

import sys
import threading
import time
import weakref

import pytest
from sqlalchemy import text

from app.data import db
from app.host.budget import AGAIN, Budget, CutOff, TooSlow, seconds_left

SHORT, LONG = 0.2, 20.0


def spin():
    while True:
        pass


def count_up():
    return sum(number for number in range(10**11))


def stubborn():
    """Swallows whatever it can, once."""
    try:
        spin()
    except BaseException:
        spin()


def in_a_callback():
    """What is raised in the callback of a weak reference, Python writes down and drops."""
    one = type("Kept", (), {})()
    watching = weakref.ref(one, lambda _gone: spin())
    del one
    spin()
    del watching


@pytest.mark.parametrize("hook", [spin, count_up, stubborn])
@pytest.mark.parametrize("in_thread", [False, True])
def test_python_is_cut_off(app, hook, in_thread):
    said = []

    def run():
        began = time.monotonic()
        with app.app_context():
            try:
                with Budget(SHORT):
                    hook()
            except TooSlow:
                said.append(time.monotonic() - began)

    if in_thread:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(LONG)
    else:
        run()
    assert said
    assert SHORT <= said[0] < LONG


def test_what_is_lost_in_a_callback_is_told_again(app, monkeypatch):
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: lost.append(told.exc_type))
    began = time.monotonic()
    with app.app_context():
        with pytest.raises(TooSlow), Budget(SHORT):
            in_a_callback()
        assert SHORT + AGAIN <= time.monotonic() - began < LONG
        assert lost == [CutOff]
        with Budget(LONG):
            assert seconds_left() > SHORT, "the next hook has its own time"


def test_what_is_lost_at_the_end_is_told_by_the_end(app, monkeypatch):
    """A hook that returns before it is told again was too slow all the same."""
    monkeypatch.setattr(sys, "unraisablehook", lambda told: None)

    def returns():
        one = type("Kept", (), {})()
        watching = weakref.ref(one, lambda _gone: spin())
        del one
        return watching

    with app.app_context(), pytest.raises(TooSlow), Budget(SHORT):
        returns()


def test_a_query_is_cancelled_and_the_session_goes_on(house):
    with house.inside() as session:
        session.execute(text("SELECT 1"))

        def sleep():
            with Budget(SHORT):
                session.execute(text("SELECT pg_sleep(30)"))

        began = time.monotonic()
        with pytest.raises(TooSlow):
            sleep()
        assert time.monotonic() - began < LONG
        assert db.session.execute(text("SELECT 2")).scalar() == 2


def test_a_loop_of_queries_is_cut_off(house):
    with house.inside() as session:

        def ask():
            with Budget(SHORT):
                while True:
                    session.execute(text("SELECT 1"))

        for _time in range(5):
            with pytest.raises(TooSlow):
                ask()
            assert db.session.execute(text("SELECT 2")).scalar() == 2


def test_what_is_quick_is_left_alone(app):
    with app.app_context():
        for _time in range(2_000):
            with Budget(1.0):  # a machine may stop for a moment
                pass
        time.sleep(1.2)
        with Budget(LONG):
            assert 0 < seconds_left() <= LONG
        assert seconds_left() is None


def test_an_error_of_the_hook_is_its_own(app):
    def fail():
        with Budget(LONG):
            raise ZeroDivisionError

    with app.app_context(), pytest.raises(ZeroDivisionError):
        fail()


def test_whose_time_is_up_is_cut_off(app):
    """The outer one is at fault, though the inner one runs."""
    seen = []

    def nested():
        with Budget(SHORT):
            try:
                with Budget(LONG):
                    spin()
            except TooSlow:
                seen.append("the inner one")

    with app.app_context(), pytest.raises(TooSlow, match=f"{SHORT:g}"):
        nested()
    assert not seen


def test_ends_and_cuts_that_meet_leave_nothing_behind(app):
    """Hooks that end about when their time is up: each is told of it, or not, and nothing strikes afterwards."""
    outcomes = set()
    with app.app_context():
        for step in range(60):
            try:
                with Budget(0.05):
                    until = time.monotonic() + 0.04 + step % 20 * 0.004
                    while time.monotonic() < until:
                        pass
                outcomes.add("in time")
            except TooSlow:
                outcomes.add("cut off")
            sum(range(2_000))  # a late exception would come here
    assert "cut off" in outcomes
