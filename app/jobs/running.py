"""Running one job: inside its tenant, in the name and language of whoever asked, its writes and its end in one
transaction."""

from __future__ import annotations

import random
import traceback
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _

from app.data import Scope, db, platform_session, scope, uuid7
from app.host import Cancelled, Job, registry
from app.jobs.claim import NOBODY, Leased, Outcome, claim, promote, settle

TERM = timedelta(seconds=30)
KEEP_FAILED_DAYS = 30
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 3600.0
LONGEST_ERROR = 500


class Run:
    """What a job is given to speak of itself: see `app.host.JobRun`."""

    def __init__(self, leased: Leased) -> None:
        self.id = leased.id
        self.attempt = leased.attempts + 1

    def progress(self, done: int, total: int | None = None, words: Any = "") -> None:
        self.check()

    def check(self) -> None:
        pass


class LeaseLost(RuntimeError):
    """Another worker has this job now: what this one did is rolled back."""


def run_due(app: Flask, limit: int | None = None) -> int:
    """Run everything that is due, in this process, up to `limit` jobs. Returns how many ran. For tests and commands."""
    ran = 0
    lease = uuid7()
    while limit is None or ran < limit:
        size = min(50, 50 if limit is None else limit - ran)
        with app.app_context(), platform_session("jobs of all tenants share the workers") as session:
            promote(session)
            hand = claim(session, lease, size=size, limit=1_000, term=TERM, after=NOBODY)
        if not hand:
            break
        for leased in hand:
            run_leased(app, leased, lease)
        ran += len(hand)
    return ran


def run_leased(app: Flask, leased: Leased, lease: UUID) -> None:
    """One attempt, settled whatever happens."""
    with app.app_context(), scope(Scope(leased.tenant_id, leased.created_by, "job", leased.request_id)):
        job = registry().jobs.get(leased.name)
        try:
            with force_locale(leased.locale or "en"):
                outcome = _attempt(job, leased)
                _settle_here(lease, outcome)
        except (Exception, Cancelled) as error:
            db.session.rollback()
            _settle_here(lease, failure(job, leased, error))


def _attempt(job: Job | None, leased: Leased) -> Outcome:
    if job is None:
        raise LookupError(_("No installed plugin can do this job."))
    result = job.run(Run(leased), *leased.args)
    return Outcome(leased.tenant_id, leased.id, "done", job.keep_days, result)


def _settle_here(lease: UUID, outcome: Outcome) -> None:
    if settle(db.session(), lease, [outcome]) != 1:
        raise LeaseLost(f"The lease of job {outcome.id} is lost.")
    db.session.commit()


def failure(job: Job | None, leased: Leased, error: BaseException) -> Outcome:
    """What becomes of a job that raised: cancelled, tried again, or failed for good."""
    if isinstance(error, Cancelled):
        return Outcome(leased.tenant_id, leased.id, "cancelled", job.keep_days if job else KEEP_FAILED_DAYS)
    again = job is not None and leased.attempts + 1 < job.attempts
    return Outcome(
        leased.tenant_id,
        leased.id,
        "delayed" if again else "failed",
        KEEP_FAILED_DAYS,
        error=in_words(error),
        trace="".join(traceback.format_exception(error))[-10_000:],
        pause=pause_after(leased.attempts + 1),
    )


def pause_after(attempts: int) -> float:
    """Seconds before the next attempt: doubled each time, and scattered so that what failed together returns apart."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempts - 1)) * random.uniform(0.5, 1.5)  # noqa: S311


def in_words(error: BaseException) -> str:
    """An error for people: its sentence, without the statements and values that database errors carry."""
    first = str(getattr(error, "orig", error)).strip().split("\n")[0]
    if isinstance(error, ValueError | LookupError | RuntimeError) and " " in first:
        return first[:LONGEST_ERROR]
    return f"{type(error).__name__}: {first}"[:LONGEST_ERROR].rstrip(": ")
