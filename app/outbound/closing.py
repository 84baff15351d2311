"""While something is done on trial, to be taken back, nobody outside hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_closed: ContextVar[bool] = ContextVar("tenantry_outbound_closed", default=False)


def is_closed() -> bool:
    """Whether nothing may leave the house now."""
    return _closed.get()


@contextmanager
def closed() -> Iterator[None]:
    """Whatever would be called answers as an address does that cannot be reached."""
    token = _closed.set(True)
    try:
        yield
    finally:
        _closed.reset(token)
