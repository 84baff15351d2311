"""What a plugin added to the records of others (`custom_fields` called `garage__plate`): found, and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.data import Record
from app.host import registry
from app.host.extensions import BETWEEN

CHUNK = 200


def extended_models(plugin: str) -> Iterator[type[Record]]:
    """The models of others that take fields."""
    for model, entry in registry().by_model.items():
        if entry.resource.custom_fields and entry.plugin.name != plugin and not model.__append_only__:
            yield model


def has_added(model: type[Record], plugin: str) -> ColumnElement[bool]:
    """True for records that hold values of the plugin's fields. Reads every row: for a farewell, not for lists."""
    columns: Any = model
    key = func.jsonb_object_keys(columns.custom_fields).column_valued("key")
    return select(key).where(func.starts_with(key, f"{plugin}{BETWEEN}")).exists()


def forget_added(session: Session, plugin: str) -> None:
    """Take the values out of the tenant's records, a chunk a transaction; the audit log, search and events hear of it
    as of any change."""
    for model in extended_models(plugin):
        wanted: Any = select(model).where(has_added(model, plugin)).limit(CHUNK).with_for_update()
        while rows := session.scalars(wanted).all():
            for row in rows:
                kept = {k: v for k, v in row.custom_fields.items() if not k.startswith(f"{plugin}{BETWEEN}")}
                row.custom_fields = kept
            session.commit()
