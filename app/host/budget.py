"""A hook has so many seconds; what takes longer is cut off, and the page around it goes on.

    with Budget(2.0):
        plugin_code()          # raises TooSlow here when it takes longer

How a function of Python can be cut off: one thread a process looks at those that run. A query that is under way is
cancelled at the server; then an exception is raised in the thread of the hook, which meets it at its next step. What
waits inside C and never returns (`time.sleep`, a socket of the plugin's own) meets it when it comes back:
`app.host.apart` is for those. Calls of the SDK that wait know what is left (`seconds_left`).

Entering and leaving cost about a microsecond, and no statement.
"""

from __future__ import annotations

import ctypes
import logging
import os
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy.orm import Session

from app.data import db

log = logging.getLogger(__name__)
TICK = 0.05
AGAIN = 0.5
"""Seconds after which a hook that swallowed the exception gets another."""
PATIENCE = 40
"""Ticks without work after which the watching thread sleeps."""


class TooSlow(Exception):
    """The block took longer than it may."""

    lost = False
    """Whether the transaction around it had to be given up."""


class CutOff(BaseException):
    """Raised inside the hook. Like KeyboardInterrupt no `except Exception` swallows it."""


class Budget:
    """`with Budget(seconds)`. May be nested: each level keeps its own time, and whose time is up is at fault."""

    __slots__ = ("deadline", "is_up", "outer", "place", "seconds", "thread", "told_at")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_up = False
        self.told_at = 0.0

    def __enter__(self) -> Budget:
        self.thread = threading.get_ident()
        self.outer = _running.get(self.thread)
        self.place = db.session.registry.scopefunc()
        self.deadline = time.monotonic() + self.seconds
        _running[self.thread] = self
        if _watch.is_asleep:
            _watch.wake()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._leave()
        except CutOff:  # it came while we were leaving
            self._leave()
        if self.is_up:
            with suppress(CutOff):  # what was not raised yet is raised by nothing any more
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread), None)
            late = TooSlow(f"took longer than {self.seconds:g} seconds")
            late.lost = leave_sound_session(self.place)
            raise late from None

    def _leave(self) -> None:
        with _lock:
            if self.outer is None:
                _running.pop(self.thread, None)
            else:
                _running[self.thread] = self.outer


def seconds_left() -> float | None:
    """What is left to the hook that runs in this thread; None when there is none."""
    budget = _running.get(threading.get_ident())
    deadlines = []
    while budget is not None:
        deadlines.append(budget.deadline)
        budget = budget.outer
    return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None


_running: dict[int, Budget] = {}
"""The innermost budget of each thread."""
_lock = threading.Lock()
"""Held while a hook is told that its time is up, and while one leaves: nobody is told after they left."""


class _Watch:
    """The thread that looks at the clock; started by the first hook of a process."""

    def __init__(self) -> None:
        self.is_asleep = True
        self._signal = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="hook budgets", daemon=True)
            self._thread.start()
        self._signal.set()

    def _look(self) -> None:
        idle = 0
        while True:
            if not _running and idle > PATIENCE:
                self.is_asleep = True
                if not _running:
                    self._signal.wait()
                idle = 0
            self._signal.clear()
            self.is_asleep = False
            time.sleep(TICK)
            idle = 0 if _running else idle + 1
            now = time.monotonic()
            for thread, budget in list(_running.items()):
                late = _whose_time_is_up(budget, now)
                if late is not None and now - late.told_at > AGAIN:
                    try:
                        _cut_off(thread, budget, late, now)
                    except Exception as error:  # it is tried again: without this thread nothing would be cut off
                        log.warning("a hook could not be cut off yet: %s", type(error).__name__)


def _whose_time_is_up(budget: Budget | None, now: float) -> Budget | None:
    while budget is not None:
        if now > budget.deadline:
            return budget
        budget = budget.outer
    return None


def _cut_off(thread: int, innermost: Budget, late: Budget, now: float) -> None:
    with _lock:
        if _running.get(thread) is not innermost:
            return
        late.is_up, late.told_at = True, now
        driver = _driver(late.place)
        if driver is not None and driver.pgconn.transaction_status == TransactionStatus.ACTIVE:
            with suppress(Exception):
                driver.cancel_safe(timeout=1)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(CutOff))


def _session(place: Any) -> Session | None:
    found: Session | None = db.session.registry.registry.get(place)
    return found


def _driver(place: Any) -> Any:
    session = _session(place)
    return session.info.get("driver") if session is not None else None


def leave_sound_session(place: Any = None) -> bool:
    """Leave a session that can be used. One that was not at a query keeps its transaction; else it is rolled back, and
    a connection that was left in the middle of an answer is thrown away. Was the transaction given up?"""
    place = place or db.session.registry.scopefunc()
    session, driver = _session(place), _driver(place)
    if session is None or driver is None or not session.in_transaction():
        return False
    status = driver.pgconn.transaction_status
    if status == TransactionStatus.INTRANS:
        return False
    if status == TransactionStatus.ACTIVE:
        session.invalidate()
    else:
        session.rollback()
    return True


_watch = _Watch()


def _forget() -> None:
    """A forked process begins with none, and with locks that nobody holds."""
    global _watch, _lock
    _running.clear()
    _watch, _lock = _Watch(), threading.Lock()


os.register_at_fork(after_in_child=_forget)
