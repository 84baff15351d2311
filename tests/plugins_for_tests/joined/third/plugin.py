"""The third side."""

from __future__ import annotations

from app.sdk import Plugin, Tenant, hookimpl
from tests.plugins_for_tests.joined import hear

plugin = Plugin("third", title="Third", order=300)


@hookimpl
def enabled(tenant: Tenant) -> None:
    hear("third", "enabled", tenant.slug)


@hookimpl
def disabled(tenant: Tenant) -> None:
    hear("third", "disabled", tenant.slug)
