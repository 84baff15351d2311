"""Looking into mailboxes: every few minutes, one mailbox at a time, in steps that are committed one by one.

A step is some mails of one folder and how far it was read, in one transaction: killed anywhere, the next run goes on
where the last step ended, and meets no mail twice. New mails come first, the past after them, newest first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.data import db, utcnow
from app.data.secrets import CannotOpen
from app.files.storage import StoreDown
from app.host import JobRun
from app.jobs import enqueue
from app.mailboxes import filing, keeping
from app.mailboxes.imap import BROKEN_OFF, Conversation, Envelope, NotLetIn, NotReached, Place, connected
from app.mailboxes.keeping import Found
from app.mailboxes.models import BOUNCE, STOPPED, WORKS, Mailbox, MailFolder
from app.mailboxes.parsing import Read, read_head, read_mail
from app.mailboxes.servers import located, server_of
from app.mailboxes.telling import tell_stopped
from app.outbound import Forbidden

log = logging.getLogger(__name__)

LOOK, FETCH = "mailboxes.look", "mailboxes.fetch"
CHUNK = 50
"""Mails of a step."""
AT_ONCE = 2_000
"""Heads that one run looks at: a full mailbox is read in several runs, so that others have their turn."""
TIMEOUT = 240
LEASE = timedelta(seconds=TIMEOUT + 30)
LARGEST = 25 * 1024 * 1024


@dataclass
class Haul:
    """What one run brought in."""

    looked: int = 0
    kept: int = 0
    broken: int = 0
    ours: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_full(self) -> bool:
        return self.looked >= AT_ONCE


def look(run: JobRun) -> int:
    """The scheduled job: every mailbox that is active gets a job of its own. Returns how many."""
    wanted = select(Mailbox.id).where(Mailbox.is_active, Mailbox.has_password, Mailbox.state != STOPPED)  # type: ignore[arg-type]
    found = db.session.scalars(wanted.order_by(Mailbox.id)).all()
    for key in found:
        ask(key)
    return len(found)


def ask(mailbox_id: UUID) -> None:
    """Have a mailbox looked into soon; it waits once, however often it is asked."""
    enqueue(FETCH, mailbox_id, unique_key=str(mailbox_id))


def fetch(run: JobRun, mailbox_id: str) -> dict[str, int]:
    """The job of one mailbox. Returns what it brought in."""
    session, key, haul = db.session(), UUID(mailbox_id), Haul()
    if not _claim(session, key):
        return {}
    try:
        mailbox = session.get_one(Mailbox, key)
        haul.ours = keeping.our_addresses(session)
        server = server_of(mailbox)
        session.commit()  # nothing waits for the other side inside a transaction
        with connected(located(server)) as conversation:
            _fetch_all(run, session, mailbox, conversation, haul)
    except NotLetIn as error:
        _stop(session, key, _("The server does not let us in: %(reason)s", reason=error))
    except (NotReached, Forbidden, CannotOpen) as error:
        _note(session, key, _("The server cannot be used: %(reason)s", reason=error))
    else:
        _note(session, key, None)
        if haul.is_full:
            ask(key)
            session.commit()
    finally:
        _release(session, key)
    return {"looked": haul.looked, "kept": haul.kept, "broken": haul.broken}


def _claim(session: Session, key: UUID) -> bool:
    """Nobody else looks into a mailbox meanwhile; a dead worker's claim runs out."""
    free = or_(Mailbox.lease_until.is_(None), Mailbox.lease_until < utcnow())
    here = Mailbox.id == key, Mailbox.is_active, free
    claimed = _set(session, here, lease_until=utcnow() + LEASE)
    session.commit()
    return claimed


def _release(session: Session, key: UUID) -> None:
    session.rollback()
    _set(session, (Mailbox.id == key,), lease_until=None)
    session.commit()


def _set(session: Session, where: Sequence[object], **values: object) -> bool:
    """Change what no form holds, without a new version: a form that is open can still be saved."""
    statement = update(Mailbox).where(*where).values(**values)  # type: ignore[arg-type]
    quiet = {"synchronize_session": False, "tenantry_is_told": True}
    return bool(session.execute(statement, execution_options=quiet).rowcount)  # type: ignore[attr-defined]


def _note(session: Session, key: UUID, words: str | None) -> None:
    session.rollback()
    values = {"last_error": words and words[:2_000]}
    _set(session, (Mailbox.id == key,), **values, **({} if words else {"state": WORKS, "fetched_at": utcnow()}))
    session.commit()


