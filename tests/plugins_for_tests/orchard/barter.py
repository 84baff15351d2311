"""A provider of payments that a test plays: it gives pages, remembers what it was asked, says what the test wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from threading import Lock
from uuid import UUID

from app.sdk import BadSignature, Incoming, Outcome, PaymentAsked, PayPage, RefundAsked, utcnow

SECRET = "apples"
asked: list[PaymentAsked] = []
refunds: list[RefundAsked] = []
faults: list[Exception] = []
"""What it says instead the next times it is asked for something."""
known: dict[str, Outcome] = {}
"""What it knows of its pages."""
_lock = Lock()


def forget() -> None:
    for memory in (asked, refunds, faults, known):
        memory.clear()


def start(wanted: PaymentAsked) -> PayPage:
    _fail()
    with _lock:
        asked.append(wanted)
    return PayPage(f"page-{wanted.key}", f"https://barter.example/{wanted.key}", utcnow() + timedelta(hours=2))


def look(page_id: str, payment_id: UUID) -> Outcome | None:
    _fail()
    return known.get(page_id)


def refund(wanted: RefundAsked) -> str:
    _fail()
    with _lock:
        refunds.append(wanted)
    return f"back-{wanted.key}"


def _fail() -> None:
    if faults:
        raise faults.pop(0)


def secrets() -> Sequence[str]:
    return [SECRET]


def verify(incoming: Incoming, secrets: Sequence[str]) -> None:
    if incoming.headers.get("x-barter") not in secrets:
        raise BadSignature("Not ours.")


def read(incoming: Incoming) -> list[tuple[str, Outcome]]:
    message = json.loads(incoming.body)
    return [(message["id"], Outcome.of_json(message["outcome"]))] if "outcome" in message else []
