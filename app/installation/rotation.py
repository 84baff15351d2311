"""Rotation of the keys that secrets lie under: every tenant's, sealed anew with the first key."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import inspect

from app.data import Scope, db, scope
from app.installation import settings
from app.messaging import accounts
from app.tenancy.services import tenant_ids
from app.webhooks import endpoints


def rotate(say: Callable[[str], None]) -> int:
    """Seal the secrets of all tenants with the first key, a transaction for each tenant. Returns how many changed.

    Raises CannotOpen when one lies under a key that is gone; the tenants before it are done then.
    """
    total = 0
    for slug, tenant_id in tenant_ids().items():
        with scope(Scope(tenant_id, via="cli")):
            for reseal in (settings.reseal, endpoints.reseal, accounts.reseal):
                reseal()
            changed = sum(inspect(row).modified for row in db.session.dirty)
            db.session.commit()
        if changed:
            say(f"{slug}: {changed}")
        total += changed
    return total
