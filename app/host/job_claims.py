"""What a plugin says of its jobs and of when they run is held against what can be kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError

from app.data import utcnow
from app.host.claims import ClaimError, check_name
from app.host.declarations import Job, Plugin, Schedule

LONGEST_JOB = 7 * 24 * 3600
"""Seconds."""


def check_jobs(plugin: Plugin, jobs: Sequence[Job]) -> None:
    """Jobs carry the plugin's name and have limits that can be kept."""
    names: set[str] = set()
    for job in jobs:
        check_name(plugin, job.name, names)
        if not 0.1 <= job.timeout <= LONGEST_JOB:
            raise ClaimError(f"{job.name}: timeout is a number of seconds, from 0.1 to {LONGEST_JOB}.")
        for name, least, most in (("attempts", 1, 1_000), ("keep_days", 0, 36_500)):
            if not isinstance(getattr(job, name), int) or not least <= getattr(job, name) <= most:
                raise ClaimError(f"{job.name}: {name} is a whole number from {least} to {most}.")
        if job.priority not in ("high", "normal", "low"):
            raise ClaimError(f"{job.name}: there is no priority “{job.priority}”.")


def check_schedules(plugin: Plugin, schedules: Sequence[Schedule], jobs: Collection[str]) -> None:
    """Schedules carry the plugin's name, enqueue its own jobs, and can be read."""
    names: set[str] = set()
    for schedule in schedules:
        check_name(plugin, schedule.name, names)
        if schedule.job not in jobs:
            raise ClaimError(f"{schedule.name}: the plugin declares no job “{schedule.job}”.")
        if schedule.zone != "tenant" and schedule.zone not in available_timezones():
            raise ClaimError(f"{schedule.name}: there is no time zone “{schedule.zone}”.")
        if schedule.catch_up not in ("skip", "once", "all"):
            raise ClaimError(f"{schedule.name}: “{schedule.catch_up}” is no way to catch up: skip, once or all.")
        if not _is_plain(schedule.args):
            raise ClaimError(f"{schedule.name}: its arguments are no plain JSON: texts, numbers, lists of them.")
        if not _is_cron(schedule.cron):
            raise ClaimError(f"{schedule.name}: “{schedule.cron}” is not a time that cron understands.")


def _is_plain(args: Sequence[Any]) -> bool:
    try:
        json.dumps([str(one) if isinstance(one, UUID) else one for one in args], allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _is_cron(words: str) -> bool:
    try:
        CronSim(words, utcnow())
    except CronSimError:
        return False
    return len(words.split()) == 5  # with seconds the library would read clock changes differently
