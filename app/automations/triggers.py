"""Events that set automations off: the one handler of all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from sqlalchemy import select

from app.automations.acting import run_behind
from app.automations.models import CREATED, EVENT, ON, UPDATED, Automation
from app.automations.starting import start
from app.data import db
from app.host import Event, Occurrence, registry
from app.host.events import RecordEvent

_CHANGES = {CREATED: "created", UPDATED: "updated"}


def wanted() -> Collection[str]:
    """The events that some automation of the tenant in force waits for."""
    types = registry().happenings.types
    columns = select(Automation.trigger, Automation.resource, Automation.event_name)
    rows = db.session.execute(columns.where(Automation.state == ON, Automation.trigger.in_((*_CHANGES, EVENT))))
    names = {_event(trigger, resource, name) for trigger, resource, name in rows}
    return {name for name in names if name in types}


def _event(trigger: str, resource: str, name: str | None) -> str:
    return f"{resource}_{_CHANGES[trigger]}" if trigger in _CHANGES else name or ""


def hear(happened: Event, told: Occurrence) -> None:
    """The handler of all events: start each automation that waits for this one, once."""
    found = db.session.scalars(
        select(Automation).where(Automation.state == ON, Automation.trigger.in_((*_CHANGES, EVENT)))
        .order_by(Automation.id)
    )  # fmt: skip
    for one in found.all():
        if _event(one.trigger, one.resource, one.event_name) != told.name or not _is_watched(one, happened):
            continue
        for record_id in _records(one, happened, told):
            start(one, [record_id], str(told.id), run_behind(told.request_id))


def _is_watched(one: Automation, happened: Event) -> bool:
    """Of changes: whether one of the fields it waits for is among them; its own fields count as `custom_fields`."""
    if one.trigger != UPDATED or not one.watched or not isinstance(happened, RecordEvent):
        return True
    watched = {"custom_fields" if name.startswith("custom.") else name for name in one.watched}
    return bool(watched & set(happened.changed))


def _records(one: Automation, happened: Event, told: Occurrence) -> Iterator[UUID]:
    """The record that the event is of, or names (`lead_id`)."""
    if told.aggregate_type == one.resource and told.aggregate_id is not None:
        yield told.aggregate_id
        return
    named = getattr(happened, f"{one.resource.partition('.')[2]}_id", None)
    if isinstance(named, UUID):
        yield named
