"""What related records are called, for any number of relations in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.data import Field
from app.data.record import label_fields
from app.screens.reading.surface import as_uuid


def relation_labels(session: Session, wanted: Mapping[str, tuple[Field, Any]]) -> dict[str, str]:
    """Labels by the caller's own keys, for `{key: (relation field, id)}`. Ids that lead nowhere are absent."""
    asked: dict[str, Any] = {}
    for key, (field, raw) in wanted.items():
        record_id = as_uuid(raw) if raw else None
        if record_id is not None and field.target is not None:
            asked[key] = _label(field, record_id)
    if not asked:
        return {}
    row = session.execute(select(*asked.values())).one()
    return {key: str(label) for key, label in zip(asked, row, strict=True) if label is not None}


def _label(field: Field, record_id: UUID) -> Any:
    model: Any = field.target() if field.target else None
    parts = [getattr(model, name) for name in label_fields(model)]
    words = func.coalesce(func.nullif(func.concat_ws(" ", *parts), ""), record_id.hex[-8:])
    return select(words).where(model.id == record_id).scalar_subquery()
