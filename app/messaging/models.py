"""What people are told, how they want to hear of it, and the mail that leaves the house."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from sqlalchemy import DateTime, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Choice, Record, belongs_to, choice, day, email, flag, integer, long_text, moment, record_id
from app.data import text as text_field
from app.data.choices import named_later
from app.tenancy.models import Membership

PENDING, CLAIMED, SENDING, SENT, FAILED, UNKNOWN = "pending", "claimed", "sending", "sent", "failed", "unknown"
MESSAGE_STATES = (
    Choice(PENDING, _l("Waiting"), "grey"),
    Choice(CLAIMED, _l("Taken up"), "blue"),
    Choice(SENDING, _l("Being sent"), "blue"),
    Choice(SENT, _l("Sent"), "green"),
    Choice(FAILED, _l("Failed for good"), "red"),
    Choice(UNKNOWN, _l("Perhaps sent"), "orange"),
)
SECURITIES = (
    Choice("starttls", _l("STARTTLS (usual, port 587)")),
    Choice("tls", _l("TLS from the start (port 465)")),
    Choice("none", _l("None (only inside your own network)")),
)
CHANNELS = "messaging.channel"
"""The choice of channels, those of plugins too, which the application names (`app.data.choices`)."""
MESSAGE_CHANNELS = (
    Choice("email", _l("E-mail")),
    Choice("whatsapp", _l("WhatsApp")),
    Choice("sms", _l("Text message")),
)


class Notification(Record):
    """One thing that one member is told, from `due_at` on. `mail` says what is still to be told of it outside the app.

    `target_type` is empty for a notice that is about no record. Its words are no fields, so that no generated screen
    shows them: only `app.messaging.reading` knows whether what they tell of is still there and within reach.
    """

    __label__ = "kind"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        Index("ix_notification_member", "tenant_id", "member_id", "due_at", "id"),
        Index("ix_notification_unread", "tenant_id", "member_id", "due_at", postgresql_where=text("read_at IS NULL")),
        Index(
            "ix_notification_mail", "tenant_id", "mail", "due_at",
            postgresql_where=text("mail IN ('wanted', 'digest')"),
        ),
        Index("ix_notification_target", "tenant_id", "target_type", "target_id"),
        Index(
            "uq_notification_once", "tenant_id", "member_id", "dedupe_key", unique=True,
            postgresql_where=text("dedupe_key IS NOT NULL"),
        ),
    )  # fmt: skip

    if TYPE_CHECKING:
        member_id: Mapped[UUID]
    member = belongs_to(Membership, required=True, readonly=True, on_delete="cascade", label=_l("Member"))
    kind: Mapped[str] = text_field(max_length=100, label=_l("Kind"), readonly=True)
    title: Mapped[str] = mapped_column(String(255))
    body: Mapped[str | None] = mapped_column(Text)
    target_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), readonly=True, default="")
    target_id: Mapped[UUID | None] = record_id(label=_l("Record"), readonly=True)
    due_at: Mapped[datetime] = moment(label=_l("When"), readonly=True, sortable=True)
    read_at: Mapped[datetime | None] = moment(label=_l("Read at"), readonly=True)
    mail: Mapped[str] = mapped_column(String(10), default="none", server_default=text("'none'"))
    """`wanted` (to be decided when it is due), `digest`, `done`, or `none`."""
    dedupe_key: Mapped[str | None] = mapped_column(String(200))


class NoticePreference(Record):
    """By which channels one member wants to hear of one kind of notice. Without a row the kind's own default holds."""

    __label__ = "kind"
    __publishes__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "member_id", "kind", name="uq_notice_preference_kind"),)

    if TYPE_CHECKING:
        member_id: Mapped[UUID]
    member = belongs_to(Membership, required=True, readonly=True, on_delete="cascade", label=_l("Member"))
    kind: Mapped[str] = text_field(max_length=100, label=_l("Kind"), immutable=True)
    ways: Mapped[str] = text_field(max_length=500, label=_l("How"))
    """As in `Notice.default`: `off`, `in_app`, or the channels beside it, between blanks (`email garage.pager`)."""


class ChannelAddress(Record):
    """Where one member is reached by one channel: what they filled in as that channel's field, as text."""

    __label__ = "channel"
    __publishes__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "member_id", "channel", name="uq_channel_address_once"),)

    if TYPE_CHECKING:
        member_id: Mapped[UUID]
    member = belongs_to(Membership, required=True, readonly=True, on_delete="cascade", label=_l("Member"))
    channel: Mapped[str] = text_field(max_length=100, label=_l("Channel"), immutable=True)
    value: Mapped[str] = text_field(max_length=500, label=_l("Address"))


