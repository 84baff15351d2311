"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from app.sdk import Event, Handler, Notice, Plugin, Resource, Tenant, _l, hookimpl
from plugins.crm import demo
from plugins.crm.resources import assignment, leads, pipelines
from plugins.crm.services import defaults
from plugins.crm.services.assignment import telling
from plugins.crm.services.assignment.events import LeadsAssigned

plugin = Plugin("crm", title=_l("CRM"), requires=("contacts",), icon="target", order=20, default_on=True)


@hookimpl
def resources() -> list[Resource]:
    return [*leads.resources(), *pipelines.resources(), *assignment.resources()]


@hookimpl
def events() -> list[type[Event]]:
    return [LeadsAssigned]


@hookimpl
def handlers() -> list[Handler]:
    return [Handler(LeadsAssigned, telling.tell_owner)]


@hookimpl
def notices() -> list[Notice]:
    return telling.notices()


@hookimpl
def enabled(tenant: Tenant) -> None:
    defaults.write()


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)
