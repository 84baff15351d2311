"""What the records of entries are called, where the change itself did not say: only a row in their form was written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.changes import Told, label_from
from app.data import Record
from app.data.record import label_fields


def name_targets(session: Session, tenant_id: UUID, told: Sequence[Told]) -> None:
    """Give a label to entries that have none: from the session where the record is loaded, else one statement for each
    kind of record."""
    nameless: dict[Any, list[Told]] = defaultdict(list)
    for one in told:
        if one.label is None and one.model is not None:
            loaded = session.identity_map.get((one.model, (one.target_id,), None))
            if loaded is not None and label_fields(one.model) and label_fields(one.model)[0] in loaded.__dict__:
                one.label = label_from(one.model, loaded.__dict__)
            else:
                nameless[one.model].append(one)
    for model, entries in nameless.items():
        names = _names(session, model, tenant_id, [one.target_id for one in entries])
        for one in entries:
            one.label = names.get(one.target_id)


def _names(session: Session, model: type[Record], tenant_id: UUID, ids: Sequence[Any]) -> dict[Any, str]:
    fields = label_fields(model)
    columns = [getattr(model, name) for name in fields]
    statement = select(model.id, *columns).where(model.tenant_id == tenant_id, model.id.in_(ids))
    with session.no_autoflush:
        rows = session.execute(statement).all()
    return {row[0]: label_from(model, dict(zip(fields, row[1:], strict=True))) for row in rows}
