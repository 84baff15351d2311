"""What becomes of a job that was tried: done, tried again after a pause, failed, or cancelled."""

from __future__ import annotations

import random
import traceback
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from app.host import Cancelled, Job
from app.jobs.claim import Leased, Outcome

KEEP_DAYS = 30
"""Days that a job without a declaration, and one that failed, stays to be looked at."""
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 3600.0
LONGEST_ERROR = 500
LONGEST_TRACE = 10_000


class TimedOut(BaseException):
    """The job ran longer than it declared."""


class LeaseLost(BaseException):
    """Another worker may have this job now: what this one did is rolled back."""


class Stopped(BaseException):
    """This worker has to end before the job does: the job goes back and starts again elsewhere."""


def success(job: Job, leased: Leased, result: Any) -> Outcome:
    """The job returned."""
    return Outcome(leased.lease_id, leased.tenant_id, leased.id, "done", job.keep_days, result)


def not_possible(leased: Leased, words: str) -> Outcome:
    """The job cannot run here and now, and trying again would not help."""
    return Outcome(leased.lease_id, leased.tenant_id, leased.id, "failed", KEEP_DAYS, error=words)


def failure(job: Job, leased: Leased, error: BaseException) -> Outcome:
    """The job raised."""
    key = leased.lease_id, leased.tenant_id, leased.id
    if isinstance(error, Cancelled):
        return Outcome(*key, "cancelled", job.keep_days)
    number = leased.attempts + 1
    return Outcome(
        *key,
        "delayed" if number < job.attempts else "failed",
        max(KEEP_DAYS, job.keep_days),
        error=in_words(job, error),
        trace="".join(traceback.format_exception(error))[-LONGEST_TRACE:],
        pause=pause_after(number),
    )


def pause_after(attempts: int) -> float:
    """Seconds before the next attempt: doubled each time, and scattered so that what failed together returns apart."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempts - 1)) * random.uniform(0.5, 1.5)  # noqa: S311


def in_words(job: Job, error: BaseException) -> str:
    """An error for people: its sentence, without the statements and values that database errors carry."""
    if isinstance(error, TimedOut):
        return str(_("It ran longer than %(seconds)s seconds and was stopped.", seconds=f"{job.timeout:g}"))
    if isinstance(error, DBAPIError):
        return str(_("The database refused: %(words)s", words=_first_line(error.orig)))
    words = _first_line(error)
    if isinstance(error, ValueError) and " " in words:
        return words
    return str(_("Unexpected error: %(words)s", words=f"{type(error).__name__} {words}".strip()))


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [""])[0][:LONGEST_ERROR]


def is_lost_connection(error: BaseException) -> bool:
    """The database went away in the middle of the job: nobody knows what was committed, only the row does."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or error.statement is None)
