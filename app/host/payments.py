"""Those who take payments for a tenant: what the house asks of them, and what they say became of it.

    @hookimpl
    def payment_providers():
        return [
            PaymentProvider(
                "garage.bank", _l("Bank"), start=open_page, look=ask_bank, refund=give_back,
                secrets=our_secrets, verify=check_signature, read=outcome_of,
            )
        ]

The house keeps the payment, its state and its legal moves; a provider translates. Messages of a provider come to
`/hooks/<plugin>/<what>/<key>`, an address that a tenant's admins make under Payments, Providers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from flask import current_app

from app.data import Money
from app.host.claims import ClaimError, check_name
from app.host.declarations import Plugin
from app.host.webhooks import Incoming, Part, WebhookIn

OUTCOMES = "tenantry_payment_outcomes"
"""Where the application keeps the function that takes outcomes: it lies above this package."""
News = Literal["paid", "failed", "expired", "refunded"]


class Declined(Exception):
    """The provider says no for good, and the words, for people, say why: nothing was charged or given back."""


class NotReached(Exception):
    """The provider does not answer, or asks for patience: nobody's fault, and tried again later."""


@dataclass(frozen=True, slots=True)
class PaymentAsked:
    """A payment that a page is wanted for. `key` is the same when the same page is asked for again: hand it on as the
    idempotency key. `back` is the whole address where the payer comes back to, paid or not."""

    key: str
    payment_id: UUID
    amount: Money
    title: str
    email: str
    language: str
    back: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PayPage:
    """A page of the provider's, open until some moment. `id` is what the provider calls it."""

    id: str
    url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """Money to be given back. `charge` is what the provider called the payment when it was paid; `key` as above."""

    key: str
    charge: str
    amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider says became of a payment: `news` is `paid`, `failed`, `expired` (its page has closed) or
    `refunded`.

    `page_id` is the page it is about, where it is about one. `amount` is what was paid, and of `refunded` all that was
    given back so far. `charge` is what refunds are made of. `reason` says in the provider's words why it failed.
    """

    payment_id: UUID
    news: News
    amount: Money | None = None
    page_id: str = ""
    charge: str = ""
    reason: str = ""
    receipt: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it is kept until it is processed."""
        amount = None if self.amount is None else [self.amount.minor, self.amount.currency]
        words = {name: getattr(self, name) for name in ("news", "page_id", "charge", "reason", "receipt")}
        return {**words, "payment_id": str(self.payment_id), "amount": amount}

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Outcome:
        """What `as_json` wrote."""
        amount = None if data["amount"] is None else Money(*data["amount"])
        return cls(**{**data, "payment_id": UUID(data["payment_id"]), "amount": amount})


@dataclass(frozen=True, slots=True)
class PaymentProvider:
    """Somebody who takes payments: `PaymentProvider("garage.bank", _l("Bank"), start=..., ...)`.

    `name` is `<plugin>.<what>`; `title` is what payers and members read. All functions run inside the tenant, read
    what they need by `setting()`, and may call the network; those that ask the provider run outside any transaction.

    `start(asked)` opens a page for a `PaymentAsked` and returns its `PayPage`; asked again with the same key it returns
    the same one. `look(page_id, payment_id)` asks how that page stands: an `Outcome`, or None while nothing is known.
    `refund(asked)` gives money back and returns what the provider calls it. All three raise `Declined` for a no that
    lasts and `NotReached` where it does not answer; any other error is the plugin's fault, noted, and tried again.

    `close(page_id, payment_id)`, where there is such a thing, closes a page so that nobody pays on it any more, and
    says how it stands then: `expired`, or `paid` when somebody was quicker. Money is given back, and pages are closed,
    where the plugin is off too: what is owed is owed.

    `verify(incoming, secrets)` raises BadSignature, `secrets()` gives those that may have signed. `read(incoming)`
    gives the outcomes in a message as (the message's id, `Outcome`), none for news of other things; ValueError says
    that it cannot be read. `missing()` is a sentence while a tenant has not set up what is needed.
    """

    name: str
    title: Any
    start: Callable[[PaymentAsked], PayPage]
    look: Callable[[str, UUID], Outcome | None]
    refund: Callable[[RefundAsked], str]
    verify: Callable[[Incoming, Sequence[str]], None]
    secrets: Callable[[], Sequence[str]]
    read: Callable[[Incoming], Sequence[tuple[str, Outcome]]]
    missing: Callable[[], str | None] | None = None
    close: Callable[[str, UUID], Outcome | None] | None = None

    @property
    def plugin(self) -> str:
        """Whose it is."""
        return self.name.partition(".")[0]

    def inlet(self) -> WebhookIn:
        """Its messages, as those of any other system: verified raw, stored once, processed by a job."""

        def split(incoming: Incoming) -> list[Part]:
            return [Part(key, outcome.as_json()) for key, outcome in self.read(incoming)]

        def process(data: Any) -> None:
            current_app.extensions[OUTCOMES](self.name, Outcome.of_json(data))

        return WebhookIn(self.name.partition(".")[2], self.verify, self.secrets, split, process)


def check_providers(plugin: Plugin, providers: Sequence[PaymentProvider]) -> None:
    """Providers carry the plugin's name. Raises ClaimError."""
    names: set[str] = set()
    for one in providers:
        check_name(plugin, one.name, names)
        for part in ("start", "look", "refund", "verify", "secrets", "read"):
            if not callable(getattr(one, part)):
                raise ClaimError(f"{one.name}: “{part}” must be a function.")
