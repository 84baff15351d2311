"""What related records are called, for any number of relations and records in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.data.record import label_fields
from app.screens.reading.surface import as_uuid

Wanted = Mapping[str, tuple[Field, Any]]
"""`{key: (relation field, id or its text)}`, by keys of the caller's own."""


def relation_labels(session: Session, wanted: Wanted) -> dict[str, str]:
    """Labels by the caller's keys. Ids that lead nowhere are absent."""
    asked: dict[type[Record], dict[UUID, list[str]]] = {}
    for key, (field, raw) in wanted.items():
        record_id = as_uuid(raw) if raw else None
        if record_id is not None and field.target is not None:
            asked.setdefault(field.target(), {}).setdefault(record_id, []).append(key)
    if not asked:
        return {}
    models = list(asked)
    parts = [_labels(at, model, list(asked[model])) for at, model in enumerate(models)]
    found: dict[str, str] = {}
    statement: Any = union_all(*parts) if len(parts) > 1 else parts[0]
    for row in session.execute(statement):
        found |= dict.fromkeys(asked[models[row.at]][row.id], row.words or row.id.hex[-8:])
    return found


def _labels(at: int, model: Any, ids: list[UUID]) -> Any:
    parts = [getattr(model, name) for name in label_fields(model)]
    words = func.nullif(func.concat_ws(" ", *parts), "") if parts else literal("")
    return select(literal(at).label("at"), model.id, words.label("words")).where(model.id.in_(ids))
