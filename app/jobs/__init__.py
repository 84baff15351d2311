"""Durable jobs: PostgreSQL remembers, Redis runs. See `models` for the life of a job, `claim` for how it is shared."""

from app.jobs.enqueue import enqueue, enqueue_batch
from app.jobs.running import run_due

__all__ = ["enqueue", "enqueue_batch", "run_due"]
