"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from flask import Blueprint

from app.sdk import (
    Card,
    Dataset,
    Event,
    Handler,
    Job,
    Notice,
    Plugin,
    Report,
    Resource,
    Tenant,
    WebhookIn,
    _l,
    hookimpl,
)
from plugins.crm import capture, demo, demo_figures
from plugins.crm import reports as figures_of_sales
from plugins.crm.resources import assignment, figures, leads, pipelines
from plugins.crm.services import defaults, scoring
from plugins.crm.services.assignment import telling
from plugins.crm.services.assignment.events import LeadsAssigned

plugin = Plugin("crm", title=_l("CRM"), requires=("contacts",), icon="target", order=20, default_on=True)


@hookimpl
def resources() -> list[Resource]:
    return [
        *leads.resources(),
        *capture.resources(),
        *pipelines.resources(),
        *figures.resources(),
        *assignment.resources(),
    ]


@hookimpl
def datasets() -> list[Dataset]:
    return figures_of_sales.datasets()


@hookimpl
def reports() -> list[Report]:
    return figures_of_sales.reports()


@hookimpl
def cards() -> list[Card]:
    return figures_of_sales.cards()


@hookimpl
def jobs() -> list[Job]:
    return [*scoring.jobs(), *capture.jobs()]


@hookimpl
def events() -> list[type[Event]]:
    return [LeadsAssigned]


@hookimpl
def handlers() -> list[Handler]:
    return [*scoring.handlers(), Handler(LeadsAssigned, telling.tell_owner)]


@hookimpl
def notices() -> list[Notice]:
    return telling.notices()


@hookimpl
def webhooks_in() -> list[WebhookIn]:
    return capture.webhooks_in()


@hookimpl
def blueprints() -> list[Blueprint]:
    return capture.blueprints()


@hookimpl
def enabled(tenant: Tenant) -> None:
    defaults.write()


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)
    demo_figures.fill(tenant)
