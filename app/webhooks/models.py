"""Endpoints and what was sent to them; messages that came in, whose they are, and those that are nobody's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import DateTime, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, literal, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.data import Base, Choice, Record, belongs_to, choice, integer, long_text, moment, record_id, utcnow, uuid7
from app.data import json as json_field
from app.data import text as text_field
from app.data import url as url_field
from app.data.choices import InstalledChoices

ACTIVE, PAUSED, DISABLED = "active", "paused", "disabled"
EVENTS = "webhooks.events"
"""The choice of events, which the application names (`app.data.choices`)."""
WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
DONE, DEAD = "done", "dead"


class WebhookEndpoint(Record):
    """An address of the tenant's own that wants to hear of events. Its secrets are sealed, see `app.data.secrets`."""

    __label__ = "url"
    __publishes__ = False  # its own state changes with every delivery

    url: Mapped[str] = url_field(label=_l("Address"), help=_l("Begins with https:// and answers with 2xx."))
    description: Mapped[str | None] = text_field(label=_l("Description"))
    events: Mapped[str] = long_text(
        max_length=10_000, label=_l("Events"), default="*", choices=InstalledChoices(EVENTS),
        help=_l("One a line, such as contacts.contact_created; contacts.* for all of a plugin, * for all."),
    )  # fmt: skip
    state: Mapped[str] = choice(
        Choice(ACTIVE, _l("Active"), "green"), Choice(PAUSED, _l("Paused"), "grey"),
        Choice(DISABLED, _l("Switched off"), "red"),
        label=_l("Status"), default=ACTIVE, sortable=True,
        help=_l("What happens while an endpoint is paused is sent afterwards; while it is switched off, never."),
    )  # fmt: skip
    disabled_reason: Mapped[str | None] = text_field(label=_l("Why it is off"), readonly=True)
    failing_since: Mapped[datetime | None] = moment(label=_l("Failing since"), readonly=True)
    failures: Mapped[int] = integer(label=_l("Failures in a row"), readonly=True, default=0)
    resting_until: Mapped[datetime | None] = moment(label=_l("Left in peace until"), readonly=True)
    secret_shown_at: Mapped[datetime | None] = moment(label=_l("Secret shown at"), readonly=True)
    secret: Mapped[str] = mapped_column(Text, info={"secret": True})
    old_secret: Mapped[str | None] = mapped_column(Text, info={"secret": True})
    old_secret_until: Mapped[datetime | None] = moment(label=_l("Old secret valid until"), readonly=True)


class WebhookDelivery(Record):
    """One event for one endpoint: `message_id` is the same at every attempt and every replay."""

    __label__ = "event_name"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (
        Index(
            "ix_webhook_delivery_due", "tenant_id", "endpoint_id", "next_attempt_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        UniqueConstraint("tenant_id", "endpoint_id", "message_id", name="uq_webhook_delivery_message"),
    )  # fmt: skip

    if TYPE_CHECKING:
        endpoint_id: Mapped[UUID]
    endpoint = belongs_to(WebhookEndpoint, required=True, readonly=True, on_delete="cascade", label=_l("Endpoint"))
    event_name: Mapped[str] = text_field(max_length=150, label=_l("Event"), readonly=True, sortable=True)
    message_id: Mapped[UUID] = record_id(label=_l("Message"), readonly=True)
    state: Mapped[str] = choice(
        Choice(WAITING, _l("Waiting"), "grey"), Choice(DELIVERED, _l("Delivered"), "green"),
        Choice(FAILED, _l("Failed for good"), "red"),
        label=_l("Status"), default=WAITING, readonly=True, sortable=True,
    )  # fmt: skip
    attempts: Mapped[int] = integer(label=_l("Attempts"), readonly=True, default=0)
    last_status: Mapped[int | None] = integer(label=_l("Last answer"), readonly=True)
    next_attempt_at: Mapped[datetime | None] = moment(label=_l("Next attempt at"), readonly=True)
    body: Mapped[str] = long_text(label=_l("Content"), readonly=True)
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


IS_WAITING = WebhookDelivery.state == literal(WAITING, literal_execute=True)
"""Written into the statement: with a value that comes later, PostgreSQL could not use the index of what waits."""


class WebhookAttempt(Record):
    """One request and what came back, within limits."""

    __label__ = "outcome"
    __publishes__ = False
    __audited__ = False

    if TYPE_CHECKING:
        delivery_id: Mapped[UUID]
    delivery = belongs_to(WebhookDelivery, required=True, readonly=True, on_delete="cascade", label=_l("Delivery"))
    number: Mapped[int] = integer(label=_l("Number"), readonly=True)
    outcome: Mapped[str] = text_field(label=_l("Outcome"), readonly=True)
    milliseconds: Mapped[int | None] = integer(label=_l("Milliseconds"), readonly=True)
    request_head: Mapped[str] = long_text(label=_l("Request"), readonly=True)
    response_head: Mapped[str | None] = long_text(label=_l("Head of the answer"), readonly=True)
    response_body: Mapped[str | None] = long_text(label=_l("Answer"), readonly=True)


class ReceivedWebhook(Record):
    """One event that another system sent, stored before it is processed. `external_id` is the sender's own."""

    __label__ = "external_id"
    __publishes__ = False
    __audited__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "source", "external_id", name="uq_received_webhook_once"),)

    source: Mapped[str] = text_field(max_length=90, label=_l("Source"), readonly=True, sortable=True)
    external_id: Mapped[str] = text_field(label=_l("The sender's id"), readonly=True)
    state: Mapped[str] = choice(
        Choice(WAITING, _l("Waiting"), "grey"), Choice(DONE, _l("Done"), "green"),
        Choice(DEAD, _l("Failed for good"), "red"),
        label=_l("Status"), default=WAITING, readonly=True, sortable=True,
    )  # fmt: skip
    attempts: Mapped[int] = integer(label=_l("Attempts"), readonly=True, default=0)
    last_error: Mapped[str | None] = long_text(label=_l("Last error"), readonly=True)
    processed_at: Mapped[datetime | None] = moment(label=_l("Processed at"), readonly=True)
    data: Mapped[Any] = json_field(label=_l("Content"), readonly=True)


class WebhookRoute(Base):
    """Whose a message is: what the provider, or the key in the address, calls the tenant. Global: asked before a tenant
    is known."""

    __table_args__ = (UniqueConstraint("source", "account", name="uq_webhook_route_account"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    source: Mapped[str] = mapped_column(String(90))
    account: Mapped[str] = mapped_column(String(255))
    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenant.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))


class QuarantinedWebhook(Base):
    """A sound message of nobody we know: kept for the operator, and delivered when its account gets a tenant."""

    __table_args__ = (UniqueConstraint("source", "external_id", name="uq_quarantined_webhook_once"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7)
    source: Mapped[str] = mapped_column(String(90))
    account: Mapped[str] = mapped_column(String(255))
    external_id: Mapped[str] = mapped_column(String(255))
    data: Mapped[Any] = mapped_column(JSONB)
    times: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utcnow, server_default=text("now()"))
