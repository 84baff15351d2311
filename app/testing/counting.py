"""Counting SQL: every statement of every engine, as it is sent, by whoever counts and by the threads that work for them
(`app.host.apart`). What comes by the clock or from a server beside is not theirs: a busy machine counts like an idle
one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from app.data.positions import BY_THE_CLOCK
from app.identity.who import TOUCHES


class Statements(list[str]):
    """The statements seen so far."""

    def report(self) -> str:
        """One a line, for a failed assertion."""
        return f"{len(self)} statements:\n" + "\n".join(" ".join(one.split())[:300] for one in self)


_counting: ContextVar[tuple[Statements, ...]] = ContextVar("counting", default=())
"""Who counts here; a thread that works for them has their context."""


def _comes_by_the_clock(connection: Any, statement: str) -> bool:
    """Of what goes through the driver alone (`app.data.driver`) only that somebody is still there."""
    if isinstance(connection, Connection):
        return bool(connection.get_execution_options().get(BY_THE_CLOCK))
    return statement in TOUCHES


@event.listens_for(Engine, "before_cursor_execute")
def _note(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
    if not _comes_by_the_clock(connection, statement):
        for seen in _counting.get():
            seen.append(statement)


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Collect the statements of the block."""
    seen = Statements()
    here = _counting.set((*_counting.get(), seen))
    try:
        yield seen
    finally:
        _counting.reset(here)
