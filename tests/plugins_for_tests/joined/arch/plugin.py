"""A bridge on a bridge."""

from __future__ import annotations

from app.sdk import Plugin, Tenant, hookimpl
from tests.plugins_for_tests.joined import hear

plugin = Plugin("arch", title="Arch", order=301, requires=("span", "third"), bridge=True)


@hookimpl
def enabled(tenant: Tenant) -> None:
    hear("arch", "enabled", tenant.slug)


@hookimpl
def disabled(tenant: Tenant) -> None:
    hear("arch", "disabled", tenant.slug)
