"""Payments that were asked for, what was given back of them, and the addresses at which providers reach us."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.models import Contact
from app.data import Choice, Money, Record, belongs_to, choice, email, integer, long_text, moment, money, record_id, url
from app.data import text as text_field
from app.data.choices import named_later
from app.payments.states import EXPIRED, FAILED, PAID, PENDING, REFUNDED

STATES = (
    Choice(PENDING, _l("Waiting for the payer"), "grey"),
    Choice(PAID, _l("Paid"), "green"),
    Choice(FAILED, _l("Failed"), "red"),
    Choice(EXPIRED, _l("Expired"), "orange"),
    Choice(REFUNDED, _l("Given back"), "purple"),
)
DOING, DONE = "doing", "done"
REFUND_STATES = (
    Choice(DOING, _l("Under way"), "blue"),
    Choice(DONE, _l("Given back"), "green"),
    Choice(FAILED, _l("Failed"), "red"),
)

PROVIDERS = "payments.provider"
"""The choice of providers, which the application names (`app.data.choices`)."""


class Payment(Record):
    """A sum that somebody is asked for, for one record of any plugin. `dedupe_key` makes asking twice one payment.

    Written by `app.payments` alone. `refunded` is all that was given back so far; the state is `refunded` when that is
    everything. `page_*` is the provider's page that is open; `attempt` counts the pages, and is part of the key under
    which each is asked for.
    """

    __label__ = "number title"
    __table_args__: Any = (
        UniqueConstraint("tenant_id", "dedupe_key", name="uq_payment_once"),
        Index("ix_payment_target", "tenant_id", "target_type", "target_id", "id"),
        Index("ix_payment_open", "tenant_id", "id", postgresql_where=text("state IN ('pending', 'failed')")),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("refunded_minor > 0 AND refunded_minor <= amount_minor", name="refunded_within"),
    )

    number: Mapped[str] = text_field(max_length=40, label=_l("Number"), readonly=True, sortable=True)
    title: Mapped[str] = text_field(label=_l("For what"), readonly=True)
    amount: Mapped[Money] = money(label=_l("Amount"), readonly=True)
    state: Mapped[str] = choice(*STATES, label=_l("Status"), default=PENDING, readonly=True, sortable=True)
    if TYPE_CHECKING:
        contact_id: Mapped[UUID | None]
    contact = belongs_to(Contact, readonly=True, on_delete="set null", label=_l("Payer"))
    payer_email: Mapped[str | None] = email(label=_l("E-mail of the payer"), readonly=True)
    target_type: Mapped[str] = text_field(max_length=100, label=_l("Record type"), readonly=True, default="")
    target_id: Mapped[UUID | None] = record_id(label=_l("Record"), readonly=True)
    provider: Mapped[str] = named_later(PROVIDERS, label=_l("Provider"), readonly=True, max_length=100)
    until: Mapped[datetime | None] = moment(label=_l("To be paid until"), readonly=True)
    paid_at: Mapped[datetime | None] = moment(label=_l("Paid at"), readonly=True, sortable=True)
    refunded: Mapped[Money | None] = money(label=_l("Given back"), readonly=True)
    problem: Mapped[str | None] = long_text(max_length=2_000, label=_l("What is wrong"), readonly=True)
    receipt: Mapped[str | None] = url(label=_l("Receipt"), readonly=True)
    charge: Mapped[str | None] = text_field(label=_l("The provider's id"), readonly=True)
    attempt: Mapped[int] = integer(label=_l("Attempts"), readonly=True, default=1)
    page_id: Mapped[str | None] = mapped_column(Text)
    page_url: Mapped[str | None] = mapped_column(Text)
    page_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    dedupe_key: Mapped[str] = mapped_column(Text)

    @property
    def left(self) -> Money:
        """What can still be given back."""
        return Money(self.amount.minor - (self.refunded.minor if self.refunded else 0), self.amount.currency)


class PaymentRefund(Record):
    """Money of one payment that is given back: its id is the key under which the provider is asked."""

    __label__ = "reason"
    __publishes__ = False
    __table_args__: Any = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    if TYPE_CHECKING:
        payment_id: Mapped[UUID]
    payment = belongs_to(Payment, required=True, readonly=True, on_delete="cascade", label=_l("Payment"))
    amount: Mapped[Money] = money(label=_l("Amount"), readonly=True)
    reason: Mapped[str | None] = text_field(label=_l("Reason"), readonly=True)
    state: Mapped[str] = choice(*REFUND_STATES, label=_l("Status"), default=DOING, readonly=True, sortable=True)
    error: Mapped[str | None] = long_text(max_length=2_000, label=_l("Why not"), readonly=True)
    provider_id: Mapped[str | None] = text_field(label=_l("The provider's id"), readonly=True)


class ProviderAddress(Record):
    """Where one provider sends its messages for the tenant: `/hooks/<plugin>/<what>/<key>`."""

    __label__ = "provider"
    __publishes__ = False
    __table_args__: Any = (UniqueConstraint("tenant_id", "provider", name="uq_provider_address_once"),)

    provider: Mapped[str] = text_field(max_length=100, label=_l("Provider"), readonly=True)
    path: Mapped[str] = text_field(label=_l("Address"), readonly=True, secret=True)
