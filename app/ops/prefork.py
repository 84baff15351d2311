"""One parent that has imported everything and forks its children from there: quick to start, sparing with memory.

The parent opens no connection, so a child inherits none. A child that ends is forked again, after a growing pause when
it ended young; the parent's end is the children's end, however it comes.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from app.ops.processes import end_with_parent

log = logging.getLogger(__name__)
YOUNG_SECONDS = 10.0
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0


@dataclass
class Child:
    """A process to be kept alive; `run` returns when it was sent SIGTERM."""

    name: str
    run: Callable[[], None]
    pid: int = 0
    started_at: float = 0
    start_at: float = 0
    pause: float = 0


class Prefork:
    """Use it from the main thread of a process that has no other threads and no connections."""

    def __init__(self, children: Sequence[Child], *, grace_seconds: float = 10) -> None:
        self.children = children
        self.grace_seconds = grace_seconds
        self._asked = False

    def run(self) -> None:
        """Keep the children alive until SIGTERM or SIGINT, then end them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        gc.collect()
        gc.freeze()  # objects of the parent stay in shared pages
        while not self._asked:
            self._reap()
            for child in self.children:
                if not child.pid and time.monotonic() >= child.start_at and not self._asked:
                    self._fork(child)
            time.sleep(0.1)
        self._end()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True

    def _fork(self, child: Child) -> None:
        parent = os.getpid()
        child.started_at = time.monotonic()
        child.pid = os.fork()
        if child.pid:
            return
        status = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            end_with_parent(parent, signal.SIGTERM)
            child.run()
            status = 0
        except Exception:
            log.exception("%s ended", child.name)
        finally:
            sys.stdout.flush()
            os._exit(status)

    def _reap(self) -> None:
        for child in self.children:
            if child.pid and os.waitpid(child.pid, os.WNOHANG) != (0, 0):
                self._note_end(child)

    def _note_end(self, child: Child) -> None:
        now = time.monotonic()
        young = now - child.started_at < YOUNG_SECONDS
        child.pause = min(LONGEST_PAUSE, child.pause * 2 or FIRST_PAUSE) if young else FIRST_PAUSE
        child.pid, child.start_at = 0, now + child.pause
        log.warning("%s ended, starts again in %g s", child.name, child.pause)

    def _end(self) -> None:
        for child in self.children:
            self._send(child, signal.SIGTERM)
        deadline = time.monotonic() + self.grace_seconds
        while time.monotonic() < deadline and any(child.pid for child in self.children):
            for child in self.children:
                if child.pid and os.waitpid(child.pid, os.WNOHANG) != (0, 0):
                    child.pid = 0
            time.sleep(0.02)
        for child in self.children:
            self._send(child, signal.SIGKILL)

    def _send(self, child: Child, number: signal.Signals) -> None:
        if child.pid:
            os.kill(child.pid, number)
