"""What Prometheus may read: requests, their time, database statements, and each process.

Under several web processes the numbers live in files of one folder and are added up when read; PROMETHEUS_MULTIPROC_DIR
must name it before this module is imported.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.registry import Collector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("tenantry_http_requests", "Requests answered", ["method", "endpoint", "status"])
SECONDS = Histogram("tenantry_http_request_seconds", "Time to answer a request", ["endpoint"], buckets=BUCKETS)
STATEMENTS = Counter("tenantry_db_statements", "Statements sent to the database by requests", ["endpoint"])
MEMORY = Gauge("tenantry_process_memory_bytes", "Resident memory of a web process", multiprocess_mode="liveall")


def forget_process(pid: int) -> None:
    """A web process ended: its gauges must not be counted any more."""
    if SHARED_FOLDER in os.environ:
        multiprocess.mark_process_dead(pid)


def observe(method: str, endpoint: str, status: int, seconds: float, statements: int) -> None:
    """Count one request. `endpoint` is the route, never the path, so the number of series stays small."""
    REQUESTS.labels(method if method in METHODS else "other", endpoint, status).inc()
    SECONDS.labels(endpoint).observe(seconds)
    if statements:
        STATEMENTS.labels(endpoint).inc(statements)


def exposition(collectors: Sequence[Collector] = ()) -> bytes:
    """The numbers of all web processes, and those of the collectors, in the text format of Prometheus."""
    MEMORY.set(_resident_bytes())
    others = CollectorRegistry()
    for collector in collectors:
        others.register(collector)
    return _own_numbers() + generate_latest(others)


def _own_numbers() -> bytes:
    if SHARED_FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return generate_latest(registry)


def _resident_bytes() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)
