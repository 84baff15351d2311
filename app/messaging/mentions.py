"""Who is named in a note is told. `app.contacts.mentions` finds out who is meant, and says so once."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.data import db
from app.host import Event, Occurrence, registry
from app.messaging.notifying import notify
from app.tenancy.models import Membership

MENTIONED = "messaging.mentioned"
EVENT = "contacts.member_mentioned"
NOTE = "contacts.note"
SHOWN = 500


def tell_mentioned(happened: Event, _told: Occurrence) -> None:
    """The handler of the event: the member is told, once for each note, unless they wrote it themselves."""
    said: Any = happened
    note: Any = db.session.get(registry().entries[NOTE].model, said.note_id)
    if note is None or note.deleted_at is not None or _account_of(said.member_id) == said.author_id:
        return
    author = _name_of(said.author_id)
    title = _l("%(name)s mentions you in a note", name=author) if author else _l("You are mentioned in a note")
    notify([said.member_id], MENTIONED, title, note.content[:SHOWN], target=note, dedupe=str(note.id))


def _account_of(member_id: Any) -> Any:
    return db.session.scalar(select(Membership.account_uid).where(Membership.id == member_id))


def _name_of(account_uid: Any) -> str:
    return db.session.scalar(select(Membership.name).where(Membership.account_uid == account_uid)) or ""
