"""Whether code and database are those of the last good start, so that a second `up` need not import everything."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from app.ops.preflight import connect_database

if TYPE_CHECKING:
    from config import Settings

SOURCES = ("app", "plugins", "migrations")


def fingerprint(settings: Settings, root: Path) -> str:
    """Changes with any source file, any installed package, the address and the revisions of the database."""
    digest = hashlib.sha256(settings.database_url.encode() + settings.derived_key("freshness").encode())
    for source in SOURCES:
        for path in sorted((root / source).rglob("*.py")):
            facts = path.stat()
            digest.update(f"{path}:{facts.st_size}:{facts.st_mtime_ns}\n".encode())
    for name in sorted(f"{one.name}-{one.version}" for one in distributions()):
        digest.update(name.encode())
    digest.update(json.dumps(_revisions(settings)).encode())
    return digest.hexdigest()


def _revisions(settings: Settings) -> list[tuple[str, str]]:
    from psycopg import sql

    found: list[tuple[str, str]] = []
    with connect_database(settings.database_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename LIKE 'alembic_version_%' ORDER BY tablename"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(table)))
            found += [(table, version) for (version,) in rows.fetchall()]
        found.append(("database", str(connection.info.dbname)))
    return found
