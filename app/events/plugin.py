"""Events: the log that a tenant's admins see, and the jobs behind it. It is the table of contents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.events import actions, handling
from app.events.models import DEAD, DONE, DomainEvent, EventHandling
from app.host import Action, Job, Page, Plugin, Related, Resource, Schedule, hookimpl

plugin = Plugin("events", title=_l("Events"), icon="bolt", order=910, core=True)

_READERS = {"owner": "read export", "admin": "read export"}


@hookimpl
def jobs() -> list[Job]:
    return [
        Job("events.handle", handling.handle, _l("Handle an event"), timeout=120, attempts=3, keep_days=1),
        Job("events.sweep", handling.sweep, _l("Look for events that were left"), priority="low", keep_days=1),
        Job("events.purge", handling.purge, _l("Forget old events"), priority="low"),
    ]


@hookimpl
def schedules() -> list[Schedule]:
    return [
        Schedule("events.purge_old", "events.purge", "20 3 * * *"),
        Schedule("events.hourly_sweep", "events.sweep", "37 * * * *"),
    ]


@hookimpl
def pages() -> list[Page]:
    return [Page("/events/types/", _l("All kinds of events"), "events.event.read", icon="info", order=30)]


@hookimpl
def resources() -> list[Resource]:
    return [_event(), _handling()]


def _event() -> Resource:
    return Resource(
        DomainEvent,
        name="event",
        title=_l("Event"),
        plural=_l("Events"),
        list="name state aggregate_type created_at settled_at",
        verbs="read export",
        grants=_READERS,
        related=(Related(EventHandling, "event", _l("Handlers")),),
        actions=(
            Action(
                "replay", _l("Handle again"), actions.replay, roles=(), icon="restore",
                confirm=_l("Every handler gets the event once more, and webhooks are sent again."),
                applies=lambda event: event.state in (DONE, DEAD),
            ),
        ),
        board="state",
        custom_fields=False,
        icon="bolt",
        order=10,
    )  # fmt: skip


def _handling() -> Resource:
    return Resource(
        EventHandling,
        name="handling",
        title=_l("Handler's work"),
        plural=_l("Handlers' work"),
        list="event handler state attempts last_error created_at",
        verbs="read export",
        grants=_READERS,
        actions=(
            Action(
                "retry", _l("Try again"), actions.retry, roles=(), icon="restore",
                applies=lambda row: row.state == DEAD,
            ),
        ),
        board="state",
        custom_fields=False,
        icon="puzzle",
        order=20,
    )  # fmt: skip
