"""The verbs of the depot, and what it does when it hears of something."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.sdk import BadSignature, Incoming, Occurrence, Part, publish, session
from tests.plugins_for_tests.depot.events import ParcelMoved
from tests.plugins_for_tests.depot.models import Heard, Parcel

SECRET = "depot secret"
TOKEN = "depot token"


def move(parcel_id: UUID) -> None:
    """One step further, and the world is told."""
    parcel = session.scalars(select(Parcel).where(Parcel.id == parcel_id).with_for_update()).one()
    parcel.steps += 1
    publish(ParcelMoved(parcel.id, parcel.steps), parcel)


def hear(happened: ParcelMoved, told: Occurrence) -> None:
    _note("hear", happened, told)


def hear_too(happened: ParcelMoved, told: Occurrence) -> None:
    _note("hear_too", happened, told)


def _note(handler: str, happened: ParcelMoved, told: Occurrence) -> None:
    facts = {"attempt": told.attempt, "weight": str(happened.weight), "stops": list(happened.stops)}
    session.add(Heard(handler=handler, event_id=told.id, parcel_id=happened.parcel_id, step=happened.step, data=facts))


def stumble(happened: ParcelMoved, told: Occurrence) -> None:
    """Fails after it has written: nothing of that may stay."""
    parcel = session.get_one(Parcel, happened.parcel_id)
    if parcel.code.startswith("bad"):
        session.add(Heard(handler="stumble", event_id=told.id, parcel_id=parcel.id))
        session.flush()
        raise RuntimeError("The parcel is bad.")


def welcome(happened: Any, told: Occurrence) -> None:
    session.add(Heard(handler="welcome", event_id=told.id, parcel_id=happened.id, data={"resource": happened.resource}))


# Messages of others -------------------------------------------------------------------------------------------------


def secrets() -> Sequence[str]:
    return [SECRET]


def check_payment(incoming: Incoming, secrets: Sequence[str]) -> None:
    """Like Stripe: `t=...,v1=...` over "time.body", several signatures while a secret is replaced."""
    pairs = [one.partition("=")[::2] for one in incoming.headers.get("x-payment-signature", "").split(",")]
    at = next((value for key, value in pairs if key == "t"), "")
    if not at.isdigit() or abs(time.time() - int(at)) > 300:
        raise BadSignature("too old")
    given = [value for key, value in pairs if key == "v1"]
    for secret in secrets:
        right = hmac.new(secret.encode(), f"{at}.".encode() + incoming.body, hashlib.sha256).hexdigest()
        if any(hmac.compare_digest(right, one) for one in given):
            return
    raise BadSignature("no signature fits")


def one_payment(incoming: Incoming) -> list[Part]:
    message = json.loads(incoming.body)
    return [Part(message["id"], message, message.get("account", ""))]


def check_chat(incoming: Incoming, secrets: Sequence[str]) -> None:
    """Like Meta: HMAC of the raw body, no time."""
    given = incoming.headers.get("x-hub-signature-256", "")
    for secret in secrets:
        right = "sha256=" + hmac.new(secret.encode(), incoming.body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(right, given):
            return
    raise BadSignature("no signature fits")


def chat_parts(incoming: Incoming) -> list[Part]:
    """One message carries changes of many accounts."""
    changes = [change for entry in json.loads(incoming.body)["entry"] for change in entry["changes"]]
    return [Part(change["id"], change, change["phone_number_id"]) for change in changes]


def chat_challenge(query: Mapping[str, str], secrets: Sequence[str]) -> str | None:
    return query.get("hub.challenge") if query.get("hub.verify_token") == TOKEN else None


def take_in(data: Any) -> None:
    """Note what came; a message that says so fails after it has written."""
    session.add(Heard(handler="take_in", data=data))
    session.flush()
    if data.get("fails"):
        raise RuntimeError("It fails, as it says.")
