"""What a member sees of what they were told: nothing of records that are out of their reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, false, update

from app.data import db, utcnow
from app.identity.principal import Principal
from app.messaging.models import Notification

QUIET = {"synchronize_session": False}


def own_notices(person: Principal) -> ColumnElement[bool]:
    """The row rule of notifications: a member's own, once their time has come."""
    if person.membership_id is None:
        return false()
    return and_(Notification.member_id == person.membership_id, Notification.due_at <= utcnow())


def mark(ids: Sequence[UUID] | None, person: Principal, *, read: bool) -> int:
    """Note that a member has read these notices (all of theirs without ids), or has not. Returns how many changed."""
    unread = Notification.read_at.is_(None)  # type: ignore[union-attr]
    statement = update(Notification).where(own_notices(person), unread if read else ~unread)
    if ids is not None:
        statement = statement.where(Notification.id.in_(ids))
    result = db.session.execute(statement.values(read_at=utcnow() if read else None), execution_options=QUIET)
    return int(result.rowcount)  # type: ignore[attr-defined]


def mark_read(rows: Sequence[Any]) -> str:
    """The action that marks notices as read."""
    return _marked(rows, utcnow())


def mark_unread(rows: Sequence[Any]) -> str:
    """The action that marks notices as not read yet."""
    return _marked(rows, None)


def _marked(rows: Sequence[Any], at: Any) -> str:
    for row in rows:
        row.read_at = at
    count = len(rows)
    if at is None:
        return str(ngettext("%(num)s notification is unread again.", "%(num)s notifications are unread again.", count))
    return str(ngettext("%(num)s notification is read.", "%(num)s notifications are read.", count)) or _("Done")
