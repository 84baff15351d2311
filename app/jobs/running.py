"""Running jobs: each inside its tenant, in the name and language of whoever asked, its writes and its end in one
transaction.

A job that never touched the database has nothing that could be half done. Its end is written with those of its
neighbours, in one statement, a moment later.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.data import Scope, db, platform_session, scope, uuid7
from app.data.session import TenantSession
from app.features.gate import work_refused
from app.host import Cancelled, Job, registry
from app.host.at_work import working
from app.identity.principal import acting_as
from app.identity.who import Who
from app.jobs.claim import NOBODY, Leased, Outcome, claim, hold, release, settle
from app.jobs.hand import Hand, Run
from app.jobs.outcome import LeaseLost, Stopped, TimedOut, failure, is_lost_connection, not_possible, success
from app.jobs.person import acting_for

log = logging.getLogger(__name__)
LINGER_STEP = 0.01
_running: ContextVar[Run | None] = ContextVar("tenantry_job", default=None)


class Runner:
    """Leases jobs a handful at a time and runs them, until nothing is due."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.hand = Hand()
        self.settings = app.config["TENANTRY"]

    def drain(self, stop: Callable[[], bool] = lambda: False, limit: int | None = None, *, linger: float = 0) -> int:
        """Run what is due, until nothing is, or `stop` says so, or `limit` jobs have run. Returns how many ran.

        After the last job it looks again for `linger` seconds: where one came, the next is often near.
        """
        ran = 0
        try:
            while not stop() and ran != limit and self._find(limit and limit - ran, linger if ran else 0):
                while not stop() and (leased := self.hand.next()):
                    if leased.lost_leases:
                        self._give_back()
                    self.run(leased)
                    ran += 1
        finally:
            self._give_back()
        return ran

    def run(self, leased: Leased) -> None:
        """One attempt at one job, whatever comes of it."""
        with self.app.app_context():
            job, who = registry().jobs.get(leased.name), acting_for(leased.created_by, leased.tenant_id)
            refusal = _refusal(leased, job, who)
            if refusal:  # perhaps the part was switched on a moment ago
                who = acting_for(leased.created_by, leased.tenant_id, fresh=True)
                refusal = _refusal(leased, job, who)
            if job is None or refusal:
                self._end(not_possible(leased, refusal))
                return
            with _in_the_name_of(leased, who):
                run = Run(leased, job)
                token = _running.set(run)
                self.hand.begin(run)
                try:
                    self._attempt(run)
                finally:
                    self.hand.begin(None)
                    _running.reset(token)

    def _attempt(self, run: Run) -> None:
        try:
            run.interruptible = True
            try:
                with working(run.job.name.partition(".")[0]):
                    result = run.job.run(run, *run.leased.args)
            finally:
                run.interruptible = False
            outcome = success(run.job, run.leased, result)
            if db.session.registry.has() and db.session().in_transaction():
                self._settle_with_its_writes(run, outcome)
            else:
                self._end(outcome)
        except (LeaseLost, Stopped) as error:
            _roll_back(hard=True)
            log.warning("job %s %s: %s", run.leased.name, run.id, type(error).__name__)
            if isinstance(error, Stopped):
                self._release([run.leased])
        except (Exception, Cancelled, TimedOut) as error:
            if is_lost_connection(error):  # what was committed, the row knows: its lease runs out and the sweeper looks
                log.warning("job %s %s lost the database", run.leased.name, run.id)
                _roll_back(hard=True)
                return
            _roll_back(hard=run.interrupt is not None)
            if not isinstance(error, Cancelled):
                log.warning("job %s %s failed", run.leased.name, run.id, exc_info=error)
            self._end(failure(run.job, run.leased, error))

    def _settle_with_its_writes(self, run: Run, outcome: Outcome) -> None:
        db.session.flush()
        run.settled = True
        if settle(db.session(), [outcome]) != 1:
            raise LeaseLost
        db.session.commit()
        self.hand.count(outcome)

    def _end(self, outcome: Outcome) -> None:
        self.hand.end(outcome)
        self.hand.count(outcome)

    def _find(self, most: int | None, linger: float) -> bool:
        until = time.monotonic() + linger
        while not self._refill(most):
            if time.monotonic() >= until:
                return False
            time.sleep(LINGER_STEP)
        return True

    def _refill(self, most: int | None) -> bool:
        """Write down what ended, give back what was not begun, lease the next handful: one transaction."""
        hand = self.hand
        hand.learn()
        size = min(hand.size, most) if most else hand.size
        with self._writing() as session:
            jobs = self._claim(session, size, hand.after)
            if not jobs and hand.after != NOBODY:  # the round is over: begin the next
                jobs = self._claim(session, size, NOBODY)
        hand.fill(jobs)
        return bool(jobs)

    def _claim(self, session: Session, size: int, after: UUID) -> list[Leased]:
        return claim(
            session,
            uuid7(),  # each handful has a lease of its own: a late word about an earlier one changes nothing
            size=size,
            per_tenant=self.settings.jobs_per_tenant,
            seconds=self.settings.job_lease_seconds,
            after=after,
        )

    def _give_back(self) -> None:
        with self._writing():
            pass

    def _release(self, jobs: list[Leased]) -> None:
        with self.app.app_context(), platform_session("jobs of all tenants share the workers") as session:
            release(session, jobs)

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A transaction that writes down what ended and gives back what was not begun."""
        ended, rest = self.hand.take_ended(), self.hand.leftover()
        try:
            with self.app.app_context(), platform_session("jobs of all tenants share the workers") as session:
                if ended:
                    settle(session, ended)
                release(session, rest)
                yield session
        except BaseException:
            self.hand.put_back(ended)  # jobs that were not begun come back when their lease runs out
            raise


def _refusal(leased: Leased, job: Job | None, who: Who) -> str:
    """Why the job cannot run here, in words; empty when it can."""
    if job is None:
        return str(_("No installed plugin can do this job."))
    if who.tenant is None:
        return str(_("The tenant is gone."))
    with scope(Scope(leased.tenant_id, via="job")):
        return work_refused(job.name, who.tenant) or ""


@contextmanager
def _in_the_name_of(leased: Leased, who: Who) -> Iterator[None]:
    language = leased.locale or (who.tenant.locale if who.tenant else "") or "en"
    with (
        scope(Scope(leased.tenant_id, leased.created_by, "job", leased.request_id, leased.id)),
        acting_as(who.principal),
        force_locale(language),
    ):
        yield


def _roll_back(hard: bool) -> None:
    """`hard` for a session that was interrupted, perhaps in the middle of a statement: its connection is closed."""
    if db.session.registry.has():
        if hard:
            db.session().invalidate()
        else:
            db.session.rollback()


@event.listens_for(TenantSession, "before_commit")
def _only_under_its_lease(session: Session) -> None:
    """A job that commits in steps commits none once another worker may have it."""
    run = _running.get()
    if run is None or run.settled or session.in_nested_transaction():
        return
    if session.info.get("tenant_id") != run.leased.tenant_id:
        return
    if not hold(session, run.leased):
        raise LeaseLost
