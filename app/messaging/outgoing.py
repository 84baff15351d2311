"""What admins may do with outgoing messages, and the sweep that finds those whose job was lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import and_, or_, select

from app.data import db, utcnow
from app.host import JobRun, registry
from app.messaging.accounts import reseal
from app.messaging.mailing import wake_forgotten
from app.messaging.models import CLAIMED, FAILED, PENDING, SENDING, UNKNOWN, OutboundMessage
from app.messaging.outbox import wake

MANY = 1_000
STUCK = (FAILED, UNKNOWN, PENDING)


def send_again(rows: Sequence[OutboundMessage]) -> str:
    """The action that sends what failed, may not have arrived, or waits: at once."""
    for row in rows:
        if row.state not in STUCK:
            raise ValueError(_("“%(subject)s” is sent, or being sent.", subject=row.subject))
        row.state, row.error, row.tried_since, row.not_before = PENDING, None, None, utcnow()
        db.session.flush()
        wake(row.id)
    return str(ngettext("%(num)s message is sent again.", "%(num)s messages are sent again.", len(rows)))


def call_off(rows: Sequence[OutboundMessage]) -> str:
    """The action that takes back what still waits."""
    for row in rows:
        if row.state != PENDING:
            raise ValueError(_("“%(subject)s” does not wait any more.", subject=row.subject))
        row.state, row.error = FAILED, _("Somebody decided that it is not sent.")
    return str(ngettext("%(num)s message is not sent.", "%(num)s messages are not sent.", len(rows)))


def sweep(run: JobRun) -> int:
    """Wake what is long overdue: its job was lost or cancelled, it waited for an account, or its worker died."""
    session, now = db.session(), utcnow()
    reseal()
    wake_forgotten(session)
    late = now - timedelta(minutes=5)
    statement = select(OutboundMessage).where(
        or_(
            and_(OutboundMessage.state == PENDING, OutboundMessage.not_before < late),
            and_(OutboundMessage.state.in_((CLAIMED, SENDING)), OutboundMessage.lease_until < late),
        )
    )
    # Of what waits for a channel to be set up nobody is woken in vain.
    waiting = [one.name for one in registry().channels.values() if one.missing is not None and one.missing()]
    statement = statement.where(or_(OutboundMessage.state != PENDING, OutboundMessage.channel.not_in(waiting)))  # type: ignore[attr-defined]
    found = session.scalars(statement.order_by(OutboundMessage.not_before).limit(MANY)).all()
    for message in found:
        wake(message.id)
    return len(found)
