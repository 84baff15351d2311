"""The left side."""

from __future__ import annotations

from app.sdk import Plugin, Tenant, hookimpl
from tests.plugins_for_tests.joined import hear

plugin = Plugin("left", title="Left", order=300)


@hookimpl
def enabled(tenant: Tenant) -> None:
    hear("left", "enabled", tenant.slug)


@hookimpl
def disabled(tenant: Tenant) -> None:
    hear("left", "disabled", tenant.slug)
