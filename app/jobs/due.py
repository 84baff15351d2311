"""Running jobs in this process, without workers: for tests and commands."""

from __future__ import annotations

from flask import Flask

from app.jobs.keeper import Keeper
from app.jobs.running import Runner
from app.jobs.sweeping import sweep


def run_due(app: Flask, limit: int | None = None) -> int:
    """Run everything that is due, in this process, up to `limit` jobs. Returns how many ran."""
    sweep(app)
    runner = Runner(app)
    with Keeper(runner):
        ran = runner.drain(limit=limit)
    sweep(app)
    return ran
