"""CRM: leads on their way through pipelines. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

from app.sdk import Plugin, Resource, Tenant, _l, hookimpl
from plugins.crm import demo
from plugins.crm.resources import leads, pipelines
from plugins.crm.services import defaults

plugin = Plugin(
    "crm", title=_l("CRM"), summary=_l("Leads on their way through pipelines"), requires=("contacts",), icon="target",
    order=20, default_on=True,
)  # fmt: skip


@hookimpl
def resources() -> list[Resource]:
    return [*leads.resources(), *pipelines.resources()]


@hookimpl
def enabled(tenant: Tenant) -> None:
    defaults.write()


@hookimpl
def demo_data(tenant: Tenant) -> None:
    demo.fill(tenant)
