"""What a worker holds: the jobs it has leased and not begun, the one it runs, and those that ended and are not written
down yet. The thread that runs jobs and the one that keeps leases share it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any
from uuid import UUID

from app.host import Cancelled, Job
from app.jobs.claim import NOBODY, Leased, Outcome

LARGEST = 64
QUICK = 0.05
CHUNK_SECONDS = 0.4
"""How long a handful of jobs should take: short, so that the next one looks again whose turn it is."""


class Run:
    """What a job is given to speak of itself (`app.host.JobRun`), and what its keeper knows of it."""

    def __init__(self, leased: Leased, job: Job) -> None:
        self.leased = leased
        self.job = job
        self.began = time.monotonic()
        self.interruptible = False
        """Between begin and end of the job's own code: only there may its keeper raise something."""
        self.settled = False
        """Its end is written in its own transaction, which is about to be committed."""
        self.interrupt: type[BaseException] | None = None
        self.interrupted_at = 0.0
        self.renewed = 0.0
        self.is_lost = False
        self.cancel_seen: float | None = None
        self.percent: int | None = None
        self.words: str | None = None

    @property
    def id(self) -> UUID:
        return self.leased.id

    @property
    def attempt(self) -> int:
        return self.leased.attempts + 1

    def progress(self, done: int, total: int | None = None, words: Any = "") -> None:
        """Note it; the keeper writes it, so this costs nothing and no connection."""
        self.check()
        if total:
            self.percent = max(0, min(100, done * 100 // total))
        shown = str(words) or (f"{done:,} / {total:,}" if total else f"{done:,}")
        self.words = shown[:255]

    def check(self) -> None:
        if self.cancel_seen is not None:
            raise Cancelled


class Hand:
    """Everything in it is changed under `lock`; no statement is sent while it is held."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: deque[Leased] = deque()
        self.current: Run | None = None
        self.size = 8
        self.after = NOBODY
        self.finished = self.failed = 0
        self._ended: list[Outcome] = []
        self._filled = time.monotonic()
        self._taken = 0

    def fill(self, jobs: list[Leased]) -> None:
        """Take new jobs. The round goes on after the last tenant among them."""
        with self.lock:
            self.waiting.extend(jobs)
            self._filled, self._taken = time.monotonic(), 0
            self.after = max((job.tenant_id for job in jobs), default=NOBODY)

    def next(self) -> Leased | None:
        """The next job to begin; None when it is time to look again whose turn it is.

        A job whose lease was lost before may be the one that kills workers. It comes last, is begun with nothing else
        in the hand, and the next handful is small.
        """
        with self.lock:
            if not self.waiting or (self._taken and time.monotonic() - self._filled > CHUNK_SECONDS):
                return None
            if self.waiting[0].lost_leases:
                self.size = 1
                if self._taken:
                    return None
            self._taken += 1
            return self.waiting.popleft()

    def leftover(self) -> list[Leased]:
        """Take out what was not begun, to be given back."""
        with self.lock:
            rest = list(self.waiting)
            self.waiting.clear()
            return rest

    def learn(self) -> None:
        """Size the next handful by how long the last one took; one quick job alone tells nothing."""
        taken, seconds = self._taken, time.monotonic() - self._filled
        if taken > 1 or (taken == 1 and (seconds > QUICK or self.size == 1)):
            fits = int(CHUNK_SECONDS * taken / max(seconds, 0.001))
            self.size = max(1, min(LARGEST, fits, self.size * 2))

    def begin(self, run: Run | None) -> None:
        """`run` is what this process is busy with from now on; None for nothing."""
        with self.lock:
            self.current = run

    def end(self, outcome: Outcome) -> None:
        """Remember an outcome until it is written down."""
        with self.lock:
            self._ended.append(outcome)

    def count(self, outcome: Outcome) -> None:
        """Add to the numbers that the process shows of itself."""
        self.finished += 1
        self.failed += outcome.state == "failed"

    def take_ended(self) -> list[Outcome]:
        """Take out the outcomes to write them down; `put_back` if that did not work."""
        with self.lock:
            ended, self._ended = self._ended, []
            return ended

    def put_back(self, ended: list[Outcome]) -> None:
        with self.lock:
            self._ended = ended + self._ended
