"""Sending one message: claimed, marked as being sent, handed over by its channel, settled. Each step is committed.

What a dead worker leaves behind is judged by its last step: a claim may be taken over, a message that was being sent
may have arrived and is never sent again by itself.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import db, utcnow
from app.events import publish
from app.host import Channel, JobRun, NotNow, NotSent, Outgoing, PerhapsSent, registry
from app.jobs.person import refused_here
from app.messaging.composing import recipients_of
from app.messaging.happenings import MessageSettled
from app.messaging.models import CLAIMED, FAILED, PENDING, SENDING, SENT, UNKNOWN, OutboundMessage
from app.messaging.outbox import wake

log = logging.getLogger(__name__)

PAUSES = (60, 300, 900, 1_800, 3_600, 7_200, 14_400)
"""Seconds after each attempt that did not work; the last one for all later ones."""
GIVE_UP = timedelta(days=4)
"""How long a message is tried, from the first attempt on."""
LEASE = timedelta(seconds=180)
"""Longer than the job may run, so whoever finds a lease run out knows that its holder is gone."""
TIMEOUT = 120
SUPPRESSIONS = "contacts.suppression"


def send_message(run: JobRun, message_id: str) -> str:
    """The job of one message. Returns the state it is left in."""
    session, key = db.session(), UUID(message_id)
    channel = _claim(session, key)
    session.commit()  # the claim is visible before anything else is done
    if channel is None:
        return ""
    try:
        with _opened(session, channel, key) as hand_over:
            run.check()
            _mark_sending(session, key)
            said = hand_over()
        _settle(session, key, SENT, said or "", "" if channel.send is None else said or "")
    except NotNow as error:
        _wait(session, key, error)
    except NotSent as error:
        _not_sent(session, key, error)
    except PerhapsSent as error:
        _perhaps(session, key, channel, error)
    return session.get_one(OutboundMessage, key).state


def _locked(session: Session, key: UUID) -> OutboundMessage | None:
    statement = select(OutboundMessage).where(OutboundMessage.id == key).with_for_update()
    return session.scalar(statement.execution_options(populate_existing=True))


def _claim(session: Session, key: UUID) -> Channel | None:
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
        _tell(message)
        return None
    if message.not_before > now:
        wake(key, message.not_before)
        return None
    return _claim_for(session, message)


def _claim_for(session: Session, message: OutboundMessage) -> Channel | None:
    """The channel it goes by; what nobody may send has failed."""
    message.state, message.lease_until = PENDING, None
    channel = registry().channels.get(message.channel)
    refusal = _("Its channel is not installed any more.") if channel is None else _off_here(channel)
    if channel is not None and not refusal and _is_suppressed(session, channel, recipients_of(message)):
        refusal = _("The address is on the suppression list.")
    if refusal:
        message.state, message.error = FAILED, refusal
        _tell(message)
        return None
    message.state, message.lease_until = CLAIMED, utcnow() + LEASE
    message.tried_since = message.tried_since or utcnow()
    return channel


def _off_here(channel: Channel) -> str | None:
    """Why a plugin's channel cannot be used in this tenant, in words."""
    return refused_here(channel.name) if "." in channel.name else None


def _is_suppressed(session: Session, channel: Channel, addresses: Sequence[str]) -> bool:
    """Whether the tenant may not write to one of these addresses, whatever for."""
    model: type = registry().entries[SUPPRESSIONS].model
    kinds = (channel.kind, "any") if channel.kind else ("any",)
    found = select(model.id).where(model.channel.in_(kinds), model.value.in_(addresses)).limit(1)  # type: ignore[attr-defined]
    return session.scalar(found) is not None


@contextmanager
def _opened(session: Session, channel: Channel, key: UUID) -> Iterator[Callable[[], str | None]]:
    """What hands the message over, once the channel is ready to."""
    row = session.get_one(OutboundMessage, key)
    out = Outgoing(
        key, row.recipient, row.recipient_name or "", row.subject, row.body, row.link or "", row.data, row.attempts + 1
    )
    if channel.opened is not None:
        with channel.opened(out) as hand_over:
            yield hand_over
    elif channel.missing is not None and (words := channel.missing()):
        raise NotNow(words)
    elif channel.send is not None:
        yield partial(_hand_over, session, channel.send, out)
    else:
        raise NotSent(_("By this channel nothing leaves the house."), again=False)


def _hand_over(session: Session, send: Callable[[Outgoing], str | None], out: Outgoing) -> str | None:
    """What breaks in the middle may have sent it."""
    try:
        return send(out)
    except (NotSent, NotNow, PerhapsSent):
        raise
    except Exception as error:
        log.warning("message %s: its channel broke", out.key, exc_info=error)
        session.rollback()
        raise PerhapsSent(str(error)) from error


def _mark_sending(session: Session, key: UUID) -> None:
    """From here on it may have been sent, whatever happens to us."""
    message = _locked(session, key)
    if message is None or message.state != CLAIMED:
        raise RuntimeError("The message was taken away while it was prepared.")
    message.state, message.attempts = SENDING, message.attempts + 1
    message.lease_until = utcnow() + LEASE
    session.commit()


def _settle(session: Session, key: UUID, state: str, words: str, provider_id: str = "") -> None:
    message = _locked(session, key)
    if message is None:
        return
    message.state, message.lease_until = state, None
    message.error = None if state == SENT else words[:2_000]
    message.sent_at = utcnow() if state == SENT else None
    message.provider_id = provider_id[:255] or None
    _tell(message)
    session.commit()
    log.info("message %s: %s %s", key, state, words)


def _tell(message: OutboundMessage) -> None:
    """Whoever asked for it hears what became of it."""
    if message.data.get("tells"):
        publish(MessageSettled(message.id, message.state), aggregate=message)


def _wait(session: Session, key: UUID, error: NotNow) -> None:
    """Nothing was tried: it waits until it may be, or until something is set up."""
    message = _locked(session, key)
    if message is None:
        return
    message.attempts -= message.state == SENDING
    message.state, message.lease_until, message.error = PENDING, None, str(error)[:2_000]
    if message.attempts == 0:
        message.tried_since = None
    if error.at is not None:
        message.not_before = error.at
        wake(key, error.at)
    session.commit()


def _not_sent(session: Session, key: UUID, error: NotSent) -> None:
    if error.again:
        _later(session, key, str(error), error.at)
    else:
        _settle(session, key, FAILED, str(error))


def _perhaps(session: Session, key: UUID, channel: Channel, error: PerhapsSent) -> None:
    words = _("The connection broke before the server confirmed it: %(reason)s", reason=error)
    if channel.harmless_twice:
        _later(session, key, words)
    else:
        _settle(session, key, UNKNOWN, words)


def _later(session: Session, key: UUID, words: str, at: datetime | None = None) -> None:
    """Try again after a pause that grows, not before `at`; give up after some days."""
    message = _locked(session, key)
    if message is None:
        return
    message.lease_until, message.error = None, words[:2_000]
    again = _next_attempt(message)
    message.state = PENDING if again is not None else FAILED
    if again is not None:
        message.not_before = max(again, at or again)
        wake(key, message.not_before)
    else:
        _tell(message)
    session.commit()
    log.warning("message %s waits: %s", key, words)


def _next_attempt(message: OutboundMessage) -> datetime | None:
    tried = utcnow() - (message.tried_since or utcnow())
    if tried > GIVE_UP:
        return None
    # By how long it has been tried, so that attempts that never reached the server count as well.
    pause = next((one for one in PAUSES if tried.total_seconds() < one), PAUSES[-1])
    return utcnow() + timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311
