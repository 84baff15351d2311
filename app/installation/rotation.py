"""Rotation of the keys that secrets lie under: every tenant's, sealed anew with the first key."""

from __future__ import annotations

from dataclasses import dataclass

from app.data import Scope, db, scope
from app.installation import sealing, settings
from app.mailboxes import connecting
from app.messaging import accounts
from app.tenancy.services import tenant_ids
from app.webhooks import endpoints


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did. `unreadable` says in words, tenant first, which secrets no key here opens."""

    tenants: int
    unreadable: list[str]


def rotate() -> Rotation:
    """Seal the secrets of all tenants with the first key, a transaction for each tenant. One that cannot be read stays
    as it is and stops nothing."""
    tenants, unreadable = tenant_ids(), []
    for slug, tenant_id in tenants.items():
        with scope(Scope(tenant_id, via="cli")):
            for reseal in (settings.reseal, endpoints.reseal, accounts.reseal, connecting.reseal, sealing.reseal):
                unreadable += [f"{slug}: {secret}" for secret in reseal()]
            db.session.commit()
    return Rotation(len(tenants), unreadable)
