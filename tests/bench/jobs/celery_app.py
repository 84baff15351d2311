"""The Celery application of the benchmark; its worker imports this module."""

from __future__ import annotations

import os
from functools import cache
from typing import Any


@cache
def application(url: str) -> Any:
    """An application with one task that does nothing."""
    from celery import Celery

    made = Celery("bench", broker=url.replace("unix://", "redis+socket://"))
    made.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)

    @made.task(name="nothing")
    def nothing() -> None:
        """The job."""

    made.finalize()
    return made


if "BENCH_BROKER" in os.environ:
    app = application(os.environ["BENCH_BROKER"])
