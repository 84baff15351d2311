"""When a schedule is due: cron's words on the wall clock of a time zone, as moments in UTC.

CronSim keeps the rules of Debian's cron at clock changes: a time that does not exist runs at the first instant after
the gap, a time that exists twice runs the first time, and what runs every hour or minute follows real time.
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
    for local in CronSim(cron, after.astimezone(ZoneInfo(zone))):
        moment = local.astimezone(UTC)
        if moment > last:
            last = moment
            yield moment


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
