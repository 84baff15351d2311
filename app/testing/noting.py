"""What the house swallows and notes so that a page stands: in a test it is an error like any other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Kept(logging.Handler):
    """Keeps every error that is logged with what was raised."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        raised = record.exc_info[1] if record.exc_info else None
        if raised is not None:
            words = " ".join(str(raised).split())
            self.lines.append(f"{record.getMessage()}: {type(raised).__name__}: {words}"[:300])


@contextmanager
def noted() -> Iterator[list[str]]:
    """The errors that are noted while it lasts, a line each: of panels, cards, timelines, hits of the search, hooks."""
    kept, root = _Kept(), logging.getLogger()
    root.addHandler(kept)
    try:
        yield kept.lines
    finally:
        root.removeHandler(kept)
