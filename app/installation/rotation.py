"""Rotation of the keys that secrets lie under: every tenant's, sealed anew with the first key."""

from __future__ import annotations

from app.data import Scope, db, scope
from app.installation import sealing, settings
from app.messaging import accounts
from app.tenancy.services import tenant_ids
from app.webhooks import endpoints


def rotate() -> int:
    """Seal the secrets of all tenants with the first key, a transaction for each tenant. Returns the number of tenants.

    Raises CannotOpen when a secret lies under a key that is gone; the tenants before it are done then.
    """
    tenants = tenant_ids()
    for tenant_id in tenants.values():
        with scope(Scope(tenant_id, via="cli")):
            for reseal in (settings.reseal, endpoints.reseal, accounts.reseal, sealing.reseal):
                reseal()
            db.session.commit()
    return len(tenants)