class EmailAccount(Record):
    """A mailbox of the tenant's own that sends its mail. The password is sealed, see `app.data.secrets`."""

    __label__ = "email"
    __publishes__ = False

    email: Mapped[str] = email(label=_l("Sender address"), sortable=True)
    sender_name: Mapped[str | None] = text_field(max_length=100, label=_l("Sender name"))
    host: Mapped[str] = text_field(
        max_length=253, label=_l("SMTP server"), help=_l("The name that your provider gives.")
    )
    port: Mapped[int] = integer(label=_l("Port"), default=587, minimum=1, maximum=65535)
    security: Mapped[str] = choice(*SECURITIES, label=_l("Encryption"), default="starttls")
    username: Mapped[str | None] = text_field(max_length=254, label=_l("User name"))
    daily_limit: Mapped[int | None] = integer(
        label=_l("At most a day"), minimum=1, maximum=1_000_000, help=_l("What is more waits for the next day.")
    )
    is_active: Mapped[bool] = flag(label=_l("Active"), default=True)
    is_default: Mapped[bool] = flag(label=_l("Used for all mail"), default=True)
    has_password: Mapped[bool] = flag(label=_l("Has a password"), readonly=True)
    last_error: Mapped[str | None] = long_text(max_length=2_000, label=_l("Last error"), readonly=True)
    password: Mapped[str | None] = mapped_column(Text, info={"secret": True})


class OutboundMessage(Record):
    """One message on its way out, whoever wanted it sent: at most one for each `dedupe_key`, sent at most once.

    pending -> claimed -> sending -> sent | failed | unknown

    `sending` is committed before the server is told anything; what is found there after its lease has run out may have
    arrived, so it becomes `unknown` and is never sent again by itself.
    """

    __label__ = "subject"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "dedupe_key", name="uq_outbound_message_once"),
        Index(
            "ix_outbound_message_due", "tenant_id", "not_before",
            postgresql_where=text("state IN ('pending', 'claimed', 'sending')"),
        ),
        Index(
            "ix_outbound_message_provider", "tenant_id", "channel", "provider_id",
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
    )  # fmt: skip

    if TYPE_CHECKING:
        account_id: Mapped[UUID | None]
    channel: Mapped[str] = named_later(CHANNELS, label=_l("Channel"), default="email", readonly=True)
    recipient: Mapped[str] = text_field(max_length=500, label=_lp("receiver", "To"), readonly=True, sortable=True)
    recipient_name: Mapped[str | None] = text_field(max_length=200, label=_l("Name"), readonly=True)
    subject: Mapped[str] = text_field(max_length=255, label=_l("Subject"), readonly=True)
    body: Mapped[str] = long_text(label=_l("Text"), readonly=True)
    link: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    """What the sender gave for this channel alone."""
    html: Mapped[str | None] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    attachments: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    """`{"name", "mime", "content"}` each, the content in base64."""
    state: Mapped[str] = choice(*MESSAGE_STATES, label=_l("Status"), default=PENDING, readonly=True, sortable=True)
    error: Mapped[str | None] = long_text(max_length=2_000, label=_l("What stands in the way"), readonly=True)
    account = belongs_to(EmailAccount, readonly=True, on_delete="set null", label=_l("Sent by"))
    attempts: Mapped[int] = integer(label=_l("Attempts"), readonly=True, default=0)
    not_before: Mapped[datetime] = moment(label=_l("Not before"), readonly=True)
    tried_since: Mapped[datetime | None] = moment(label=_l("First tried at"), readonly=True)
    sent_at: Mapped[datetime | None] = moment(label=_l("Sent at"), readonly=True)
    message_id: Mapped[str] = text_field(max_length=255, label=_l("Message-ID"), readonly=True)
    provider_id: Mapped[str | None] = text_field(label=_l("The receiver's id"), readonly=True)
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dedupe_key: Mapped[str] = mapped_column(String(200))


class SendQuota(Record):
    """How much one sender sent on one day of the tenant's calendar: taken before a send, given back when it failed."""

    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "sender", "on_day", name="uq_send_quota_day"),)

    sender: Mapped[str] = text_field(max_length=60, label=_l("Sender"), readonly=True)
    on_day: Mapped[date] = day(label=_l("Day"), readonly=True)
    used: Mapped[int] = integer(label=_l("Used"), readonly=True, default=0)


class CommunicationTemplate(Record):
    """The words of a message that is sent often, in one language. Variables are written `{{ name }}`."""

    __label__ = "key language"
    __publishes__ = False
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "channel", "key", "language", name="uq_communication_template_key"),
    )

    channel: Mapped[str] = choice(*MESSAGE_CHANNELS, label=_l("Channel"), default="email")
    key: Mapped[str] = text_field(max_length=100, label=_l("Key"), sortable=True, help=_l("For example welcome"))
    language: Mapped[str] = text_field(max_length=16, label=_l("Language"), help=_l("For example en or ar"))
    subject: Mapped[str | None] = text_field(max_length=255, label=_l("Subject"))
    body: Mapped[str] = long_text(max_length=50_000, label=_l("Text"))
    variables: Mapped[str | None] = long_text(
        max_length=5_000, label=_l("Variables"), help=_l("One a line, with a sample: name = Nora")
    )
    category: Mapped[str | None] = text_field(max_length=60, label=_l("Category"))
    is_active: Mapped[bool] = flag(label=_l("Active"), default=True)
