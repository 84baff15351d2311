"""Statements handed to psycopg directly, counted and refused in the words that SQLAlchemy's would be.

Between a statement whose text is known and its rows, SQLAlchemy spends as long as the driver and the database together.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import RowFactory, tuple_row
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

ROOM = 4 * 1024 * 1024
"""Bytes that may wait in the socket of a connection."""


def send(
    engine: Engine, driver: Any, statement: str, values: dict[str, Any], rows: RowFactory[Any] = tuple_row,
    *, prepare: bool | None = None, context: Any = None,
) -> psycopg.Cursor[Any]:  # fmt: skip
    """Execute a statement with `%(name)s` parameters on a driver's connection of this engine. With `prepare=False` it
    is planned for these values each time. Listeners get `context`, whose `compiled` says what the text was made of,
    where that is known.

    Raises SQLAlchemy's DBAPIError; when it says `connection_invalidated`, the caller throws the connection away.
    """
    cursor: psycopg.Cursor[Any] = driver.cursor(row_factory=rows)
    engine.dispatch.before_cursor_execute(driver, cursor, statement, values, context, False)
    try:
        cursor.execute(statement, values, prepare=prepare)
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
    _give_room(driver)
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        told = _in_its_words(connection.engine, driver, error, "(sent together)")
        if told.connection_invalidated:
            connection.invalidate(error)
        raise told from error


def _give_room(driver: Any) -> None:
    """Let the socket hold what the database has not come to yet: the kernel's usual 200 kB are two statements."""
    with socket.socket(fileno=os.dup(driver.fileno())) as wire:
        if wire.family == socket.AF_UNIX and wire.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) < ROOM:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)  # as much of it as the system allows


def _in_its_words(engine: Engine, driver: Any, error: psycopg.Error, statement: str) -> DBAPIError:
    is_lost = engine.dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
    told: DBAPIError = DBAPIError.instance(statement, None, error, psycopg.Error, True, is_lost, engine.dialect)  # type: ignore[assignment]
    return told
