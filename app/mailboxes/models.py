"""Mailboxes, the mails that were with somebody we know, and the conversations they make in each mailbox."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.models import Contact
from app.data import Choice, Record, belongs_to, choice, day, email, flag, integer, long_text, moment, record_id
from app.data import text as text_field
from app.messaging.models import EmailAccount, OutboundMessage
from app.tenancy.models import Membership

PRIVATE, SHARED = "private", "shared"
NEW, WORKS, STOPPED = "new", "works", "stopped"
IN, OUT = "in", "out"
MAIL, AUTO_REPLY, BOUNCE = "mail", "auto_reply", "bounce"

AUDIENCES = (
    Choice(PRIVATE, _l("Only its owner")),
    Choice(SHARED, _l("Whoever may read the contact")),
)
SECURITIES = (
    Choice("tls", _l("TLS from the start (usual, port 993)")),
    Choice("starttls", _l("STARTTLS (port 143)")),
    Choice("none", _l("None (only inside your own network)")),
)
STATES = (
    Choice(NEW, _l("Not looked into yet"), "grey"),
    Choice(WORKS, _l("Works"), "green"),
    Choice(STOPPED, _l("Stopped"), "red"),
)
DIRECTIONS = (Choice(IN, _l("Received"), "blue"), Choice(OUT, _l("Written by us"), "green"))
KINDS = (
    Choice(MAIL, _l("Mail"), "grey"),
    Choice(AUTO_REPLY, _l("Automatic reply"), "orange"),
    Choice(BOUNCE, _l("Could not be delivered"), "red"),
)
ROLES_OF_PARTIES = (
    Choice("from", _l("From")),
    Choice("to", _lp("receiver", "To")),
    Choice("cc", _l("Cc")),
    Choice("bcc", _l("Bcc")),
)


class Mailbox(Record):
    """A mailbox that is looked into by IMAP: a member's own, or one of the house's when it has no owner.

    `account` is the sender that mails are written by. The password is sealed.
    """

    __label__ = "email"
    __publishes__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "email", name="uq_mailbox_email"),)

    if TYPE_CHECKING:
        owner_id: Mapped[UUID | None]
        account_id: Mapped[UUID | None]
    email: Mapped[str] = email(label=_l("Address"), sortable=True)
    owner = belongs_to(
        Membership, on_delete="cascade", immutable=True, label=_l("Owner"), help=_l("Nobody: it is the house's.")
    )
    audience: Mapped[str] = choice(*AUDIENCES, label=_l("Who sees its mails"), default=PRIVATE)
    host: Mapped[str] = text_field(max_length=253, label=_l("IMAP server"))
    port: Mapped[int] = integer(label=_l("Port"), default=993, minimum=1, maximum=65535)
    security: Mapped[str] = choice(*SECURITIES, label=_l("Encryption"), default="tls")
    username: Mapped[str] = text_field(max_length=254, label=_l("User name"))
    account = belongs_to(EmailAccount, label=_l("Sends by"))
    folders: Mapped[str | None] = long_text(
        max_length=2_000, label=_l("Folders"), help=_l("One a line; empty: the inbox and the sent mails.")
    )
    since: Mapped[date] = day(label=_l("From which day on"))
    makes_contacts: Mapped[bool] = flag(
        label=_l("Makes contacts of unknown senders"), help=_l("Only for mailboxes that are shared.")
    )
    signature: Mapped[str | None] = long_text(max_length=2_000, label=_l("Signature"))
    is_active: Mapped[bool] = flag(label=_l("Active"), default=True)
    has_password: Mapped[bool] = flag(label=_l("Has a password"), readonly=True)
    state: Mapped[str] = choice(*STATES, label=_l("Status"), default=NEW, readonly=True, sortable=True)
    last_error: Mapped[str | None] = long_text(max_length=2_000, label=_l("Last error"), readonly=True)
    fetched_at: Mapped[datetime | None] = moment(label=_l("Looked into at"), readonly=True)
    password: Mapped[str | None] = mapped_column(Text, info={"secret": True})
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MailFolder(Record):
    """How far one folder was read: everything from `low_uid` to `high_uid`. What comes is above, what was before below.

    `low_uid` is 1 when the past is read as well. Another `uid_validity` means that the numbers begin anew.
    """

    __label__ = "name"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "mailbox_id", "name", name="uq_mail_folder_name"),)

    if TYPE_CHECKING:
        mailbox_id: Mapped[UUID]
    mailbox = belongs_to(Mailbox, required=True, readonly=True, on_delete="cascade", label=_l("Mailbox"))
    name: Mapped[str] = text_field(max_length=500, label=_l("Name"), readonly=True)
    uid_validity: Mapped[int] = integer(label="UIDVALIDITY", readonly=True, default=0)
    high_uid: Mapped[int] = integer(label="UID", readonly=True, default=0)
    low_uid: Mapped[int] = integer(label="UID", readonly=True, default=0)


class Mail(Record):
    """One mail that was with a contact, however many mailboxes it reached. Written by `app.mailboxes` alone."""

    __label__ = "subject"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "digest", name="uq_mail_digest"),
        Index("ix_mail_message_id", "tenant_id", "message_id"),
        Index("ix_mail_root", "tenant_id", "root"),
        Index("ix_mail_conversation", "tenant_id", "conversation", "at"),
    )

    if TYPE_CHECKING:
        outgoing_id: Mapped[UUID | None]
    subject: Mapped[str] = text_field(label=_l("Subject"), readonly=True)
    from_name: Mapped[str | None] = text_field(max_length=200, label=_l("Name"), readonly=True)
    from_email: Mapped[str] = text_field(max_length=254, label=_l("From"), readonly=True)
    direction: Mapped[str] = choice(*DIRECTIONS, label=_l("Direction"), readonly=True, default=IN)
    kind: Mapped[str] = choice(*KINDS, label=_l("Kind"), readonly=True, default=MAIL)
    at: Mapped[datetime] = moment(label=_l("When"), readonly=True, sortable=True)
    people: Mapped[str] = long_text(label=_l("With"), readonly=True)
    """Names and addresses of all parties, by which it is found."""
    body: Mapped[str] = long_text(label=_l("Text"), readonly=True)
    html: Mapped[str | None] = mapped_column(Text)
    """Sanitised when it came, and shown apart from our own pages."""
    message_id: Mapped[str] = text_field(max_length=500, label=_l("Message-ID"), readonly=True)
    in_reply_to: Mapped[str | None] = mapped_column(Text)
    reply_to: Mapped[str | None] = mapped_column(Text)
    references: Mapped[str | None] = mapped_column("refs", Text)
    root: Mapped[str] = mapped_column(Text)
    """The Message-ID that the conversation began with, as far as this mail says."""
    digest: Mapped[str] = mapped_column(Text)
    """What tells whether two deliveries are the same mail: a Message-ID alone is anybody's word."""
    conversation: Mapped[UUID] = record_id(label=_l("Conversation"), readonly=True)
    outgoing = belongs_to(OutboundMessage, readonly=True, on_delete="set null", label=_l("Outgoing message"))
    problem: Mapped[str | None] = long_text(max_length=2_000, label=_l("What became of it"), readonly=True)
    left_out: Mapped[str | None] = long_text(max_length=2_000, label=_l("Files left out"), readonly=True)


