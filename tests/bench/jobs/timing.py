"""What is measured of each system: from the first job enqueued to the last one done."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Timing:
    """One run of one system."""

    name: str
    jobs: int
    enqueue_seconds: float
    seconds: float
    remark: str = ""

    @property
    def rate(self) -> float:
        """Jobs a second, end to end."""
        return self.jobs / self.seconds


def timed(name: str, jobs: int, enqueue: Callable[[int], None], is_over: Callable[[], bool], remark: str) -> Timing:
    """Enqueue while the workers run, then wait until all is done."""
    began = time.perf_counter()
    enqueue(jobs)
    enqueued = time.perf_counter()
    while not is_over():
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError(f"{name} did not end.")
        time.sleep(0.01)
    return Timing(name, jobs, enqueued - began, time.perf_counter() - began, remark)


@contextmanager
def stopping(processes):
    """End these processes afterwards."""
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
