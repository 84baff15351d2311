"""`tenantry worker`, `dispatcher` and `scheduler`: the parts that do jobs, singly or, under `up`, all in one house."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

import click

from app.ops.prefork import Child, Prefork

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


@click.command()
@click.option("--processes", type=click.IntRange(1, 256), help="How many; TENANTRY_JOB_WORKERS by default.")
def worker(processes: int | None) -> None:
    """Run jobs, in several processes. Each runs one at a time; end it politely and it finishes the one it has."""
    app, settings = _prepare()
    Prefork(_workers(app, processes or settings.job_workers)).run()


@click.command()
def dispatcher() -> None:
    """Wake workers for jobs that are due, and recover what died."""
    Prefork([_dispatcher(_prepare()[0])]).run()


@click.command()
def scheduler() -> None:
    """Enqueue jobs by the clock. Of several one leads; the others take over when it dies."""
    Prefork([_scheduler(_prepare()[0])]).run()


@click.command(hidden=True)
def jobs() -> None:
    """Workers, dispatcher and scheduler under one parent: what `up` starts."""
    app, settings = _prepare()
    Prefork([_dispatcher(app), _scheduler(app), *_workers(app, settings.job_workers)]).run()


def _prepare() -> tuple[Flask, Settings]:
    """The application, imported once before forking. It opens no connection."""
    from app import create_app
    from app.ops.logging import configure
    from config import load_settings

    settings = load_settings()
    configure(settings)
    return create_app(settings), settings


def _workers(app: Flask, count: int) -> list[Child]:
    from app.jobs.worker import work

    return [Child(f"worker {number + 1}", lambda: work(app)) for number in range(count)]


def _dispatcher(app: Flask) -> Child:
    from app.jobs.dispatcher import dispatch

    return Child("dispatcher", lambda: dispatch(app, _stopper().is_set))


def _scheduler(app: Flask) -> Child:
    from app.jobs.scheduler import schedule_jobs

    return Child("scheduler", lambda: schedule_jobs(app, _stopper()))


def _stopper() -> Event:
    """Set when this process is asked to end."""
    asked = Event()
    note: Callable[..., None] = lambda *_: asked.set()  # noqa: E731
    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    return asked
