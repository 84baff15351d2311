"""Rows of the core that a plugin's life-cycle hooks make carry their plugin, so that a purge can take them along.

    with noting(session, "garage"):
        enabled(tenant)

Rows in the plugin's own schema go with it anyway, and what its jobs and actions make, people asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.data import Record
from app.host.models import MadeRow


@contextmanager
def noting(session: Session, plugin: str) -> Iterator[None]:
    """What is added to the session in the block, and flushed with it, is the plugin's. What is written past the session
    is not seen."""
    made: list[Record] = []

    def collect(session: Session, _context: Any) -> None:
        made.extend(row for row in session.new if isinstance(row, Record) and _is_of_core(row))

    event.listen(session, "after_flush", collect)
    try:
        yield
        session.flush()
    finally:
        event.remove(session, "after_flush", collect)
    for row in made:
        session.merge(MadeRow(plugin_key=plugin, table_name=_table(row), row_id=row.id, row_version=row.version))
    session.flush()


def _is_of_core(row: Record) -> bool:
    return type(row).__audited__ and row.__table__.schema is None  # type: ignore[attr-defined]


def _table(row: Record) -> str:
    return str(row.__table__.name)  # type: ignore[attr-defined]
