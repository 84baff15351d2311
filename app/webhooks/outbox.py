"""From an event to deliveries: one for each endpoint that wants it, written by a handler like any other."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.data import current_tenant_id, db, utcnow, uuid7
from app.data.session import EXPLICIT
from app.events.coding import dump
from app.host import Event, Occurrence, registry
from app.jobs import enqueue
from app.webhooks.choosing import chosen
from app.webhooks.models import DISABLED, FAILED, IS_WAITING, WAITING, WebhookDelivery, WebhookEndpoint

JOB = "webhooks.deliver"
LARGEST = 20_000
"""Bytes: the specification asks for small messages that name what happened; the rest is read over REST."""
TEST = "webhooks.test"


def wanted() -> Collection[str]:
    """The events that some endpoint of the tenant in force wants."""
    choices = db.session.scalars(select(WebhookEndpoint.events).where(WebhookEndpoint.state != DISABLED))
    names = registry().happenings.types
    return {name for events in choices for name in chosen(events, names)}


def fan_out(happened: Event, told: Occurrence) -> None:
    """The handler of all events: write a delivery for each endpoint that wants this one."""
    endpoints = db.session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.state != DISABLED)).all()
    body = message(told.name, told.id, told.at, dump(happened), happened.version)
    for endpoint in endpoints:
        if chosen(endpoint.events, [told.name]):
            deliver(endpoint.id, told.name, told.id, body)


def message(name: str, message_id: UUID, at: datetime, data: Any, version: int = 1) -> str:
    """The body of a delivery. Data that is too large is left out and named so."""
    content = {"type": name, "timestamp": at.isoformat(), "id": str(message_id), "version": version, "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) < LARGEST:
        return body
    return json.dumps({**content, "data": None, "data_left_out": "too large"}, ensure_ascii=False)


def deliver(endpoint_id: UUID, name: str, message_id: UUID, body: str) -> None:
    """Write a delivery and wake its endpoint. An event that is handled again sends the same message again."""
    values = {
        "id": uuid7(), "tenant_id": current_tenant_id(), "endpoint_id": endpoint_id, "event_name": name,
        "message_id": message_id, "body": body, "state": WAITING, "next_attempt_at": func.now(),
    }  # fmt: skip
    row = insert(WebhookDelivery.__table__).values(**values)  # type: ignore[arg-type]
    again = {"state": WAITING, "attempts": 0, "next_attempt_at": func.now()}
    row = row.on_conflict_do_update(constraint="uq_webhook_delivery_message", set_=again)
    db.session.execute(row, execution_options={EXPLICIT: True})
    resume(endpoint_id)


def resume(endpoint_id: UUID, delay: float = 0) -> None:
    """Let a job look at what an endpoint has to get, now or after some seconds."""
    enqueue(JOB, endpoint_id, delay=delay, unique_key=str(endpoint_id))


def send_test(endpoint: WebhookEndpoint) -> None:
    """A message that says it is a test, to one endpoint."""
    message_id = uuid7()
    data = {"endpoint": str(endpoint.id), "words": "This is a test of your endpoint."}
    deliver(endpoint.id, TEST, message_id, message(TEST, message_id, utcnow(), data))


def replay(rows: Sequence[WebhookDelivery]) -> str:
    """The action that sends deliveries again: the same message, all attempts anew."""
    for row in rows:
        if row.endpoint.state == DISABLED:
            raise ValueError(_("The endpoint is switched off."))
        row.state, row.attempts, row.next_attempt_at, row.lease_until = WAITING, 0, utcnow(), None
    db.session.flush()
    for endpoint_id in {row.endpoint_id for row in rows}:
        resume(endpoint_id)
    return str(_("Sent again: %(count)s.", count=len(rows)))


def give_up(endpoint_id: UUID) -> None:
    """What waits for an endpoint that was switched off has failed, and can be sent again by a person."""
    waiting = update(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id, IS_WAITING)
    values = {"state": FAILED, "next_attempt_at": None}
    db.session.execute(waiting.values(**values), execution_options={"synchronize_session": False})
