"""What people do with conversations: read, not read, done, somebody's. Nothing of it reaches the mailbox itself."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask_babel import ngettext

from app.mailboxes.models import MailThread


def mark_read(rows: Sequence[MailThread]) -> str:
    return _marked(rows, is_unread=False)


def mark_unread(rows: Sequence[MailThread]) -> str:
    return _marked(rows, is_unread=True)


def mark_done(rows: Sequence[MailThread]) -> str:
    """It needs no answer; the next mail of the other side asks for one again."""
    return _marked(rows, is_unread=False, is_waiting=False)


def assign(rows: Sequence[MailThread], member: UUID | None = None) -> str:
    """To a member, or to nobody."""
    return _marked(rows, assigned_to_id=member)


def _marked(rows: Sequence[MailThread], **values: object) -> str:
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    return str(ngettext("%(num)s conversation is changed.", "%(num)s conversations are changed.", len(rows)))
