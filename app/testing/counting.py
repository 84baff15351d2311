"""Counting SQL: every statement of every engine, as it is sent, but for those that come by the clock: a slow machine
counts like a quick one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from app.data.positions import BY_THE_CLOCK


class Statements(list[str]):
    """The statements seen so far."""

    def report(self) -> str:
        """One a line, for a failed assertion."""
        return f"{len(self)} statements:\n" + "\n".join(" ".join(one.split())[:300] for one in self)


def _comes_by_the_clock(connection: Any) -> bool:
    """What goes through the driver alone (`app.data.driver`) never does."""
    return isinstance(connection, Connection) and bool(connection.get_execution_options().get(BY_THE_CLOCK))


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Collect the statements of the block."""
    seen = Statements()

    def note(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not _comes_by_the_clock(connection):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
