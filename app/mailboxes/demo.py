"""Mails of demo tenants: a handful of conversations, some of which wait for an answer."""

from __future__ import annotations

from app.tenancy.models import Tenant


def fill(tenant: Tenant) -> None:
    """Write them."""
