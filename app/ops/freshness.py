"""Whether code and database are those of the last good start, so that a second `up` need not import everything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import distributions, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from app.ops.preflight import connect_database

if TYPE_CHECKING:
    from config import Settings

GROUP = "tenantry.plugins"  # as in app.data.owners, which would import the database's whole toolkit
SOURCES = ("app", "plugins", "migrations")
SHOWN = ("*.html", "*.po")
"""Files that a running server has read, beside code."""


def fingerprint(settings: Settings, root: Path) -> str:
    """Changes with any source file, any installed package, the address and the revisions of the database."""
    digest = hashlib.sha256(settings.database_url.encode() + settings.derived_key("freshness").encode())
    for line in _facts(_folders(root), ("*.py",)):
        digest.update(line.encode())
    for name in sorted(f"{one.name}-{one.version}" for one in distributions()):
        digest.update(name.encode())
    digest.update(json.dumps(_revisions(settings)).encode())
    return digest.hexdigest()


def written(root: Path) -> tuple[str, ...]:
    """What is known of each file of the core and of plugins: it differs once somebody has changed one."""
    return tuple(_facts(_folders(root), ("*.py", *SHOWN)))


def _folders(root: Path) -> list[Path]:
    """Where code lies: the core and its plugins, and the packages of plugins that are installed, found without running
    any."""
    tops = {point.module.partition(".")[0] for point in entry_points(group=GROUP)}
    specs = (find_spec(top) for top in sorted(tops))
    places = [Path(place) for spec in specs if spec is not None for place in spec.submodule_search_locations or ()]
    return [*(root / source for source in SOURCES), *places]


def _facts(folders: list[Path], patterns: Sequence[str]) -> Iterator[str]:
    for path in sorted(path for folder in folders for pattern in patterns for path in folder.rglob(pattern)):
        with suppress(FileNotFoundError):  # an editor writes a file anew by renaming another one
            facts = path.stat()
            yield f"{path}:{facts.st_size}:{facts.st_mtime_ns}\n"


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
