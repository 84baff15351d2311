"""The one Alembic environment of every history: the core's and each plugin's. `app.data.migrate` runs it.

`config.attributes` gives: `connection` (as the owner role), `history` (whose tables, which schema), `roles`,
and for a plugin `walls`, which are looked at before anything of it is committed.
"""

from __future__ import annotations

from alembic import context

from app.data.base import metadata
from app.data.histories import History
from app.data.migrate import owns_table
from app.data.operations import writer

config = context.config
history: History = config.attributes["history"]
walls = config.attributes.get("walls")
connection = config.attributes["connection"]


def include_name(name: str | None, kind: str, parents: dict[str, str | None]) -> bool:
    """Autogenerate looks at the history's own schema only."""
    if kind == "schema":
        return name == history.schema
    if kind == "table" and history.schema is None:
        return not (name or "").startswith("alembic_version")
    return True


def include_object(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Tables of other histories that share the metadata are none of ours."""
    return kind != "table" or reflected or owns_table(history, item)


context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=history.version_table,
    version_table_schema="public",
    include_schemas=True,
    include_name=include_name,
    include_object=include_object,
    process_revision_directives=writer,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=walls is None,  # a plugin's run is done as a whole, or not at all
    roles=config.attributes["roles"],
)
with context.begin_transaction():
    context.run_migrations()
    if walls is not None:
        walls.check(connection)
