"""The worker process: an RQ worker that trusts nothing it reads in Redis but the hint to go and look.

RQ's part is to wait cheaply and to be woken. It listens to one queue, reads JSON, and calls one function, whatever
else somebody may have written into its queue.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import redis
from flask import Flask
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from sqlalchemy.exc import DBAPIError

from app.jobs.keeper import Keeper
from app.jobs.presence import Presence
from app.jobs.running import Runner

log = logging.getLogger(__name__)
QUEUE = "tenantry"
HINT = "tenantry.go-and-look"
"""The one name that is obeyed. It is no dotted path, so there is nothing to import."""
HINT_SECONDS = 60
LONGEST_DRAIN = 7 * 86_400
"""Seconds for which Redis keeps a hint that is being followed, so that RQ finds it when the work ends."""
TTL = 60
LINGER = 0.05
"""A hint costs RQ three milliseconds: in a trickle of jobs a worker had better look again by itself."""
PAUSE_WITHOUT_DATABASE = 0.3


class NotAllowed(RuntimeError):
    """Somebody put something else than a hint into the queue."""


class Hint(RqJob):
    """What RQ carries: no arguments, no callbacks, no web addresses to call."""

    runner: Runner | None = None
    """Of this process."""
    stop: Any = staticmethod(lambda: False)

    def perform(self) -> int:
        """Run what is due."""
        if self.func_name != HINT or self.runner is None:
            raise NotAllowed(f"“{self.func_name}” is not a hint.")
        with suppress(redis.RedisError):  # the work is in the database
            self.connection.expire(self.key, LONGEST_DRAIN)
        try:
            return self.runner.drain(self.stop, linger=LINGER)
        except DBAPIError as error:  # what it held comes back when its leases run out
            log.warning("the worker lost the database: %s", type(error).__name__)
            time.sleep(PAUSE_WITHOUT_DATABASE)
            return 0

    def execute_success_callback(self, *args: Any) -> None:
        """There are no callbacks."""

    def execute_failure_callback(self, *args: Any) -> None:
        """There are no callbacks."""

    def execute_stopped_callback(self, *args: Any) -> None:
        """There are no callbacks."""

    def send_webhooks(self, status: Any, *, exc_string: str | None = None) -> None:
        """There are no addresses to call."""


class NoPenalty(BaseDeathPenalty):  # type: ignore[misc]
    """A hint has no time limit: the keeper limits each job."""

    def setup_death_penalty(self) -> None:
        """Nothing to set up."""

    def cancel_death_penalty(self) -> None:
        """Nothing to cancel."""


class HintWorker(SimpleWorker):
    """One queue, JSON, one function; stops between two jobs."""

    job_class = Hint
    death_penalty_class = NoPenalty
    keeper: Keeper
    is_draining = False

    def execute_job(self, job: Any, queue: Any) -> None:
        """Drain, under the keeper's eyes."""
        self.is_draining = True
        self.keeper.busy(True)
        try:
            super().execute_job(job, queue)
        finally:
            self.keeper.busy(False)
            self.is_draining = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """End after the current job; asks nothing of Redis, which may be away. Asked again, it is on its way."""
        if self._stop_requested:
            return
        self._stop_requested = True
        self.keeper.stopping_since = time.monotonic()
        if not self.is_draining:
            raise StopRequested

    def subscribe(self) -> None:
        """Take no commands from Redis."""

    def unsubscribe(self) -> None:
        """Nothing was subscribed to."""


def hint_queue(connection: redis.Redis) -> Queue:
    """The queue of hints."""
    return Queue(QUEUE, connection=connection, job_class=Hint, serializer=JSONSerializer)


def push_hints(queue: Queue, count: int) -> None:
    """Wake up to `count` workers. Raises RedisError."""
    for _number in range(count):
        queue.enqueue_call(HINT, timeout=-1, result_ttl=0, ttl=HINT_SECONDS, failure_ttl=HINT_SECONDS)


def work(app: Flask) -> None:
    """Be a worker until asked to end, or until Redis goes away: the parent then starts another."""
    runner = Runner(app)
    connection = redis.Redis.from_url(runner.settings.redis_url)
    presence = Presence(app, "worker")
    worker = HintWorker([hint_queue(connection)], connection=connection, serializer=JSONSerializer, worker_ttl=TTL)
    Hint.runner, Hint.stop = runner, staticmethod(lambda: worker._stop_requested)
    with Keeper(runner, may_exit=True, presence=presence) as keeper:
        keeper.busy(False)
        worker.keeper = keeper
        worker.work(logging_level="ERROR")
    presence.leave()
