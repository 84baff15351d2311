"""Webhooks: endpoints, deliveries, and messages that came in. Read from top to bottom: the table of contents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.host import Action, Event, Handler, Job, Plugin, Related, Resource, Schedule, hookimpl
from app.host.events import ANY
from app.webhooks import delivering, endpoints, outbox, processing
from app.webhooks.happenings import EndpointDisabled
from app.webhooks.models import (
    DISABLED,
    WAITING,
    ReceivedWebhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

plugin = Plugin("webhooks", title=_l("Webhooks"), icon="globe", order=920, core=True)

_ADMINS = {"owner": "read create update delete export", "admin": "read create update delete export"}
_READERS = {"owner": "read export", "admin": "read export"}


@hookimpl
def events() -> list[type[Event]]:
    return [EndpointDisabled]


@hookimpl
def handlers() -> list[Handler]:
    return [Handler(ANY, outbox.fan_out, "fan_out", wanted=outbox.wanted, batch=50)]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(outbox.JOB, delivering.deliver_waiting, _l("Send webhooks"), timeout=120, keep_days=1),
        Job("webhooks.sweep", delivering.sweep, _l("Look for webhooks that were left"), priority="low", keep_days=1),
        Job(processing.JOB, processing.process, _l("Process a received message"), attempts=3, keep_days=1),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("webhooks.hourly_sweep", "webhooks.sweep", "7 * * * *")]


@hookimpl
def resources() -> list[Resource]:
    return [_endpoint(), _delivery(), _attempt(), _received()]


def _endpoint() -> Resource:
    return Resource(
        WebhookEndpoint,
        name="endpoint",
        title=_l("Endpoint"),
        plural=_l("Endpoints"),
        list="url description state failing_since created_at",
        form="url description events state",
        verbs="read create update delete export",
        grants=_ADMINS,
        before_save=endpoints.check_endpoint,
        related=(Related(WebhookDelivery, "endpoint", _l("Deliveries")),),
        actions=(
            Action(
                "show_secret", _l("Show the secret"), endpoints.show_secret, roles=(), on="row", icon="key",
                tells_secret=True,
                confirm=_l("It is shown this once. Copy it to the receiver."),
                applies=lambda row: row.secret_shown_at is None,
            ),
            Action(
                "rotate_secret", _l("New secret"), endpoints.rotate_secret, roles=(), on="row", icon="restore",
                tells_secret=True,
                confirm=_l("A new secret is made and shown once. For a day messages are signed with both."),
            ),
            Action(
                "test", _l("Send a test"), endpoints.test, roles=(), on="row", icon="send",
                applies=lambda row: row.state != DISABLED,
            ),
        ),
        board="state",
        custom_fields=False,
        icon="globe",
        order=10,
    )  # fmt: skip


def _delivery() -> Resource:
    return Resource(
        WebhookDelivery,
        name="delivery",
        title=_l("Delivery"),
        plural=_l("Deliveries"),
        list="event_name endpoint state attempts last_status created_at",
        verbs="read export",
        grants=_READERS,
        related=(Related(WebhookAttempt, "delivery", _l("Attempts")),),
        actions=(Action("replay", _l("Send again"), outbox.replay, roles=(), icon="restore"),),
        board="state",
        custom_fields=False,
        icon="list",
        order=20,
    )


def _attempt() -> Resource:
    return Resource(
        WebhookAttempt,
        name="attempt",
        title=_l("Attempt"),
        plural=_l("Attempts"),
        list="number outcome milliseconds created_at",
        verbs="read",
        grants={"owner": "read", "admin": "read"},
        menu=False,
        custom_fields=False,
    )


def _received() -> Resource:
    return Resource(
        ReceivedWebhook,
        name="received",
        title=_l("Received message"),
        plural=_l("Received messages"),
        list="source external_id state attempts last_error created_at",
        verbs="read export",
        grants=_READERS,
        actions=(
            Action(
                "replay", _l("Process again"), processing.replay, roles=(), icon="restore",
                applies=lambda row: row.state != WAITING,
            ),
        ),
        board="state",
        custom_fields=False,
        icon="download",
        order=30,
    )  # fmt: skip
