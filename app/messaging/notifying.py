"""Telling people something: rows of the caller's transaction. Rolled back, nobody was ever told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from app.data import Record, current_scope, current_tenant_id, db, utcnow, uuid7
from app.host import registry
from app.jobs import enqueue
from app.messaging.models import Notification
from app.messaging.receivers import Members, Receiver, ids_of, receivers
from app.messaging.ways import at_once, daily, wishes

MAIL_JOB = "messaging.mail_notices"
LONGEST_KEY = 200


def notify(
    members: Members,
    kind: str,
    title: Any,
    body: Any = "",
    *,
    target: Record | None = None,
    at: datetime | None = None,
    dedupe: str | None = None,
) -> int:
    """Tell members of the tenant in force something. Returns how many are told (now, or when the time has come).

        notify(lead.assigned_to_id, "crm.follow_up_due", _l("Call %(name)s", name=lead.name), target=lead,
               at=lead.next_follow_up_at, dedupe=f"{lead.id}:{lead.next_follow_up_at:%s}")

    `members` is one member or several, as records or ids (`members_with_role` finds them by role); who left is left
    out. `kind` is declared in the hook `notices()`; everybody chooses how they hear of it, and who wants nothing of a
    kind gets no row. Texts made with `_l` are written in each receiver's language; `title` is cut at 255 characters.

    `target` is the record it is about. It becomes a link, and who may not read that record when they look, or when the
    mail is written, sees neither link nor text. `at` is when they are told: nothing is shown or mailed before. With
    `dedupe` a member is told only once, ever, however often this is called with it (keys are compared within a kind).

    The rows belong to the caller's transaction. Raises LookupError for a kind that no plugin declares, or a target that
    is of no resource; ValueError for a moment without time zone or a key of more than 200 characters.
    """
    if kind not in registry().notices:
        raise LookupError(f"No installed plugin declares the notice “{kind}”: name it in the hook notices().")
    if at is not None and at.tzinfo is None:
        raise ValueError("The moment has no time zone.")
    key = None if dedupe is None else _key(kind, dedupe)
    found = receivers(ids_of(members))
    rows = list(_rows(found, kind, title, body, target, at, key))
    told = _write(rows)
    wanted = [row["id"] for row in rows if row["id"] in told and row["mail"] == "wanted"]
    if wanted:
        enqueue(MAIL_JOB, [str(one) for one in wanted], delay=_pause(at))
    return len(told)


def withdraw(kind: str, target: Record, members: Members | None = None) -> int:
    """Take back what was to be told of a record later and has not been told yet. Returns how many notices that were.

    For reminders that move: withdraw the old one, `notify` of the new one.
    """
    statement = delete(Notification).where(
        Notification.kind == kind,
        Notification.target_type == registry().by_model[type(target)].key,
        Notification.target_id == target.id,
        Notification.due_at > utcnow(),
    )
    if members is not None:
        statement = statement.where(Notification.member_id.in_(ids_of(members)))
    return int(db.session.execute(statement, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]


def _key(kind: str, dedupe: str) -> str:
    key = f"{kind}:{dedupe}"
    if len(key) > LONGEST_KEY:
        raise ValueError(f"The key {key[:40]}… has more than {LONGEST_KEY} characters.")
    return key


def _pause(at: datetime | None) -> float:
    return 0.0 if at is None else max(0.0, (at - utcnow()).total_seconds())


def _rows(
    found: list[Receiver], kind: str, title: Any, body: Any, target: Record | None, at: datetime | None, key: str | None
) -> Iterator[dict[str, Any]]:
    later = _pause(at) > 0
    wanted = wishes((one.id for one in found), kind)
    about = {
        "kind": kind,
        "target_type": "" if target is None else registry().by_model[type(target)].key,
        "target_id": None if target is None else target.id,
        "due_at": at or utcnow(),
        "dedupe_key": key,
        "tenant_id": current_tenant_id(),
        "created_by": current_scope().actor_id,
    }
    for one in found:
        ways = wanted[one.id]
        if not ways and not later:
            continue
        with force_locale(one.locale):
            words = {"title": " ".join(str(title).split())[:255], "body": str(body)[:10_000] or None}
        # What is told later is decided when it is due: by then they may want to hear of it in another way.
        mail = "wanted" if later or at_once(ways) else "digest" if daily(ways) else "none"
        yield {"id": uuid7(), "member_id": one.id, "mail": mail, **about, **words}


def _write(rows: list[dict[str, Any]]) -> set[UUID]:
    """The ids of the rows that are new; one of the same key is there already for the others."""
    if not rows:
        return set()
    statement = insert(Notification).values(rows)
    once = statement.on_conflict_do_nothing(
        index_elements=["tenant_id", "member_id", "dedupe_key"], index_where=text("dedupe_key IS NOT NULL")
    )
    return set(db.session.scalars(once.returning(Notification.id)))
