"""The channel of e-mail: an account is found and counted, a server spoken to, and what went wrong put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.data import db
from app.data.secrets import CannotOpen
from app.host import NotNow, NotSent, Outgoing
from app.messaging import senders
from app.messaging.composing import compose, recipients_of
from app.messaging.models import EmailAccount, OutboundMessage
from app.messaging.outbox import own_name
from app.messaging.receivers import Receiver
from app.messaging.senders import Sender
from app.messaging.smtp import NotConnected, Refused, Server, connected, deliver
from app.outbound import Forbidden


def own_address(member: Receiver) -> str:
    """Where a member reads mail."""
    return member.email


def missing() -> str | None:
    """What keeps all mail waiting."""
    has_account = select(EmailAccount.id).where(EmailAccount.is_active).limit(1)  # type: ignore[arg-type]
    if senders.has_platform() or db.session.scalar(has_account) is not None:
        return None
    return str(_("No e-mail account is set up, so it waits. An owner or admin can add one under E-mail accounts."))


@contextmanager
def opened(out: Outgoing) -> Iterator[Callable[[], str]]:
    """The conversation with the mail server. What was not sent is not counted."""
    session = db.session()
    message = session.get_one(OutboundMessage, out.key)
    sender = _counted_sender(session, message)
    try:
        content, recipients = _content(message, sender), recipients_of(message)
        server = _server(session, sender)
        with connected(server, own_name()) as client:
            yield lambda: _handed_over(session, out, deliver(client, sender.address, recipients, content))
    except (NotSent, NotConnected, Refused) as error:
        senders.give_back(session, sender)
        raise _in_words(session, sender, error) from None
    _blame(session, sender, None)


def _handed_over(session: Session, out: Outgoing, said: tuple[str, list[str]]) -> str:
    """The server's words. Who was refused while others were not, is kept with the message."""
    words, refused = said
    if refused:
        message = session.get_one(OutboundMessage, out.key)
        message.data = {**message.data, "refused": refused}
    return words


def _counted_sender(session: Session, message: OutboundMessage) -> Sender:
    """Who sends it; one of today's number is taken, and kept by a commit."""
    sender = senders.sender_for(session, message)
    if sender is None:
        raise NotNow(
            _("No e-mail account is set up, so it waits. An owner or admin can add one under E-mail accounts.")
        )
    again = senders.take(session, sender)
    if again is not None:
        raise NotNow(_("Today's limit of the account is used up: it goes out tomorrow."), again)
    message.account_id = sender.account_id
    return sender


def _content(message: OutboundMessage, sender: Sender) -> bytes:
    try:
        return compose(message, sender.address, sender.name)
    except ValueError as error:
        raise NotSent(str(error), again=False) from None


def _server(session: Session, sender: Sender) -> Server:
    """Read before the conversation begins; the transaction is over when it does."""
    try:
        server = senders.server_of(session, sender)
        session.commit()
        return server if sender.account_id is None else senders.located(server)
    except (Forbidden, CannotOpen) as error:
        raise NotConnected(str(error)) from None


def _in_words(session: Session, sender: Sender, error: Exception) -> NotSent:
    if isinstance(error, NotSent):
        return error
    if isinstance(error, Refused):
        if error.for_good:
            return NotSent(_("The server refused it: %(reason)s", reason=error), again=False)
        return NotSent(_("The server wants it later: %(reason)s", reason=error))
    words = _("The mail server cannot be used: %(reason)s", reason=error)
    _blame(session, sender, words[:2_000])
    return NotSent(words)


def _blame(session: Session, sender: Sender, words: str | None) -> None:
    """Note at the account what is wrong with it, without a new version: a form that is open can still be saved."""
    changed = EmailAccount.last_error.is_distinct_from(words)  # type: ignore[union-attr]
    statement = update(EmailAccount).where(EmailAccount.id == sender.account_id, changed).values(last_error=words)
    session.execute(statement, execution_options={"synchronize_session": False})
