"""Adding many records at once, found and tagged as if each had been saved by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import Record, current_tenant_id
from app.data.bulk import column_names, insert_many
from app.host import registry
from app.search.making import CustomFields, is_searchable, tokens_of
from app.search.tags import register_tags

PART = 250
"""Rows of one statement: the database writes one part while the next is made."""

_INSERT_FRESH = text(
    "INSERT INTO search_token (tenant_id, kind, token, fields, record_id)"
    " SELECT :tenant_id, :kind, found.key, found.value, made.id"
    " FROM json_to_recordset(CAST(:rows AS json)) AS made(id uuid, tokens json), json_each_text(made.tokens) AS found"
    ' ORDER BY found.key COLLATE "C"'
)
"""Records that have no tokens yet cannot clash, and one document is written and read faster than four arrays. In the
order of the index the pages of common tokens are at hand."""


class Additions:
    """New records about to be inserted, with their tokens and tags. Making it reads what there is to read and registers
    the tags; `write` reads nothing, so it may be pipelined.

    Each group is a model and its rows, after those it refers to. A row is any object whose attributes are named as the
    model's columns; the collections that the search looks in are attributes too, and are a group of their own.
    """

    def __init__(self, session: Session, *groups: tuple[type[Record], Sequence[Any]]) -> None:
        self.session = session
        self.groups = [(model, rows) for model, rows in groups if rows]
        for model, rows in self.groups:
            tag_many(session, model, rows)
        self._token_writers = [token_writer(session, model) for model, _rows in self.groups]

    def write(self) -> None:
        """Insert the rows, then their tokens. Nothing is committed."""
        for model, rows in self.groups:
            self._insert(model, [vars(row) for row in rows])
        for write_tokens, (_model, rows) in zip(self._token_writers, self.groups, strict=True):
            for part in _parts(rows):
                write_tokens(part)

    def _insert(self, model: type[Record], held: Sequence[dict[str, Any]]) -> None:
        columns = [name for name in column_names(model.__table__) if any(name in one for one in held)]  # type: ignore[arg-type]
        for part in _parts(held):
            insert_many(self.session, model, [{name: one.get(name) for name in columns} for one in part])


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[start : start + PART] for start in range(0, len(rows), PART))


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
