"""When a schedule is due: cron's words on the wall clock of a time zone, as moments in UTC.

The rules of Debian's cron hold at clock changes: a time that does not exist runs at the first instant after the gap, a
time that exists twice runs the first time, and what runs every hour follows real time. CronSim keeps the first two; the
third it keeps only where clocks change by whole hours, which in Lord Howe they do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

GRACE = timedelta(minutes=1)
"""A tick this late is late, not missed."""
AT_ONCE = 100
"""Missed ticks that are caught up in one round; the rest follow in the next."""


def ticks(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Moments of a schedule later than `after`, each once and in order."""
    last = after
    for moment in (_every_hour if cron.split()[1] == "*" else _at_wall_times)(cron, ZoneInfo(zone), after):
        if moment > last:
            last = moment
            yield moment


def _at_wall_times(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    return (local.astimezone(UTC) for local in CronSim(cron, after.astimezone(zone)))


def _every_hour(cron: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Between two changes of the clock its distance from UTC stands still: there, no time is missing or comes twice."""
    since: datetime | None = after
    while since is not None:
        distance, here, since = _distance(zone, since), since, None
        start = after if here == after else here - timedelta(seconds=1)
        for local in CronSim(cron, (start.astimezone(UTC) + distance).replace(tzinfo=None)):
            moment = (local - distance).replace(tzinfo=UTC)
            if _distance(zone, moment) != distance:
                since = _change_between(zone, here, moment)
                break
            yield moment


def _distance(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of another distance from UTC."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if _distance(zone, middle) == _distance(zone, before):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def catch_up(cron: str, zone: str, due: datetime, now: datetime, policy: str) -> tuple[list[datetime], datetime | None]:
    """The ticks to run of those from `due` to `now`, and the first one to come (None when there is none ever)."""
    passed, moment = [due], due
    for moment in ticks(cron, zone, due):
        if moment > now or (policy == "all" and len(passed) == AT_ONCE):
            break
        passed.append(moment)
    else:
        return _chosen(passed, now, policy), None
    return _chosen(passed, now, policy), moment


def _chosen(passed: list[datetime], now: datetime, policy: str) -> list[datetime]:
    if policy == "all":
        return passed
    latest = passed[-1]
    return [latest] if policy == "once" or now - latest <= GRACE else []
