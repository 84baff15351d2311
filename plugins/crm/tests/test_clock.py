"""Days and clocks, also where the clock jumps."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.crm.services import clock, slots
from plugins.crm.services.holidays import Holidays
from plugins.crm.services.response.desk import Hours

BERLIN, NEW_YORK, RIYADH = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Riyadh")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)
"""In Berlin the clock jumps from 2 to 3, and back from 3 to 2."""


def local(moment, zone):
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def test_a_time_that_a_jump_leaves_out_is_an_hour_later():
    assert local(clock.at(SPRING, time(2, 30), BERLIN), BERLIN) == "2027-03-28 03:30"


def test_a_time_that_comes_twice_is_the_first_one():
    assert clock.at(AUTUMN, time(2, 30), BERLIN) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2027, 6, 1), 24)])
def test_days_have_the_length_they_have(day, hours):
    start, end = clock.day_bounds(day, BERLIN)
    assert end - start == timedelta(hours=hours)


def test_tomorrow_morning_is_nine_o_clock_across_a_jump():
    before = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)
    assert local(clock.days_later(before, 1, BERLIN), BERLIN) == "2027-03-28 09:00"
    before = datetime(2027, 10, 30, 20, 0, tzinfo=UTC)
    assert local(clock.days_later(before, 1, BERLIN), BERLIN) == "2027-10-31 09:00"


def test_tomorrow_is_where_somebody_lives():
    late = datetime(2027, 1, 10, 22, 0, tzinfo=UTC)  # in Riyadh it is the 11th already, in New York still the 10th
    assert local(clock.days_later(late, 1, RIYADH), RIYADH) == "2027-01-12 09:00"
    assert local(clock.days_later(late, 1, NEW_YORK), NEW_YORK) == "2027-01-11 09:00"


@pytest.mark.parametrize(
    ("country", "days", "first"),
    [("DE", {0, 1, 2, 3, 4}, 0), ("SA", {6, 0, 1, 2, 3}, 6), ("AE", {0, 1, 2, 3, 4}, 0), ("??", {0, 1, 2, 3, 4}, 0)],
)
def test_weeks_begin_and_end_as_they_do_in_the_country(country, days, first):
    assert clock.working_days(country) == days
    assert clock.first_working_day(country) == first


def test_next_week_begins_on_its_first_working_day():
    thursday = datetime(2027, 1, 14, 12, 0, tzinfo=UTC)
    assert local(clock.next_week(thursday, BERLIN, "DE"), BERLIN) == "2027-01-18 09:00"
    assert local(clock.next_week(thursday, RIYADH, "SA"), RIYADH) == "2027-01-17 09:00"
    monday = datetime(2027, 1, 18, 12, 0, tzinfo=UTC)
    assert local(clock.next_week(monday, BERLIN, "DE"), BERLIN) == "2027-01-25 09:00"


def test_what_repeats_keeps_its_time_of_the_clock():
    before = datetime(2027, 3, 27, 8, 0, tzinfo=UTC)  # nine o'clock
    assert local(clock.repeated(before, "daily", BERLIN, "DE"), BERLIN) == "2027-03-28 09:00"
    assert local(clock.repeated(before, "weekly", BERLIN, "DE"), BERLIN) == "2027-04-03 09:00"
    friday = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
    assert local(clock.repeated(friday, "working_days", BERLIN, "DE"), BERLIN) == "2027-01-18 09:00"


def test_every_month_on_the_31st_means_the_last_day_of_short_months():
    due, seen = datetime(2027, 1, 31, 8, 0, tzinfo=UTC), []
    for _month in range(4):
        due = clock.repeated(due, "monthly", BERLIN, "DE", 31)
        seen.append(local(due, BERLIN))
    assert seen == ["2027-02-28 09:00", "2027-03-31 09:00", "2027-04-30 09:00", "2027-05-31 09:00"]


def test_unknown_zones_fall_back():
    assert clock.zone_of("Nowhere/City", "Asia/Riyadh") == RIYADH
    assert clock.zone_of(None, "") == ZoneInfo("UTC")
    assert clock.is_zone("Asia/Riyadh")
    assert not clock.is_zone("../etc/passwd")


# Free times ---------------------------------------------------------------------------------------------------------


def test_working_time_follows_the_wall_clock_over_both_jumps():
    week = {day: [(time(1), time(4))] for day in range(7)}
    since = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    (spring,) = slots.spans_of(week, BERLIN, since, since + timedelta(days=1))
    assert spring[1] - spring[0] == timedelta(hours=2), "the hour from two to three does not exist"
    since = datetime(2027, 10, 30, 12, 0, tzinfo=UTC)
    (autumn,) = slots.spans_of(week, BERLIN, since, since + timedelta(days=1))
    assert autumn[1] - autumn[0] == timedelta(hours=4), "the hour from two to three comes twice"


def test_gaps_are_what_is_left():
    def at(hour, minute=0):
        return datetime(2027, 1, 4, hour, minute, tzinfo=UTC)

    working = [(at(9), at(12)), (at(13), at(17))]
    busy = [(at(8), at(9, 30)), (at(10), at(10, 15)), (at(10, 10), at(11)), (at(11, 45), at(14)), (at(16), at(18))]
    assert list(slots.gaps(working, busy)) == [(at(9, 30), at(10)), (at(11), at(11, 45)), (at(14), at(16))]
    assert list(slots.slots_in([(at(9, 7), at(10))], timedelta(minutes=30))) == [at(9, 15), at(9, 30)]


MINUTES = st.integers(0, 7 * 24 * 60)
SPANS = st.lists(st.tuples(MINUTES, st.integers(1, 600)), max_size=12)


@settings(deadline=None)
@given(SPANS, st.sampled_from([15, 30, 45, 60, 90]), st.sampled_from([BERLIN, RIYADH, NEW_YORK, LORD_HOWE]))
def test_a_free_time_touches_nothing_and_lies_in_working_time(taken, minutes, zone):
    start = datetime(2027, 3, 25, tzinfo=UTC)
    busy = [(start + timedelta(minutes=begin), start + timedelta(minutes=begin + length)) for begin, length in taken]
    week = slots.usual_week("DE")
    length = timedelta(minutes=minutes)
    working = list(slots.spans_of(week, zone, start, start + timedelta(days=10)))
    for begin in slots.slots_in(slots.gaps(working, busy), length):
        end = begin + length
        assert all(end <= busy_from or begin >= busy_until for busy_from, busy_until in busy)
        assert slots.is_working(week, zone, (begin, end))
        assert begin.timestamp() % 900 == 0


@settings(deadline=None)
@given(
    MINUTES, st.integers(1, 3_000), st.sets(st.dates(date(2027, 3, 25), date(2027, 4, 20)), max_size=9),
    st.sampled_from([BERLIN, RIYADH, NEW_YORK, LORD_HOWE]),
)  # fmt: skip
def test_so_much_working_time_lies_before_the_moment_at_which_it_has_passed(begin, minutes, days, zone):
    start, length = datetime(2027, 3, 25, tzinfo=UTC) + timedelta(minutes=begin), timedelta(minutes=minutes)
    night_shift = {day: [(time(1), time(4)), (time(3), time(5))] for day in range(7)}  # where the clock jumps
    hours = Hours(night_shift, zone, Holidays(frozenset(days), frozenset()))
    until = hours.after(start, length)
    assert hours.between(start, until) == length
    assert hours.between(start, until - timedelta(seconds=1)) < length
    assert until.astimezone(zone).date() not in days


@given(
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Riyadh")),
    day=st.dates(date(2027, 1, 1), date(2031, 12, 31)),
    hour=st.times(),
    every=st.sampled_from(("daily", "working_days", "weekly", "monthly")),
)
def test_what_repeats_never_wanders(zone, day, hour, every):
    """However often: at the time of the clock that was meant, or later on a day that leaves it out; every month on the
    day that was meant, or the last one."""
    where, hour = ZoneInfo(zone), hour.replace(microsecond=0)
    due = clock.at(day, hour, where)
    for _time in range(14):
        following = clock.repeated(due, every, where, "DE", day.day, hour)
        local = following.astimezone(where)
        assert following > due
        assert local.time() == hour or clock.at(local.date(), hour, where) == following
        if every == "monthly":
            assert local.day == min(day.day, monthrange(local.year, local.month)[1])
        due = following
