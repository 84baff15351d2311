"""Telling once: what one person is told of one record for one moment is written down in the transaction that tells it,
under a unique key. Of two schedulers or workers one finds the key taken, and one that is killed has told nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.dialects.postgresql import insert

from app.sdk import current_tenant_id, session
from plugins.crm.models import Reminder


@dataclass(frozen=True, slots=True)
class Due:
    """Something that one person is to be told of."""

    about: str
    member_id: UUID
    target_id: UUID
    for_at: datetime


def remember(found: Sequence[Due]) -> list[Due]:
    """Write down what is about to be told. Gives those that nobody has told before."""
    if not found:
        return []
    rows = [
        {"tenant_id": current_tenant_id(), "about": due.about, "member_id": due.member_id,
         "target_id": due.target_id, "for_at": due.for_at}
        for due in found
    ]  # fmt: skip
    columns = (Reminder.about, Reminder.member_id, Reminder.target_id, Reminder.for_at)
    statement = insert(Reminder).values(rows).on_conflict_do_nothing().returning(*columns)
    return [Due(*row) for row in session.execute(statement)]


def not_told(about: str, target: Any, moment: Any, member: Any) -> Any:
    """The condition that nobody told this yet."""
    return ~exists().where(
        Reminder.target_id == target, Reminder.about == about, Reminder.for_at == moment, Reminder.member_id == member
    )
