"""Which of the records that notices are about somebody may read: now, under their own rights, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from app.host import registry
from app.identity.principal import Principal, acting_as
from app.messaging.models import Notification
from app.screens.reading import Surface

Key = tuple[str, UUID]


def reached(session: Session, person: Principal, notices: Iterable[Notification]) -> dict[Key, str]:
    """The addresses, inside the tenant, of the targets that are there and within this person's reach."""
    wanted: dict[str, set[UUID]] = {}
    for notice in notices:
        if notice.target_id is not None:
            wanted.setdefault(notice.target_type, set()).add(notice.target_id)
    with acting_as(person):
        surfaces = [Surface(registry().entries[kind], session) for kind in wanted if kind in registry().entries]
        parts = [
            select(literal(one.entry.key).label("kind"), one.model.id.label("id"), *_home(one.model)).where(
                *one.conditions(), one.model.id.in_(wanted[one.entry.key])
            )
            for one in surfaces
            if one.may("read")
        ]
        rows = session.execute(union_all(*parts)).all() if parts else []
    return {(row.kind, row.id): _address(row.home or row.kind, row.home_id or row.id) for row in rows}


def is_told(notice: Notification, within: dict[Key, str]) -> bool:
    """Whether the words of a notice may be shown: it is about no record, or about one that is within reach."""
    return notice.target_id is None or (notice.target_type, notice.target_id) in within


def _home(model: Any) -> tuple[Any, Any]:
    """What hangs on another record, as a note does, is looked at there."""
    if "target_id" not in model.__fields__:
        return null().label("home"), cast(null(), Uuid).label("home_id")
    return model.target_type.label("home"), model.target_id.label("home_id")


def _address(kind: str, record_id: UUID) -> str:
    entry = registry().entries[kind]
    return f"{entry.resource.row_path or entry.path + '/'}{record_id}"
