"""Owners hear that an answer will be late, and that it is: once each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Integer, Select, cast, func, select

from app.sdk import _l, publish, session
from plugins.crm.agenda_events import AnswerLate
from plugins.crm.models import Lead, ResponseTarget
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.remembering import Due, not_told, remember, tell_together, together

AT_ONCE = 1_000
LATE = timedelta(days=1)
"""What nothing was running for longer than this is not told any more: it stands on Today."""
SOON, GONE = "answer_soon", "answer_late"


def alert(now: datetime) -> int:
    """Tell every owner of the answers that are due soon or late since; one notice for all of a kind. Returns how many
    leads it was about."""
    new = remember([*_found(SOON, _soon(now)), *_found(GONE, _late(now))])
    for dues in together(new):
        about = dues[0].about
        leads = tell_together(dues, f"crm.{about}", partial(_words, about))
        for lead in leads if about == GONE else ():
            publish(AnswerLate(lead.id, lead.respond_by), aggregate=lead)
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


def _words(about: str, names: Sequence[str], count: int) -> tuple[Any, str]:
    """One lead is named in the title, several below it."""
    is_soon, what = about == SOON, "\n".join(names)
    if count == 1:
        return (_l("Answer soon: %(what)s", what=what) if is_soon else _l("Answer late: %(what)s", what=what)), ""
    return (_l("Answers due soon: %(n)s", n=count) if is_soon else _l("Late answers: %(n)s", n=count)), what
