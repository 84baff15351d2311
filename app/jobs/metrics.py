"""The same numbers for Prometheus, read from the database when it asks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from flask import Flask
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.data import platform_session
from app.jobs.status import Overview, overview

log = logging.getLogger(__name__)


class JobsCollector(Collector):
    """Give it to a CollectorRegistry."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the database is asked only when somebody reads."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Backlog, age, workers and totals; nothing while the database is away."""
        try:
            with self.app.app_context(), platform_session("the jobs of all tenants are counted") as session:
                found = overview(session)
        except Exception as error:
            log.warning("jobs cannot be counted: %s", type(error).__name__)
            return
        yield from _metrics(found)


def _metrics(found: Overview) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("tenantry_jobs", "Jobs that have not ended well, by state", labels=["state"])
    for state in ("pending", "delayed", "running", "failed", "parked"):
        jobs.add_metric([state], getattr(found, state))
    alive = GaugeMetricFamily("tenantry_job_processes", "Processes alive, by kind", labels=["kind"])
    for kind in ("worker", "dispatcher", "scheduler"):
        alive.add_metric([kind], getattr(found, f"{kind}s"))
    ended = CounterMetricFamily("tenantry_jobs_ended", "Attempts that ended, by outcome", labels=["outcome"])
    ended.add_metric(["failed"], found.ended_badly)
    ended.add_metric(["other"], found.finished - found.ended_badly)
    yield from (jobs, alive, ended)
    yield GaugeMetricFamily(
        "tenantry_jobs_oldest_seconds", "Age of the oldest job that could start", found.oldest_seconds
    )
