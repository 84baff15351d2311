"""Statements of the platform role outside any transaction: one round trip each, committed by itself.

Used where a tenant is not known yet - finding out who asks, counting sign-in attempts - and a session with its BEGIN
and COMMIT would triple the round trips.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from app.data import db
from app.data.session import PLATFORM_BIND


def platform_rows(statement: str, **values: Any) -> Sequence[Row[Any]]:
    """All rows of one SQL statement with `%(name)s` parameters, sent as the platform role in autocommit."""
    engine = db.engines[PLATFORM_BIND]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.exec_driver_sql(statement, values).fetchall()


def platform_execute(statement: str, **values: Any) -> int:
    """Like `platform_rows` for a statement without rows; returns how many rows it touched."""
    engine = db.engines[PLATFORM_BIND]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.exec_driver_sql(statement, values).rowcount
