"""Processes of relay and workers that can be killed at any moment."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from contextlib import contextmanager
from dataclasses import replace


def pump_forever(settings, plugins):
    """A process of its own: the relay, and everything that is due."""
    from app import create_app
    from app.events.relay import relay
    from app.jobs import run_due

    app = create_app(settings, plugins)
    while True:
        with app.app_context():
            moved = relay()
        if not run_due(app, 200) and not moved:
            time.sleep(0.05)


@contextmanager
def pumps_of(settings, pytestconfig):
    """Two such processes; `kill()` ends one of them without a word and starts another in its place."""
    from app.testing.fixtures import installed

    spawn = multiprocessing.get_context("spawn")
    quick = replace(settings, job_lease_seconds=1)
    running = []

    def start():
        process = spawn.Process(target=pump_forever, args=(quick, installed(pytestconfig)), daemon=True)
        process.start()
        running.append(process)

    def kill(again=True):
        process = running.pop(random.randrange(len(running)))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        if again:
            start()

    start()
    start()
    yield kill
    while running:
        kill(again=False)
