"""The right side."""

from __future__ import annotations

from app.sdk import Needs, Plugin, Tenant, hookimpl
from tests.plugins_for_tests.joined import hear

plugin = Plugin("right", title="Right", order=300, needs=Needs(hosts=("right.example",)))


@hookimpl
def enabled(tenant: Tenant) -> None:
    hear("right", "enabled", tenant.slug)


@hookimpl
def disabled(tenant: Tenant) -> None:
    hear("right", "disabled", tenant.slug)
