"""Tenantry's side: ten tenants, jobs written one by one into transactions of a hundred, workers as `up` starts them."""

from __future__ import annotations

from app.jobs import enqueue
from tests.bench.jobs.timing import Timing, timed
from tests.job_house import JobHouse

TENANTS = 10
A_TRANSACTION = 100


def measure(house: JobHouse, name: str, job: str, count: int, remark: str, size: int = A_TRANSACTION) -> Timing:
    """`job` is run `count` times; `size` jobs are written in a transaction."""

    def write(jobs: int) -> None:
        for first in range(0, jobs, size):
            with house.inside(first // size % TENANTS) as session:
                for _number in range(size):
                    enqueue(job)
                session.commit()

    def is_over() -> bool:
        return not house.rows("SELECT 1 FROM job WHERE state IN ('pending', 'leased', 'running') LIMIT 1")

    house.rows("DELETE FROM job RETURNING 1")
    result = timed(name, count, write, is_over, remark)
    assert house.states() == {"done": count}
    return result
