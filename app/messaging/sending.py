"""Sending one message: claimed, connected, marked as being sent, handed over, settled. Each step is committed.

What a dead worker leaves behind is judged by its last step: a claim may be taken over, a message that was being sent
may have arrived and is never sent again by itself.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.data import db, utcnow
from app.data.secrets import CannotOpen
from app.host import JobRun, registry
from app.messaging import senders
from app.messaging.composing import compose
from app.messaging.models import CLAIMED, FAILED, PENDING, SENDING, SENT, UNKNOWN, EmailAccount, OutboundMessage
from app.messaging.outbox import own_name, wake
from app.messaging.senders import Sender
from app.messaging.smtp import NotConnected, PerhapsSent, Refused, Server, connected, deliver
from app.outbound import Forbidden

log = logging.getLogger(__name__)

PAUSES = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
"""Seconds after each attempt that did not work; the last one for all later ones."""
GIVE_UP = timedelta(days=4)
"""How long a message is tried, from the first attempt on."""
LEASE = timedelta(seconds=180)
"""Longer than the job may run, so whoever finds a lease run out knows that its holder is gone."""
TIMEOUT = 120
SUPPRESSIONS = "contacts.suppression"


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that was claimed, and all that is needed to hand it over."""

    sender: Sender
    server: Server
    content: bytes
    recipient: str


def send_message(run: JobRun, message_id: str) -> str:
    """The job of one message. Returns the state it is left in."""
    session, key = db.session(), UUID(message_id)
    claimed = _claim(session, key)
    session.commit()  # the claim is visible before anything else is done
    if claimed is None:
        return ""
    try:
        ready = _prepare(session, key, claimed)
        if ready is not None:
            with connected(ready.server, own_name()) as client:
                run.check()
                _mark_sending(session, key)
                said = deliver(client, ready.sender.address, ready.recipient, ready.content)
            _settle(session, key, SENT, said)
    except NotConnected as error:
        _later(session, key, claimed, _("The mail server cannot be used: %(reason)s", reason=error))
    except Refused as error:
        _refused(session, key, claimed, error)
    except PerhapsSent as error:
        words = _("The connection broke before the server confirmed it: %(reason)s", reason=error)
        _settle(session, key, UNKNOWN, words)
    return session.get_one(OutboundMessage, key).state


def _locked(session: Session, key: UUID) -> OutboundMessage | None:
    statement = select(OutboundMessage).where(OutboundMessage.id == key).with_for_update()
    return session.scalar(statement.execution_options(populate_existing=True))


def _claim(session: Session, key: UUID) -> Sender | None:
    """Take the message, if it is its time and nobody has it. None when there is nothing to do, or not now."""
    message = _locked(session, key)
    now = utcnow()
    if message is None or message.state not in (PENDING, CLAIMED, SENDING):
        return None
    if message.state != PENDING and message.lease_until is not None and message.lease_until > now:
        wake(key, message.lease_until + timedelta(seconds=1))
        return None
    if message.state == SENDING:
        message.state, message.lease_until = UNKNOWN, None
        message.error = _("The server that sent it stopped in the middle. It may have arrived; it is not sent again.")
        return None
    if message.not_before > now:
        wake(key, message.not_before)
        return None
    return _claim_for(session, message)


def _claim_for(session: Session, message: OutboundMessage) -> Sender | None:
    """Find who sends it and count it; without a sender, or with none left of today's number, it goes on waiting."""
    message.state, message.lease_until = PENDING, None
    if _is_suppressed(session, message.recipient):
        message.state, message.error = FAILED, _("The address is on the suppression list.")
        return None
    sender = senders.sender_for(session, message)
    if sender is None:
        message.error = _(
            "No e-mail account is set up, so it waits. An owner or admin can add one under E-mail accounts."
        )
        return None
    again = senders.take(session, sender)
    if again is not None:
        message.not_before = again
        message.error = _("Today's limit of the account is used up: it goes out tomorrow.")
        wake(message.id, again)
        return None
    message.state, message.lease_until = CLAIMED, utcnow() + LEASE
    message.account_id = sender.account_id
    message.tried_since = message.tried_since or utcnow()
    return sender


