"""Tenants as commands name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from app.tenancy.models import Tenant

TENANTS = click.option("--tenant", "slugs", multiple=True, required=True, metavar="SLUG", help="May be given again.")


def tenant_called(slug: str) -> Tenant:
    """Raises Refusal."""
    from app.tenancy.services import find_tenant

    found = find_tenant(slug)
    if found is None:
        raise Refusal(f"There is no tenant “{slug}”.")
    return found
