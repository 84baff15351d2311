"""Statements handed to psycopg directly, counted and refused in the words that SQLAlchemy's would be.

Between a statement whose text is known and its rows, SQLAlchemy spends as long as the driver and the database together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import RowFactory, tuple_row
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


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
        raise _in_its_words(engine, driver, error, statement) from error
    return cursor


@contextmanager
def pipelined(session: Session) -> Iterator[None]:
    """Statements of the block do not wait for each other: the database works at one while the next is made.

    Only for statements without rows; one that reads fails with SQLAlchemy's ResourceClosedError. What the database
    refuses is raised by a later statement or at the end of the block, as a DBAPIError.
    """
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        told = _in_its_words(connection.engine, driver, error, "(sent together)")
        if told.connection_invalidated:
            connection.invalidate(error)
        raise told from error


def _in_its_words(engine: Engine, driver: Any, error: psycopg.Error, statement: str) -> DBAPIError:
    is_lost = engine.dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
    told: DBAPIError = DBAPIError.instance(statement, None, error, psycopg.Error, True, is_lost, engine.dialect)  # type: ignore[assignment]
    return told
