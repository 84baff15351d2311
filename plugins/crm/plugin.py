"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from flask import Blueprint

from app.sdk import Job, Plugin, Resource, Tenant, WebhookIn, _l, hookimpl
from plugins.crm import capture, demo
from plugins.crm.resources import leads, pipelines
from plugins.crm.services import defaults

plugin = Plugin("crm", title=_l("CRM"), requires=("contacts",), icon="target", order=20, default_on=True)


@hookimpl
def resources() -> list[Resource]:
    return [*leads.resources(), *capture.resources(), *pipelines.resources()]


@hookimpl
def jobs() -> list[Job]:
    return capture.jobs()


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
