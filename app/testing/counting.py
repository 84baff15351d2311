"""Counting SQL: every statement of every engine, as it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


class Statements(list[str]):
    """The statements seen so far."""

    def report(self) -> str:
        """One a line, for a failed assertion."""
        return f"{len(self)} statements:\n" + "\n".join(" ".join(one.split())[:300] for one in self)


@contextmanager
def count_statements() -> Iterator[Statements]:
    """Collect the statements of the block."""
    seen = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
