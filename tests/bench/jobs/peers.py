"""Plain RQ and Celery, as their own documentation starts them."""

from __future__ import annotations

import subprocess
import sys
import time

import redis
from rq import Queue

from tests.bench.jobs import celery_app
from tests.bench.jobs.timing import Timing, stopping, timed


def nothing() -> None:
    """The job."""


def rq(url: str, jobs: int, workers: int) -> Timing:
    """RQ's SimpleWorker, which forks no process for each job."""
    connection = redis.Redis.from_url(url)
    connection.flushall()
    queue = Queue("plain", connection=connection)
    command = ["-m", "rq.cli", "worker", "--quiet", "--worker-class", "rq.SimpleWorker", "--url", url, "plain"]
    processes = [subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL) for _ in range(workers)]
    with stopping(processes):
        _until(lambda: connection.scard("rq:workers") == workers)

        def write(count: int) -> None:
            for _number in range(count):
                queue.enqueue_call(nothing, result_ttl=0)

        def is_over() -> bool:
            return not len(queue) and not connection.keys("rq:job:*")

        return timed(f"plain RQ, SimpleWorker x{workers}", jobs, write, is_over, "nothing kept but in Valkey")


def celery(url: str, jobs: int, workers: int) -> Timing:
    """Celery's default pool, results ignored."""
    connection = redis.Redis.from_url(url)
    connection.flushall()
    application = celery_app.application(url)
    command = ["-m", "celery", "-A", "tests.bench.jobs.celery_app", "worker", "-c", str(workers), "-l", "ERROR"]
    environ = {"PATH": "/usr/bin:/bin", "BENCH_BROKER": url, "C_FORCE_ROOT": "1"}
    process = subprocess.Popen([sys.executable, *command], env=environ, stdout=subprocess.DEVNULL)
    with stopping([process]):
        _until(lambda: application.control.ping(timeout=0.5))

        def write(count: int) -> None:
            task = application.tasks["nothing"]
            for _number in range(count):
                task.delay()

        def is_over() -> bool:
            return connection.llen("celery") == 0 and connection.hlen("unacked") == 0

        return timed(f"Celery, prefork x{workers}", jobs, write, is_over, "nothing kept but in Valkey")


def _until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the workers did not start"
        time.sleep(0.1)
