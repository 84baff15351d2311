"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from app.sdk import Event, Job, Plugin, Record, Resource, Tenant, Timeline, _l, hookimpl
from plugins.crm import demo, timelines
from plugins.crm.events import EVENTS
from plugins.crm.models import LeadLine, NextStage, StageChange, StageNeed
from plugins.crm.resources import leads, pipelines
from plugins.crm.services import changes as changes  # noqa: PLC0414  (it listens)
from plugins.crm.services import defaults, removing

plugin = Plugin("crm", title=_l("CRM"), requires=("contacts",), icon="target", order=20, default_on=True)


@hookimpl
def resources() -> list[Resource]:
    return [*leads.resources(), *pipelines.resources()]


@hookimpl
def records() -> list[type[Record]]:
    return [LeadLine, NextStage, StageChange, StageNeed]


@hookimpl
def events() -> list[type[Event]]:
    return EVENTS


@hookimpl
def jobs() -> list[Job]:
    return [Job(removing.JOB, removing.empty, _l("Move the leads of a stage that goes"), unique=True)]


@hookimpl(specname="timelines")
def told() -> list[Timeline]:
    return timelines.timelines()


@hookimpl
def enabled(tenant: Tenant) -> None:
    defaults.write()


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)
