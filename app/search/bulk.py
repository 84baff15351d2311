"""Adding many records at once, found and tagged as if each had been saved by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import Record, current_tenant_id
from app.data.bulk import column_names, insert_many
from app.host import registry
from app.search.making import CustomFields, is_searchable, tokens_of
from app.search.tags import register_tags

_INSERT_FRESH = text(
    "INSERT INTO search_token (tenant_id, kind, token, fields, record_id)"
    " SELECT :tenant_id, :kind, found.key, found.value, made.id"
    " FROM json_to_recordset(CAST(:rows AS json)) AS made(id uuid, tokens json), json_each_text(made.tokens) AS found"
    ' ORDER BY found.key COLLATE "C"'
)
"""Records that have no tokens yet cannot clash, and one document is written and read faster than four arrays. In the
order of the index the pages of common tokens are at hand."""


def add_many(session: Session, model: type[Record], rows: Sequence[Any]) -> None:
    """Insert new records and write their tokens and tags: three statements, however many they are.

    A row is any object whose attributes are named as the model's columns (all rows of one class); the collections that
    the search looks in are attributes too, and are inserted by a call of their own. Nothing is committed.
    """
    if not rows:
        return
    names = [name for name in column_names(model.__table__) if name in vars(rows[0])]  # type: ignore[arg-type]
    insert_many(session, model, [{name: getattr(row, name) for name in names} for row in rows])
    index_many(session, model, rows)


def index_many(session: Session, model: type[Record], rows: Sequence[Any]) -> None:
    """Write the tokens and tags of new records that were inserted without the session: two statements."""
    tag_many(session, model, rows)
    token_writer(session, model)(rows)


def tag_many(session: Session, model: type[Record], rows: Sequence[Any]) -> None:
    """Register the tags of new records: one statement, none when they have no tags."""
    tagged = [field.name for field in model.__fields__.values() if field.kind == "tags"]
    register_tags(session, {tag for row in rows for name in tagged for tag in getattr(row, name) or ()})


def token_writer(session: Session, model: type[Record]) -> Callable[[Sequence[Any]], None]:
    """What writes the tokens of new records, whose collections are loaded, without reading anything any more."""
    entry = registry().by_model.get(model)
    if entry is None or not is_searchable(entry):
        return lambda rows: None
    custom = CustomFields(session)
    if entry.resource.custom_fields:
        custom[entry.key]
    common = {"tenant_id": current_tenant_id(), "kind": entry.key}

    def write(rows: Sequence[Any]) -> None:
        document = orjson.dumps([{"id": row.id, "tokens": tokens_of(session, entry, row, custom)} for row in rows])
        session.execute(_INSERT_FRESH, {**common, "rows": document.decode()})

    return write
