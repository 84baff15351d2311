"""Owners hear that an answer will be late, and that it is: once each."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, cast, func, select

from app.sdk import _l, notify, publish, session
from plugins.crm.agenda_events import AnswerLate
from plugins.crm.models import Lead, ResponseTarget
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.remembering import Due, not_told, remember

AT_ONCE = 1_000
NAMED = 10
LATE = timedelta(days=1)
"""What nothing was running for longer than this is not told any more: it stands on Today."""
SOON, GONE = "answer_soon", "answer_late"


def alert(now: datetime) -> int:
    """Tell every owner of the answers that are due soon or late since; one notice for all of a kind. Returns how many
    leads it was about."""
    new = remember([*_found(SOON, _soon(now)), *_found(GONE, _late(now))])
    together: dict[tuple[str, UUID], list[Due]] = defaultdict(list)
    for due in new:
        together[due.about, due.member_id].append(due)
    for (about, owner), dues in together.items():
        _tell(about, owner, dues)
    return len(new)


def _found(about: str, statement: Select[Any]) -> list[Due]:
    owner, moment = Lead.assigned_to_id, Lead.respond_by
    new = statement.where(owner.is_not(None), *is_open(), not_told(about, Lead.id, moment, owner))
    return [Due(about, *row) for row in session.execute(new.order_by(moment).limit(AT_ONCE))]


def _soon(now: datetime) -> Select[Any]:
    """Within the minutes of their target: of one without, nobody is warned."""
    ahead = func.make_interval(0, 0, 0, 0, 0, cast(ResponseTarget.warn_minutes, Integer))
    due = select(Lead.assigned_to_id, Lead.id, Lead.respond_by).join(
        ResponseTarget, ResponseTarget.id == Lead.response_target_id
    )
    # No target warns earlier than a day before: the index need not be read any further.
    return due.where(Lead.respond_by > now, Lead.respond_by <= now + LATE, Lead.respond_by - ahead <= now)


def _late(now: datetime) -> Select[Any]:
    late = Lead.respond_by <= now, Lead.respond_by > now - LATE
    return select(Lead.assigned_to_id, Lead.id, Lead.respond_by).where(*late)


def _tell(about: str, owner: UUID, dues: list[Due]) -> None:
    leads = session.scalars(select(Lead).where(Lead.id.in_([due.target_id for due in dues])).order_by(Lead.id)).all()
    names = "\n".join(lead.title for lead in leads[:NAMED])
    one = leads[0] if len(leads) == 1 else None
    notify(owner, f"crm.{about}", _title(about, names, len(leads)), "" if one else names, target=one,
           dedupe=f"{dues[0].target_id}:{dues[0].for_at.isoformat()}")  # fmt: skip
    if about == GONE:
        for lead in leads:
            publish(AnswerLate(lead.id, lead.respond_by), aggregate=lead)


def _title(about: str, names: str, count: int) -> Any:
    if about == SOON:
        return _l("Answer soon: %(what)s", what=names) if count == 1 else _l("Answers due soon: %(n)s", n=count)
    return _l("Answer late: %(what)s", what=names) if count == 1 else _l("Late answers: %(n)s", n=count)