def _is_suppressed(session: Session, address: str) -> bool:
    """Whether the tenant may not write to this address, whatever for."""
    entry = registry().entries[SUPPRESSIONS]
    model: type = entry.model
    found = select(model.id).where(model.channel.in_(("email", "any")), model.value == address).limit(1)  # type: ignore[attr-defined]
    return session.scalar(found) is not None


def _prepare(session: Session, key: UUID, sender: Sender) -> Ready | None:
    """All that is needed, read before the conversation begins; the transaction is over when it is."""
    message = session.get_one(OutboundMessage, key)
    try:
        content = compose(message, sender.address, sender.name)
    except ValueError as error:
        _settle(session, key, FAILED, str(error), sender)
        return None
    recipient = message.recipient
    try:
        server = senders.server_of(session, sender)
        session.commit()
        server = server if sender.account_id is None else senders.located(server)
    except (Forbidden, CannotOpen) as error:
        raise NotConnected(str(error)) from None
    return Ready(sender, server, content, recipient)


def _mark_sending(session: Session, key: UUID) -> None:
    """From here on it may have been sent, whatever happens to us."""
    message = _locked(session, key)
    if message is None or message.state != CLAIMED:
        raise RuntimeError("The message was taken away while it was prepared.")
    message.state, message.attempts = SENDING, message.attempts + 1
    message.lease_until = utcnow() + LEASE
    session.commit()


def _settle(session: Session, key: UUID, state: str, words: str, unused: Sender | None = None) -> None:
    message = _locked(session, key)
    if message is None:
        return
    message.state, message.lease_until = state, None
    message.error = None if state == SENT else words[:2_000]
    message.sent_at = utcnow() if state == SENT else None
    if unused is not None:
        senders.give_back(session, unused)
    elif state == SENT:
        _blame(session, message.account_id, None)
    session.commit()
    log.info("message %s: %s %s", key, state, words)


def _refused(session: Session, key: UUID, sender: Sender, error: Refused) -> None:
    if error.for_good:
        _settle(session, key, FAILED, _("The server refused it: %(reason)s", reason=error), sender)
    else:
        _later(session, key, sender, _("The server wants it later: %(reason)s", reason=error), blame=False)


def _later(session: Session, key: UUID, sender: Sender, words: str, *, blame: bool = True) -> None:
    """Try again after a pause that grows; give up after some days. `blame` notes it at the account as well."""
    message = _locked(session, key)
    if message is None:
        return
    senders.give_back(session, sender)
    message.lease_until, message.error = None, words[:2_000]
    if blame:
        _blame(session, message.account_id, words[:2_000])
    again = _next_attempt(message)
    message.state = PENDING if again is not None else FAILED
    if again is not None:
        message.not_before = again
        wake(key, again)
    session.commit()
    log.warning("message %s waits: %s", key, words)


def _blame(session: Session, account_id: UUID | None, words: str | None) -> None:
    """Note at the account what is wrong with it, without a new version: a form that is open can still be saved."""
    changed = EmailAccount.last_error.is_distinct_from(words)  # type: ignore[union-attr]
    statement = update(EmailAccount).where(EmailAccount.id == account_id, changed).values(last_error=words)
    session.execute(statement, execution_options={"synchronize_session": False})


def _next_attempt(message: OutboundMessage) -> datetime | None:
    tried = utcnow() - (message.tried_since or utcnow())
    if tried > GIVE_UP:
        return None
    # By how long it has been tried, so that attempts that never reached the server count as well.
    pause = next((one for one in PAUSES if tried.total_seconds() < one), PAUSES[-1])
    return utcnow() + timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311
