"""Telling once: what one person is told of one record for one moment is written down in the transaction that tells it,
under a unique key. Of two schedulers or workers one finds the key taken, and one that is killed has told nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from app.sdk import as_member, current_tenant_id, notify, reach, session
from plugins.crm.models import Lead, Reminder

NAMED = 10
"""Leads that a notice about many of them names."""


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


def together(dues: Iterable[Due]) -> Collection[list[Due]]:
    """Those that are about the same for the same person."""
    found: dict[tuple[str, UUID], list[Due]] = defaultdict(list)
    for due in dues:
        found[due.about, due.member_id].append(due)
    return found.values()


def tell_together(
    dues: Sequence[Due], notice: str, words: Callable[[Sequence[str], int], tuple[Any, str]]
) -> Sequence[Any]:
    """One notice about all of these leads that its receiver reaches; of one alone it leads there. `words` gives title
    and body from the names of the first leads and the number of all. Returns the leads, reached or not."""
    leads = session.scalars(select(Lead).where(Lead.id.in_([due.target_id for due in dues])).order_by(Lead.id)).all()
    within = _reached(dues[0].member_id, [lead.id for lead in leads])
    theirs = [lead for lead in leads if lead.id in within]
    if theirs:
        title, body = words([lead.title for lead in theirs[:NAMED]], len(theirs))
        notify(dues[0].member_id, notice, title, body, target=theirs[0] if len(theirs) == 1 else None,
               dedupe=f"{dues[0].target_id}:{dues[0].for_at.isoformat()}")  # fmt: skip
    return leads


def _reached(member: UUID, ids: Sequence[UUID]) -> Collection[UUID]:
    """A notice about many records hangs on none, so nobody else asks whether its receiver may read their names."""
    try:
        with as_member(member):
            return set(session.scalars(select(Lead.id).where(Lead.id.in_(ids), *reach(Lead).readable())))
    except LookupError:
        return ()
