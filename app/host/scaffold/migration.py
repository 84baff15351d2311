"""The first revision of a new plugin, made from its models alone: there is no database to compare with.

    python -m app.host.scaffold.migration garage tenantry_garage/plugin.py

It runs in a process of its own, because importing the plugin adds its tables to the metadata of this one.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import configure_mappers

from app.data.base import metadata
from app.data.histories import ROOT
from app.data.operations import CreateTenantTableOp
from app.host.discovery import import_core_models


def write_first_revision(name: str, module: Path) -> None:
    """Write `migrations/<name>_0001_first_tables.py` beside the module. Raises CalledProcessError."""
    command = [sys.executable, "-m", "app.host.scaffold.migration", name, str(module)]
    subprocess.run(command, check=True, capture_output=True, text=True)


def main(name: str, module: Path) -> None:
    """Import the module under the plugin's name, and write what its tables need."""
    spec = importlib.util.spec_from_file_location(f"tenantry_new.{name}.plugin", module)
    if spec is None or spec.loader is None:
        raise LookupError(f"{module} cannot be imported.")
    import_core_models()
    loaded = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    configure_mappers()
    write_tables(name, module.parent / "migrations")


def write_tables(name: str, folder: Path) -> None:
    """Write the revision that makes the tables of a plugin whose models are imported."""
    folder.mkdir(exist_ok=True)
    tables = [table for table in metadata.sorted_tables if table.schema == name]
    ScriptDirectory(str(ROOT), version_locations=[str(folder)]).generate_revision(
        f"{name}_0001",
        "first tables",
        imports="from sqlalchemy.dialects import postgresql",
        upgrades=_code(ops.UpgradeOps([one for table in tables for one in _creating(table)])),
        downgrades=_code(ops.DowngradeOps([ops.DropTableOp.from_table(table) for table in reversed(tables)])),
    )


def _creating(table: Table) -> list[ops.MigrateOperation]:
    made = ops.CreateTableOp.from_table(table)
    made.__class__ = CreateTenantTableOp
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    return [made, *(ops.CreateIndexOp.from_index(index) for index in indexes)]


def _code(operations: ops.UpgradeOps | ops.DowngradeOps) -> str:
    context = MigrationContext.configure(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    return render_python_code(operations, migration_context=context)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
