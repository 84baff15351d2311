"""What a member sees of what they were told: nothing of records that are gone or out of their reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, false, select, tuple_, update

from app.data import db, utcnow
from app.host import registry
from app.identity.principal import Principal
from app.messaging.models import Notification
from app.messaging.reach import Key, is_told, reached

SIZE = 30
QUIET = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Seen:
    """A notice as its receiver may see it now. `is_gone` when what it is about is gone or not theirs to read: then it
    has no text, and its title is the name of its kind."""

    id: UUID
    kind: str
    kind_words: str
    title: str
    body: str
    due_at: datetime
    read_at: datetime | None
    is_gone: bool
    href: str
    """The record it is about, inside the tenant; empty when it is about none."""


@dataclass(frozen=True, slots=True)
class SeenPage:
    """The newest notices before some place; `next` is where the page after it begins, empty on the last."""

    notices: tuple[Seen, ...]
    next: str


def own_notices(person: Principal) -> ColumnElement[bool]:
    """The row rule of notifications: a member's own, once their time has come."""
    if person.membership_id is None:
        return false()
    return and_(Notification.member_id == person.membership_id, Notification.due_at <= utcnow())


def seen_page(person: Principal, *, only_unread: bool = False, before: str = "", size: int = SIZE) -> SeenPage:
    """A page of a member's notices, newest first. A `before` that is no such place means the first page."""
    statement = select(Notification).where(own_notices(person))
    if only_unread:
        statement = statement.where(Notification.read_at.is_(None))  # type: ignore[union-attr]
    place = _place(before)
    if place is not None:
        statement = statement.where(tuple_(Notification.due_at, Notification.id) < place)
    newest = statement.order_by(Notification.due_at.desc(), Notification.id.desc())  # type: ignore[attr-defined]
    rows = list(db.session.scalars(newest.limit(size + 1)))
    shown = rows[:size]
    within = reached(db.session(), person, shown)
    return SeenPage(tuple(_seen(row, within) for row in shown), _after(shown[-1]) if len(rows) > size else "")


def follow(person: Principal, notice_id: UUID) -> Seen | None:
    """One notice, read from now on; None when there is none of theirs."""
    row = db.session.scalar(select(Notification).where(own_notices(person), Notification.id == notice_id))
    if row is None:
        return None
    seen = _seen(row, reached(db.session(), person, [row]))
    mark([row.id], person, read=True)
    return seen


def _seen(row: Notification, within: dict[Key, str]) -> Seen:
    notice = registry().notices.get(row.kind)
    kind = str(notice.title) if notice is not None else _("Of a part that is not installed any more")
    is_gone = not is_told(row, within)
    title, body = (kind, "") if is_gone else (row.title, row.body or "")
    href = within.get((row.target_type, row.target_id), "") if row.target_id is not None else ""
    return Seen(row.id, row.kind, kind, title, body, row.due_at, row.read_at, is_gone, href)


def _after(row: Notification) -> str:
    return f"{row.due_at.isoformat().replace('+00:00', 'Z')}_{row.id}"


def _place(before: str) -> tuple[datetime, UUID] | None:
    moment, _blank, key = before.partition("_")
    try:
        found = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return None
    return found if found[0].tzinfo is not None else None


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
    for row in rows:
        row.read_at = row.read_at or utcnow()
    return str(ngettext("%(num)s notification is read.", "%(num)s notifications are read.", len(rows)))


def mark_unread(rows: Sequence[Any]) -> str:
    """The action that marks notices as not read yet."""
    for row in rows:
        row.read_at = None
    return str(ngettext("%(num)s notification is unread again.", "%(num)s notifications are unread again.", len(rows)))
