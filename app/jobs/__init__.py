"""Durable jobs: PostgreSQL remembers, Redis runs.

`models` tells the life of a job, `enqueue` writes it down, `claim` shares the workers between the tenants, `running`
runs it, `keeper` keeps its lease, `dispatcher` wakes workers and sweeps up, `scheduler` enqueues by the clock.
"""

from app.jobs.due import run_due
from app.jobs.enqueue import enqueue, enqueue_batch

__all__ = ["enqueue", "enqueue_batch", "run_due"]
