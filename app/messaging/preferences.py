"""How members want to hear of what: each chooses for themselves, kind by kind."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.host import Notice, registry
from app.host.declarations import DELIVERIES
from app.identity.principal import Principal
from app.messaging.models import NoticePreference


def kinds_for(person: Principal) -> list[Notice]:
    """The kinds of notices of the plugins that are on for this person, in the plugins' order."""
    on = registry().always_on | (person.tenant.plugins if person.tenant is not None else frozenset())
    return [notice for notice in registry().notices.values() if notice.key.partition(".")[0] in on]


def chosen(member_id: UUID) -> dict[str, str]:
    """What a member has chosen, by kind."""
    statement = select(NoticePreference.kind, NoticePreference.delivery).where(NoticePreference.member_id == member_id)
    return {row.kind: row.delivery for row in db.session.execute(statement)}


def choose(member_id: UUID, kind: str, delivery: str) -> None:
    """Keep what a member chose for a kind. Raises ValueError with a sentence for what does not exist."""
    if kind not in registry().notices:
        raise ValueError(_("There is no notice of this kind."))
    if delivery not in DELIVERIES:
        raise ValueError(_("There is no such way to be told."))
    row = db.session.scalar(
        select(NoticePreference).where(NoticePreference.member_id == member_id, NoticePreference.kind == kind)
    )
    if row is None:
        db.session.add(NoticePreference(member_id=member_id, kind=kind, delivery=delivery))
    else:
        row.delivery = delivery