class MailParty(Record):
    """Somebody whom a mail is from or to, and which contact that is."""

    __label__ = "email"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "mail_id", "role", "email", name="uq_mail_party_once"),)

    if TYPE_CHECKING:
        mail_id: Mapped[UUID]
        contact_id: Mapped[UUID | None]
    mail = belongs_to(Mail, required=True, readonly=True, on_delete="cascade", label=_l("Mail"))
    role: Mapped[str] = choice(*ROLES_OF_PARTIES, label=_l("Role"), readonly=True, default="to")
    email: Mapped[str] = text_field(max_length=254, label=_l("Address"), readonly=True)
    name: Mapped[str | None] = text_field(max_length=200, label=_l("Name"), readonly=True)
    contact = belongs_to(Contact, readonly=True, on_delete="set null", label=_l("Contact"))


class MailCopy(Record):
    """That a mail lies in a mailbox: who sees the mailbox's mails, sees it."""

    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "mail_id", "mailbox_id", name="uq_mail_copy_once"),)

    if TYPE_CHECKING:
        mail_id: Mapped[UUID]
        mailbox_id: Mapped[UUID]
        folder_id: Mapped[UUID | None]
    mail = belongs_to(Mail, required=True, readonly=True, on_delete="cascade", label=_l("Mail"))
    mailbox = belongs_to(Mailbox, required=True, readonly=True, on_delete="cascade", label=_l("Mailbox"))
    folder = belongs_to(MailFolder, readonly=True, on_delete="set null", label=_l("Folder"))
    uid: Mapped[int | None] = integer(label="UID", readonly=True)


class MailThread(Record):
    """A conversation in one mailbox: what its readers work through."""

    __label__ = "subject"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "mailbox_id", "conversation", name="uq_mail_thread_once"),
        Index("ix_mail_thread_last", "tenant_id", "mailbox_id", "last_at", "id"),
        Index("ix_mail_thread_unread", "tenant_id", "mailbox_id", "last_at", postgresql_where=text("is_unread")),
        Index("ix_mail_thread_waiting", "tenant_id", "mailbox_id", "last_at", postgresql_where=text("is_waiting")),
    )

    if TYPE_CHECKING:
        mailbox_id: Mapped[UUID | None]
        contact_id: Mapped[UUID | None]
        assigned_to_id: Mapped[UUID | None]
    # No part of the mailbox as a record, which only its owner sees to; without one nobody sees it, and it is tidied up.
    mailbox = belongs_to(Mailbox, readonly=True, on_delete="set null", label=_l("Mailbox"))
    conversation: Mapped[UUID] = record_id(label=_l("Conversation"), readonly=True)
    contact = belongs_to(Contact, readonly=True, on_delete="set null", label=_l("Contact"))
    subject: Mapped[str] = text_field(label=_l("Subject"), readonly=True)
    who: Mapped[str] = text_field(label=_l("With"), readonly=True)
    excerpt: Mapped[str] = text_field(label=_l("Beginning"), readonly=True)
    last_at: Mapped[datetime] = moment(label=_l("Last mail"), readonly=True, sortable=True)
    is_unread: Mapped[bool] = flag(label=_l("Unread"), readonly=True)
    is_waiting: Mapped[bool] = flag(label=_l("Needs an answer"), readonly=True)
    assigned_to = belongs_to(Membership, label=_l("Assigned to"))
