"""One PostgreSQL and one Valkey for a whole test run, shared by its workers; a database for each worker.

Without DATABASE_URL and REDIS_URL both are embedded and thrown away afterwards. The schema is migrated once into a
template database, which every worker copies.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from config import Settings, load_settings

SECRET = "a secret that only the tests use, long enough"


@dataclass
class Servers:
    """What runs for this test run. `start` and `stop` belong to the controlling process."""

    folder: Path
    database_url: str = ""
    redis_url: str = ""
    started: list[Any] = field(default_factory=list)

    def start(self) -> None:
        from app.ops.embedded.postgres import EmbeddedPostgres
        from app.ops.embedded.valkey import EmbeddedValkey

        self.database_url = os.environ.get("DATABASE_URL", "")
        self.redis_url = os.environ.get("REDIS_URL", "")
        if not self.database_url:
            postgres = EmbeddedPostgres(self.folder / "postgres", durable=False)
            self.database_url = postgres.start()
            self.started.append(postgres)
        if not self.redis_url:
            valkey = EmbeddedValkey(self.folder / "valkey", durable=False)
            self.redis_url = valkey.start()
            self.started.append(valkey)

    def stop(self) -> None:
        for server in reversed(self.started):
            server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def new_folder() -> Path:
    """A folder of our own for one run."""
    return Path(tempfile.mkdtemp(prefix="tenantry-test-"))


def settings_for(database_url: str, redis_url: str, var: Path) -> Settings:
    """Test settings for one database."""
    return load_settings(
        {
            "TENANTRY_ENV": "test",
            "TENANTRY_VAR": str(var),
            "TENANTRY_SECRET_KEY": SECRET,
            "TENANTRY_ROLE_PREFIX": "tenantry_test",
            "TENANTRY_PUBLIC_URL": "http://localhost",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
    )


def database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/" + name, parts.query, ""))


def create_database(url: str, name: str, template: str | None = None) -> str:
    """Make a database afresh, from a template when one is named. Returns its address."""
    with psycopg.connect(database(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        copy = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copy)
    return database(url, name)


def drop_database(url: str, name: str) -> None:
    """Remove a database that the tests made."""
    with psycopg.connect(database(url, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
