"""What of a plugin in a tenant goes into its archive, and comes back from it: its tables, by the catalogue of the
database, so that its code need not be there; the core's rows that go with it; what its hooks made in the core; and what
names it inside others' rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, MetaData, Table, or_, select
from sqlalchemy.orm import Session

from app.data import current_tenant_id
from app.data.base import metadata
from app.data.ddl import is_tenant_table
from app.files.models import FileObject
from app.host.models import MadeRow
from app.installation.added import extended_models, has_added
from app.installation.owned import KEPT, belongs_to_plugin
from app.installation.places import columns_of, may_name, place_tables, taken
from app.transfer.archive import Chosen

MADE_ANEW = frozenset(
    "search_token search_rebuild idempotency_key job_schedule hook_fault file_usage tenant_plugin".split()
)
"""Tables whose rows of the plugin are made again from the others, or are of no use without its state."""
MADE, PLACES = "made", "places"
"""Folders of an archive beside `records`."""
PEOPLES = frozenset({"access_rule", "attachment", "custom_field_def", "note", "plugin_setting", "saved_view"})
"""The core's tables in which people's work about the plugin's records stands: a change there outdates an archive."""


def belongings(session: Session, plugin: str) -> list[Chosen]:
    """Everything, those that others refer to first."""
    core = [one for one in metadata.sorted_tables if one.schema is None and is_tenant_table(one)]
    return [*_made(session, core, plugin), *_core(core, plugin), *own_tables(session, plugin), *_places(plugin)]


def own_tables(session: Session, plugin: str) -> list[Chosen]:
    """The tables in the plugin's schema that have rows of tenants, as the database knows them."""
    found = MetaData()
    found.reflect(session.connection(), schema=plugin)
    return [Chosen(one) for one in found.sorted_tables if one.schema == plugin and "tenant_id" in one.c]


def _core(tables: Sequence[Table], plugin: str) -> Iterator[Chosen]:
    for table in tables:
        if table.name == FileObject.__tablename__:
            yield Chosen(table, files_of_plugin(plugin))
        elif table.name not in MADE_ANEW | KEPT:
            condition = belongs_to_plugin(table, plugin)
            if condition is not None:
                yield Chosen(table, condition)


def files_of_plugin(plugin: str) -> ColumnElement[bool]:
    """True for files that hang on rows of the core which go with the plugin."""
    held: list[Any] = []
    for table in metadata.sorted_tables:
        if table.schema is None and is_tenant_table(table) and "file_id" in table.c:
            condition = belongs_to_plugin(table, plugin)
            if condition is not None:
                mine = select(table.c.file_id).where(table.c.tenant_id == current_tenant_id(), condition)
                held.append(FileObject.__table__.c.id.in_(mine))
    return or_(*held)


def _made(session: Session, tables: Sequence[Table], plugin: str) -> Iterator[Chosen]:
    names = set(session.scalars(select(MadeRow.table_name).where(MadeRow.plugin_key == plugin)))
    made: Any = MadeRow.__table__
    for table in tables:
        if table.name in names:
            mine = select(made.c.row_id).where(
                made.c.tenant_id == current_tenant_id(), made.c.plugin_key == plugin, made.c.table_name == table.name
            )
            yield Chosen(table, table.c.id.in_(mine), MADE)


def _places(plugin: str) -> Iterator[Chosen]:
    for table in place_tables():
        yield Chosen(table, may_name(table, plugin), PLACES, ("id", *columns_of(table)), _what_is_taken(plugin))
    for model in extended_models(plugin):
        columns = ("id", "custom_fields")
        yield Chosen(model.__table__, has_added(model, plugin), PLACES, columns, _what_is_taken(plugin))  # type: ignore[arg-type]


def _what_is_taken(plugin: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def shape(row: dict[str, Any]) -> dict[str, Any]:
        found = {name: taken(value, plugin)[1] for name, value in row.items() if name != "id"}
        return {"id": row["id"], **{name: out for name, out in found.items() if out}}

    return shape
