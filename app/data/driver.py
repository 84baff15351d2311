"""Statements handed to psycopg directly, counted and refused in the words that SQLAlchemy's would be.

Between a statement whose text is known and its rows, SQLAlchemy spends as long as the driver and the database together.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import RowFactory, tuple_row
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError


def send(
    engine: Engine, driver: Any, statement: str, values: dict[str, Any], rows: RowFactory[Any] = tuple_row
) -> psycopg.Cursor[Any]:
    """Execute a statement with `%(name)s` parameters on a driver's connection of this engine.

    Raises SQLAlchemy's DBAPIError; when it says `connection_invalidated`, the caller throws the connection away.
    """
    cursor: psycopg.Cursor[Any] = driver.cursor(row_factory=rows)
    engine.dispatch.before_cursor_execute(driver, cursor, statement, values, None, False)
    try:
        cursor.execute(statement, values)
    except psycopg.Error as error:
        is_lost = engine.dialect.is_disconnect(error, driver, cursor)  # type: ignore[arg-type]
        raise DBAPIError.instance(statement, None, error, psycopg.Error, True, is_lost, engine.dialect) from error
    return cursor
