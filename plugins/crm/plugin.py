"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from flask import Blueprint

from app.sdk import Event, Handler, Job, Notice, Page, Plugin, Record, Resource, Schedule, Tenant, _l, hookimpl
from plugins.crm import agenda, demo, demo_agenda
from plugins.crm.resources import activities, appointments, leads, pipelines
from plugins.crm.services import defaults

plugin = Plugin("crm", title=_l("CRM"), requires=("contacts",), icon="target", order=20, default_on=True)


@hookimpl
def resources() -> list[Resource]:
    return [*leads.resources(), *activities.resources(), *appointments.resources(), *pipelines.resources()]


@hookimpl
def records() -> list[type[Record]]:
    return agenda.records()


@hookimpl
def events() -> list[type[Event]]:
    return agenda.events()


@hookimpl
def handlers() -> list[Handler]:
    return agenda.handlers()


@hookimpl
def jobs() -> list[Job]:
    return agenda.jobs()


@hookimpl
def schedules() -> list[Schedule]:
    return agenda.schedules()


@hookimpl
def notices() -> list[Notice]:
    return agenda.notices()


@hookimpl
def pages() -> list[Page]:
    return agenda.pages()


@hookimpl
def blueprints() -> list[Blueprint]:
    return agenda.blueprints()


@hookimpl
def enabled(tenant: Tenant) -> None:
    defaults.write()


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)
    demo_agenda.fill(tenant)
