"""What may hang where no exception reaches it runs in a thread of its own, which is given up when it is late.

A hook that waits inside C (`time.sleep`, a socket of its own) meets the exception of its budget when it comes back.
A thread a hook with its own session and connection costs about as much as the hook itself, so trust is earned: the
first time in a process a hook that shows something runs apart, and in the caller's thread from then on, until it once
comes back late. What hangs always is thus never waited for; what hangs now and then, once a process.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any

from flask import current_app, g

from app.host.budget import TooSlow

GRACE = 0.5
"""Seconds that a thread gets beyond its budget, which cuts off what runs in Python."""
MOST = 4
"""Threads of one plugin that may hang in a process; then nothing more of it is tried apart."""
_hanging: dict[threading.Thread, str] = {}
"""With the plugin whose they are."""
_trusted: set[tuple[str, str]] = set()


def in_thread(seconds: float, call: Callable[[], Any], plugin: str, name: str) -> Any:
    """What the call gives or raises, in the context of the caller; TooSlow when neither came in time."""
    answer: Future[Any] = Future()
    context = copy_context()

    def work() -> None:
        try:
            answer.set_result(context.run(call))
        except BaseException as error:
            answer.set_exception(error)
        finally:
            _hanging.pop(threading.current_thread(), None)

    if sum(whose == plugin and one.is_alive() for one, whose in list(_hanging.items())) >= MOST:
        raise TooSlow(f"was not tried: {MOST} others of it hang")
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError:
        if answer.done():
            raise
        _hanging[thread] = plugin
        raise TooSlow(f"took longer than {seconds:g} seconds, and hangs") from None


def shown(plugin: str, place: str, seconds: float, call: Callable[[], Any]) -> Any:
    """Call what shows something: apart until it is trusted. Apart it has a session of its own, in the same tenant and
    for the same person; it must take nothing from the caller's."""
    key = plugin, place
    if key in _trusted:
        began = time.monotonic()
        try:
            return call()
        finally:
            if time.monotonic() - began > seconds + GRACE:
                _trusted.discard(key)
    app, here = current_app._get_current_object(), dict(vars(g._get_current_object()))  # type: ignore[attr-defined]

    def inside() -> Any:
        with app.app_context():
            vars(g._get_current_object()).update(here)  # type: ignore[attr-defined]
            return call()

    result = in_thread(seconds + GRACE, inside, plugin, f"{plugin} {place}")
    _trusted.add(key)
    return result


def forget_trust() -> None:
    """Nothing is trusted: the operator lets hooks try again."""
    _trusted.clear()


os.register_at_fork(after_in_child=_hanging.clear)
