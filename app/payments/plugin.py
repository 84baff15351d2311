"""Payments: what was asked for, paid and given back, by whichever provider. It is the table of contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l

from app.data import Field, Record
from app.host import (
    Action,
    Event,
    Job,
    Notice,
    Page,
    Panel,
    Permission,
    Plugin,
    Related,
    Resource,
    Schedule,
    hookimpl,
)
from app.payments import closing, looking, privacy, refunding, targets, telling
from app.payments.happenings import PaymentExpired, PaymentFailed, PaymentPaid, PaymentRefunded
from app.payments.models import Payment, PaymentRefund, ProviderAddress
from app.payments.states import OPEN, PAID

plugin = Plugin("payments", title=_l("Payments"), icon="money", order=890, core=True)

_MANAGE = "payments.provider.manage"
_READERS = {"owner": "read export", "admin": "read export", "manager": "read export", "agent": "read"}


@hookimpl
def records() -> list[type[Record]]:
    return [ProviderAddress]


@hookimpl
def resources() -> list[Resource]:
    return [_payment(), _refund()]


@hookimpl
def permissions() -> list[Permission]:
    return [Permission(_MANAGE, _l("Connect payment providers"), ())]


@hookimpl
def pages() -> list[Page]:
    return [Page("/payments/providers/", _l("Payment providers"), _MANAGE, icon="settings", order=30)]


@hookimpl
def events() -> list[type[Event]]:
    return [PaymentPaid, PaymentFailed, PaymentExpired, PaymentRefunded]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(refunding.JOB, refunding.give_back, _l("Give money back"), attempts=8),
        Job(looking.JOB, looking.look, _l("Ask about a payment"), priority="low", attempts=3, keep_days=1),
        Job(closing.JOB, closing.close_page_of, _l("Close a page for payers"), attempts=8),
        Job("payments.look_at_open", looking.look_at_open, _l("Look for payments without news"), keep_days=1),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("payments.hourly_look", "payments.look_at_open", "37 * * * *")]


@hookimpl
def notices() -> list[Notice]:
    return [Notice(telling.PROBLEM, _l("Something is wrong with a payment"), "email")]


@hookimpl
def export_contact(contact: Record) -> Mapping[str, Any]:
    return privacy.known_of(contact)


@hookimpl
def erase_contact(contact: Record) -> list[UUID]:
    return privacy.forget(contact)


def _payment() -> Resource:
    return Resource(
        Payment,
        title=_l("Payment"),
        plural=_l("Payments"),
        list="number title amount state contact payer_email until paid_at",
        search="number title payer_email",
        verbs="read export",
        grants=_READERS,
        related=(Related(PaymentRefund, "payment", _l("Refunds")),),
        panels=(Panel("target", _l("Record"), targets.facts),),
        actions=(
            Action(
                "give_back", _l("Give money back"), refunding.refund, roles=("manager",), on="row", icon="restore",
                danger=True,
                parameters={
                    "amount": Field("money", label=_l("Amount"), help=_l("Empty for everything that is left.")),
                    "reason": Field("text", label=_l("Reason"), max_length=255),
                },
                applies=lambda row: row.state == PAID,
            ),
            Action(
                "show_address", _l("Show the payment address"), looking.show_address, on="row", icon="link",
                applies=lambda row: row.state in OPEN,
            ),
            Action(
                "ask_provider", _l("Ask the provider"), looking.ask_provider, icon="restore",
                applies=lambda row: row.state in OPEN,
            ),
            Action(
                "call_off", _l("Call off"), looking.call_off, roles=("manager",), icon="ban", danger=True,
                applies=lambda row: row.state in OPEN,
            ),
        ),
        board="state",
        custom_fields=False,
        icon="money",
        order=10,
    )  # fmt: skip


def _refund() -> Resource:
    return Resource(
        PaymentRefund,
        name="refund",
        title=_l("Refund"),
        plural=_l("Refunds"),
        list="payment amount state reason error created_at",
        verbs="read export",
        grants=_READERS,
        everywhere=False,
        custom_fields=False,
        icon="restore",
        order=20,
    )
