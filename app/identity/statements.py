"""Statements of the platform role outside any transaction: one round trip each, committed by itself.

Used where a tenant is not known yet - finding out who asks, counting sign-in attempts - and a session with its BEGIN
and COMMIT would triple the round trips.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.rows import namedtuple_row
from sqlalchemy.exc import DBAPIError

from app.data import db
from app.data.driver import send
from app.data.session import DIRECT_BIND


def platform_rows(statement: str, **values: Any) -> Sequence[Any]:
    """All rows, as named tuples, of one SQL statement with `%(name)s` parameters, sent as the platform role."""
    return _run(statement, values)[1]


def platform_execute(statement: str, **values: Any) -> int:
    """Like `platform_rows` for a statement without rows; returns how many rows it touched."""
    return _run(statement, values)[0]


def _run(statement: str, values: dict[str, Any]) -> tuple[int, Sequence[Any]]:
    """(rows touched, rows that came back)."""
    engine = db.engines[DIRECT_BIND]
    pooled = engine.raw_connection()
    try:
        cursor = send(engine, pooled.driver_connection, statement, values, namedtuple_row)
        return cursor.rowcount, cursor.fetchall() if cursor.description else ()
    except DBAPIError as error:
        if error.connection_invalidated:
            pooled.invalidate(error)
        raise
    finally:
        pooled.close()
