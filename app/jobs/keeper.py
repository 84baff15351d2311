"""The thread beside the one that runs jobs: keeps leases, shows progress, ends what runs too long or is not wanted.

Quick jobs never meet it. One that runs for a tenth of a second is marked as running, and what else its worker holds
is written down or given back, so that nothing waits behind it.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from app.data import platform_session
from app.host import Cancelled
from app.jobs.claim import Outcome, release, renew, settle
from app.jobs.hand import Run
from app.jobs.outcome import LeaseLost, Stopped, TimedOut, failure
from app.jobs.presence import BEAT_SECONDS, Presence
from app.jobs.waking import wake_dispatcher

if TYPE_CHECKING:
    from app.jobs.running import Runner

log = logging.getLogger(__name__)
TICK = 0.05
LONG = 0.1
"""Seconds after which a job counts as long."""
RENEW = 1.0
CANCEL_GRACE = 10.0
"""Seconds in which a job may end by itself once its end was asked for; then it is interrupted."""
STOP_GRACE = 6.0
LAST_GRACE = 10.0
"""Seconds after an interruption that did not help; then the process ends, and a fresh one takes its place."""
INTERRUPT = signal.SIGUSR1


class Keeper:
    """Use it around the runner's work, from the thread that works: `with Keeper(runner): runner.drain()`."""

    def __init__(self, runner: Runner, *, may_exit: bool = False, presence: Presence | None = None) -> None:
        self.runner = runner
        self.presence = presence
        self.hand = runner.hand
        self.may_exit = may_exit
        self.stopping_since: float | None = None
        self._worker = threading.current_thread()
        self._busy = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._before: Any = None

    def __enter__(self) -> Keeper:
        if self._can_interrupt:
            self._before = signal.signal(INTERRUPT, self._raise)
        self._busy.set()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = True
        self._busy.set()
        self._thread.join()
        if self._can_interrupt:
            signal.signal(INTERRUPT, self._before)

    def busy(self, is_busy: bool) -> None:
        """Nothing is looked at while there is no work."""
        if is_busy:
            self._busy.set()
        else:
            self._busy.clear()

    @property
    def _can_interrupt(self) -> bool:
        return self._worker is threading.main_thread()

    def _keep(self) -> None:
        while not self._ended:
            self._beat()
            if not self._busy.wait(BEAT_SECONDS):
                continue
            time.sleep(TICK)
            run = self.hand.current
            if run is not None and time.monotonic() - run.began > LONG:
                self._look_after(run)

    def _beat(self) -> None:
        run = self.hand.current
        if self.presence is not None:
            try:
                self.presence.beat(run.job.name if run else None, self.hand.finished, self.hand.failed)
            except Exception as error:
                log.warning("the database does not answer: %s", type(error).__name__)

    def _look_after(self, run: Run) -> None:
        now = time.monotonic()
        if now - run.renewed > min(RENEW, self.runner.settings.job_lease_seconds / 3):
            try:
                self._renew(run)
                run.renewed = now
            except Exception as error:  # the database is away: the next tick tries again
                log.warning("the lease of job %s could not be renewed: %s", run.id, type(error).__name__)
        wanted = self._reason_to_end(run, now)
        if wanted is not None:
            self._interrupt(run, wanted, now)

    def _renew(self, run: Run) -> None:
        ended, rest = self.hand.take_ended(), self.hand.leftover()
        try:
            with self.runner.app.app_context(), platform_session("jobs of all tenants share the workers") as session:
                if ended:
                    settle(session, ended)
                release(session, rest)
                seconds = self.runner.settings.job_lease_seconds
                cancel = renew(session, run.leased, seconds, run.percent, run.words)
        except BaseException:
            self.hand.put_back(ended)
            raise
        if cancel is None:
            run.is_lost = True
        elif cancel and run.cancel_seen is None:
            run.cancel_seen = time.monotonic()
        if rest:
            with self.runner.app.app_context():
                wake_dispatcher()

    def _reason_to_end(self, run: Run, now: float) -> type[BaseException] | None:
        if run.is_lost and not run.settled:
            return LeaseLost
        if now - run.began > run.job.timeout:
            return TimedOut
        if run.cancel_seen is not None and now - run.cancel_seen > CANCEL_GRACE:
            return Cancelled
        if self.stopping_since is not None and now - self.stopping_since > STOP_GRACE:
            return Stopped
        return None

    def _interrupt(self, run: Run, wanted: type[BaseException], now: float) -> None:
        if run.interrupt is None:
            run.interrupt, run.interrupted_at = wanted, now
        if now - run.interrupted_at > LAST_GRACE and self.may_exit:
            self._end_process(run, run.interrupt)
        if self._can_interrupt and self.hand.current is run and self._worker.ident is not None:
            signal.pthread_kill(self._worker.ident, INTERRUPT)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        run = self.hand.current
        if run is not None and run.interruptible and run.interrupt is not None:
            run.interruptible = False  # once: the job may clean up
            raise run.interrupt

    def _end_process(self, run: Run, wanted: type[BaseException]) -> None:
        """The job does not listen: say what became of it, and end the process around it."""
        log.error("job %s %s does not stop: this worker ends", run.job.name, run.id)
        outcomes = [*self.hand.take_ended(), *self._last_word(run, wanted)]
        try:
            with self.runner.app.app_context(), platform_session("jobs of all tenants share the workers") as session:
                settle(session, outcomes)
                release(session, self.hand.leftover())
                if wanted is Stopped:
                    release(session, [run.leased])
        except Exception:
            log.exception("what became of job %s %s is not stored: its lease will run out", run.job.name, run.id)
        finally:
            os._exit(75)

    def _last_word(self, run: Run, wanted: type[BaseException]) -> list[Outcome]:
        return [failure(run.job, run.leased, wanted())] if wanted in (TimedOut, Cancelled) else []
