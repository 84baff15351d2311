"""Who made and changed records: names of members, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.tenancy.models import Membership


def author_names(session: Session, uids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Names by account uid; people who are no member (any more) are absent."""
    wanted = {uid for uid in uids if uid is not None}
    if not wanted:
        return {}
    statement = select(Membership.account_uid, Membership.name).where(Membership.account_uid.in_(wanted))
    return {row.account_uid: row.name for row in session.execute(statement)}
