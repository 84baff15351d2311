"""Relay and workers of the tests, in this process."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import text

from app.data import platform_session
from app.data.bulk import TOLD
from app.events.relay import relay
from app.jobs import run_due


def pump(app: Flask, rounds: int = 50) -> None:
    """Relay and workers, until nothing moves. Raises AssertionError when a job fails meanwhile."""
    before = _failures(app)
    for _ in range(rounds):
        with app.app_context():
            moved = relay()
        if not run_due(app) and not moved:
            # Events and webhooks note what goes wrong themselves: a job of theirs that fails is a fault of ours.
            failed = [(name, error) for _id, _attempts, name, error in _failures(app) - before]
            assert not failed, failed
            return
    raise AssertionError("it never comes to rest")


def hurry(app: Flask) -> None:
    """Let the pauses between attempts pass."""
    with app.app_context(), platform_session("a test cannot wait") as session:
        session.execute(text("UPDATE job SET due_at = now() WHERE state = 'delayed'"))


def discard_pending(app: Flask) -> None:
    """Forget the jobs and events that wait: tests share the database, and `pump` would run those of others."""
    with app.app_context(), platform_session("tests leave jobs and events behind") as session:
        session.execute(text("DELETE FROM job WHERE state NOT IN ('done', 'failed', 'cancelled')"))
        session.execute(text("DELETE FROM domain_event WHERE state = 'waiting'"), execution_options=TOLD)


def _failures(app: Flask) -> set[tuple[Any, ...]]:
    """What failed so far, in other tests too: they share the database."""
    failed = "SELECT id, attempts, name, last_error FROM job WHERE last_error IS NOT NULL AND lost_leases = 0"
    with app.app_context(), platform_session("a test looks for failures") as session:
        return {tuple(row) for row in session.execute(text(failed))}
