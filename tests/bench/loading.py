"""Fills the big tables with COPY on all cores, without their indexes, which are made again afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import psycopg

from tests.bench.rows import COLUMNS, Lines, Share, lines_of

Log = Callable[[str], None]
CHUNK = 4_000
_POLITE = 5
"""How much the loading processes give way to others (`nice`)."""
_BIG = ("contact", "contact_channel", "search_token")


def load(url: str, shares: list[Share], log: Log, processes: int = 2) -> None:
    """Load all shares into empty tables. `url` signs in as a superuser, whom row-level security does not bind."""
    with _without_indexes(url, log):
        _copy_all(url, shares, log, processes)
    with psycopg.connect(url, autocommit=True) as connection:
        log("vacuum and analyze")
        connection.execute("VACUUM ANALYZE")


def _copy_all(url: str, shares: list[Share], log: Log, processes: int) -> None:
    context = get_context("spawn")
    counter: Any = context.Value("q", 0)
    total, began = sum(share.contacts for share in shares), time.monotonic()
    with ProcessPoolExecutor(processes, context, initializer=_prepare, initargs=(url, counter)) as pool:
        waiting = [pool.submit(_copy_share, share) for share in shares]
        while not all(future.done() for future in waiting):
            time.sleep(min(5.0, 0.2 + total / 100_000))
            log(f"{counter.value:>9,} of {total:,} contacts, {time.monotonic() - began:.0f} s")
        for future in waiting:
            future.result()


_process: dict[str, Any] = {}


def _prepare(url: str, counter: Any) -> None:
    os.nice(_POLITE)
    connection = psycopg.connect(url, autocommit=True)
    # The rows refer to each other soundly; checking each reference would take longer than copying.
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET synchronous_commit = off")
    _process.update(connection=connection, counter=counter)


def _copy_share(share: Share) -> None:
    connection: psycopg.Connection = _process["connection"]
    for lines in lines_of(share, CHUNK):
        _copy(connection, lines)
        with _process["counter"].get_lock():
            _process["counter"].value += lines.contacts


def _copy(connection: psycopg.Connection, lines: Lines) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        for table, rows in lines.of.items():
            if rows:
                with cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as copy:
                    copy.write("".join(rows))


@dataclass(frozen=True, slots=True)
class _Index:
    table: str
    drop: str
    make: str


@contextmanager
def _without_indexes(url: str, log: Log) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        indexes = _indexes(connection)
        for one in indexes:
            connection.execute(one.drop)
    yield
    began = time.monotonic()
    log(f"{len(indexes)} indexes")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda one: _make(url, one.make), sorted(indexes, key=lambda one: one.table, reverse=True)))
    log(f"indexes took {time.monotonic() - began:.0f} s")


def _make(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET max_parallel_maintenance_workers = 0")
        connection.execute(statement)


def _indexes(connection: psycopg.Connection) -> list[_Index]:
    """The indexes of the big tables: all but keys that others refer to."""
    rows = connection.execute(
        "SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname,"
        " pg_get_constraintdef(c.oid) FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid"
        " AND c.conrelid = i.indrelid WHERE i.indrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint r WHERE r.confrelid = i.indrelid AND r.conindid = i.indexrelid)",
        [list(_BIG)],
    ).fetchall()
    found = []
    for table, name, definition, constraint, words in rows:
        if constraint:
            drop, make = f"DROP CONSTRAINT {constraint}", f"ADD CONSTRAINT {constraint} {words}"
            found.append(_Index(table, f"ALTER TABLE {table} {drop}", f"ALTER TABLE {table} {make}"))
        else:
            found.append(_Index(table, f"DROP INDEX {name}", definition))
    return found
