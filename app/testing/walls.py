"""Switching one of the two tenant walls off, to see that the other holds alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import NullPool

from app.data.base import metadata
from app.data.ddl import is_tenant_table
from app.data.session import TenantSession, check_written_rows, scope_statement

_LISTENERS = (("do_orm_execute", scope_statement), ("before_flush", check_written_rows))


class Walls:
    """The walls of one application: row-level security in the database, the listeners in the ORM."""

    def __init__(self, app: Flask) -> None:
        self.owner = create_engine(app.config["TENANTRY"].role_url("owner"), poolclass=NullPool)

    @contextmanager
    def standing(self, *, orm: bool, database: bool) -> Iterator[None]:
        """Only the named walls stand inside the block."""
        with self._orm(orm), self._database(database):
            yield

    @contextmanager
    def _orm(self, stands: bool) -> Iterator[None]:
        if stands:
            yield
            return
        for name, listener in _LISTENERS:
            event.remove(TenantSession, name, listener)
        try:
            yield
        finally:
            for name, listener in _LISTENERS:
                event.listen(TenantSession, name, listener, insert=True)  # before those of the audit log, as ever

    @contextmanager
    def _database(self, stands: bool) -> Iterator[None]:
        if stands:
            yield
            return
        self._each_table("DISABLE")
        try:
            yield
        finally:
            self._each_table("ENABLE")

    def _each_table(self, verb: str) -> None:
        quote: Any = self.owner.dialect.identifier_preparer.format_table
        with self.owner.begin() as connection:
            for table in metadata.sorted_tables:
                if is_tenant_table(table):
                    connection.execute(text(f"ALTER TABLE {quote(table)} {verb} ROW LEVEL SECURITY"))
