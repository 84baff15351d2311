"""The depot: a plugin of the tests that tells, hears, and gets messages."""

from __future__ import annotations

from app.sdk import Event, Feature, Handler, Needs, Plugin, Record, Resource, WebhookIn, hookimpl
from tests.plugins_for_tests.depot import services
from tests.plugins_for_tests.depot.events import ParcelMoved
from tests.plugins_for_tests.depot.models import Heard, Parcel

plugin = Plugin("depot", title="Depot", order=210, needs=Needs(records=("absent",)))


@hookimpl
def resources() -> list[Resource]:
    return [Resource(Parcel, list="code steps", search="code")]


@hookimpl
def records() -> list[type[Record]]:
    return [Heard]


@hookimpl
def events() -> list[type[Event]]:
    return [ParcelMoved]


@hookimpl
def features() -> list[Feature]:
    return [Feature("depot.cash", "Cash", kind="flag", covers="depot.payments")]


@hookimpl
def handlers() -> list[Handler]:
    return [
        Handler(ParcelMoved, services.hear),
        Handler(ParcelMoved, services.hear_too, batch=10),
        Handler(ParcelMoved, services.stumble, attempts=3, batch=10),
        Handler("depot.parcel_created", services.welcome),
        Handler("absent.thing_happened", services.welcome, "absent"),
    ]


@hookimpl
def webhooks_in() -> list[WebhookIn]:
    return [
        WebhookIn(
            "payments", services.check_payment, services.secrets, services.one_payment, services.take_in, attempts=2
        ),
        WebhookIn(
            "chat", services.check_chat, services.secrets, services.chat_parts, services.take_in,
            challenge=services.chat_challenge,
        ),
    ]  # fmt: skip