def _stop(session: Session, key: UUID, words: str) -> None:
    """Not tried again until somebody has seen to it: a server locks out who goes on with a wrong password."""
    session.rollback()
    _set(session, (Mailbox.id == key,), state=STOPPED, last_error=words[:2_000])
    session.expire_all()
    tell_stopped(session, session.get_one(Mailbox, key))
    session.commit()


def _fetch_all(run: JobRun, session: Session, mailbox: Mailbox, conversation: Conversation, haul: Haul) -> None:
    places = wanted_places(mailbox.folders or "", conversation.places())
    for place in places:
        folder = _folder(session, mailbox, place, conversation)
        _new_ones(run, session, mailbox, folder, place, conversation, haul)
        if place.is_sent:
            filing.file_sent(session, mailbox, place.name, conversation)
    for place in places:
        if not haul.is_full:
            folder = _folder(session, mailbox, place, conversation)
            _old_ones(run, session, mailbox, folder, place, conversation, haul)


def wanted_places(named: str, there: Sequence[Place]) -> list[Place]:
    """The folders that are named and there; the inbox and the sent mails where none is named."""
    names = {line.strip().casefold() for line in named.splitlines() if line.strip()}
    if names:
        return [one for one in there if one.name.casefold() in names]
    return [one for one in there if one.is_sent or one.name.upper() == "INBOX"]


def _folder(session: Session, mailbox: Mailbox, place: Place, conversation: Conversation) -> MailFolder:
    """Open a folder; one that was never read, or whose numbers begin anew, is read from now on and backwards."""
    validity, following = conversation.open(place.name)
    wanted = MailFolder.mailbox_id == mailbox.id, MailFolder.name == place.name[:500]
    folder = session.scalar(select(MailFolder).where(*wanted))
    if folder is None:
        folder = MailFolder(mailbox_id=mailbox.id, name=place.name[:500], uid_validity=0, high_uid=0, low_uid=0)
        session.add(folder)
    if folder.uid_validity != validity:
        folder.uid_validity, folder.high_uid, folder.low_uid = validity, following - 1, following
    session.commit()
    return folder


def _new_ones(
    run: JobRun, session: Session, mailbox: Mailbox, folder: MailFolder, place: Place, conversation: Conversation,
    haul: Haul,
) -> None:  # fmt: skip
    for uids in _chunks(conversation.above(folder.high_uid)):
        _take(run, session, mailbox, folder, place, conversation, haul, uids)
        folder.high_uid = uids[-1]
        session.commit()
        if haul.is_full:
            return


def _old_ones(
    run: JobRun, session: Session, mailbox: Mailbox, folder: MailFolder, place: Place, conversation: Conversation,
    haul: Haul,
) -> None:  # fmt: skip
    for uids in _chunks(conversation.below(folder.low_uid, mailbox.since)):
        _take(run, session, mailbox, folder, place, conversation, haul, uids)
        folder.low_uid = uids[-1]
        session.commit()
        if haul.is_full:
            return
    folder.low_uid = 1
    session.commit()


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), CHUNK):
        yield uids[start : start + CHUNK]


def _take(
    run: JobRun, session: Session, mailbox: Mailbox, folder: MailFolder, place: Place, conversation: Conversation,
    haul: Haul, uids: Sequence[int],
) -> None:  # fmt: skip
    """The mails of one step: heads of all, the whole of those with a contact."""
    for envelope in conversation.envelopes(uids):
        run.check()
        found = Found(mailbox, folder, envelope.uid, envelope.arrived, place.is_sent)
        haul.looked += 1
        try:
            with session.begin_nested():
                haul.kept += _take_one(session, found, envelope, conversation, haul.ours)
        except (*BROKEN_OFF, OperationalError, StoreDown):
            raise  # nothing is wrong with the mail
        except Exception:
            haul.broken += 1
            log.exception("mailbox %s: mail %s of folder %s is left out", mailbox.id, envelope.uid, folder.id)


def _take_one(
    session: Session, found: Found, envelope: Envelope, conversation: Conversation, ours: frozenset[str]
) -> bool:
    head = read_head(envelope.head)
    contacts = keeping.contacts_in(session, head, ours) or keeping.newcomer(found, head, ours)
    if not contacts and head.kind != BOUNCE:
        return False
    if envelope.size > LARGEST:
        words = _("This mail is too large to be fetched.")
        read = Read(head, "", "", (), "", (), "")
        return keeping.keep(session, found, read, contacts, words) is not None
    raw = conversation.whole(envelope.uid)
    if raw is None:
        return False
    read = read_mail(raw)
    if not contacts:  # a report that a mail did not arrive is with nobody, and about somebody
        return keeping.bounced(session, found, read)
    return keeping.keep(session, found, read, contacts) is not None
