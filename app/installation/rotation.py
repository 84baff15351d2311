"""Rotation of the keys that secrets lie under: every tenant's, sealed anew with the first key."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from app.data import Scope, db, platform_session, scope
from app.data.owners import CORE
from app.data.positions import waiting_plugins
from app.host import registry
from app.host.models import InstalledPlugin
from app.installation import sealing, settings
from app.mailboxes import connecting
from app.messaging import accounts
from app.tenancy.services import tenant_ids
from app.webhooks import endpoints


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did. `unreadable` says in words, tenant first, which secrets no key here opens; `unseen` names
    plugins whose secrets lie under the keys that they lay under."""

    tenants: int
    unreadable: list[str]
    unseen: list[str] = field(default_factory=list)


def rotate() -> Rotation:
    """Seal the secrets of all tenants with the first key, a transaction for each tenant. One that cannot be read stays
    as it is and stops nothing."""
    tenants, unreadable = tenant_ids(), []
    for slug, tenant_id in tenants.items():
        with scope(Scope(tenant_id, via="cli")):
            for reseal in (settings.reseal, endpoints.reseal, accounts.reseal, connecting.reseal, sealing.reseal):
                unreadable += [f"{slug}: {secret}" for secret in reseal()]
            db.session.commit()
    return Rotation(len(tenants), unreadable, _unseen())


def _unseen() -> list[str]:
    """Plugins that are left out, uninstalled and not purged, or behind their migrations: their code alone knows the
    columns that hold secrets."""
    with platform_session("installed plugins are of no tenant") as session:
        known = set(session.scalars(select(InstalledPlugin.name)))
    late = {name for name, here in waiting_plugins().items() if here} - {CORE}
    return sorted((known - registry().names) | late)
