"""What keeps installed plugins from working anywhere: they wait for the operator's yes, or their migration failed."""

from __future__ import annotations

from sqlalchemy import select

from app.data import platform_session
from app.host import registry
from app.host.models import InstalledPlugin


def asked_of_operator() -> dict[str, tuple[str, ...]]:
    """What waits for a yes, by plugin."""
    with platform_session("installed plugins are of no tenant") as session:
        accepted = {row.name: set(row.approved or ()) for row in session.query(InstalledPlugin)}
    missing = {
        name: tuple(one for one in needs if one not in accepted.get(name, set()))
        for name, needs in registry().needs.items()
    }
    return {name: needs for name, needs in missing.items() if needs}


def stopped_plugins() -> set[str]:
    """Those whose migration failed, or that wait for their old package."""
    with platform_session("installed plugins are of no tenant") as session:
        return set(session.scalars(select(InstalledPlugin.name).where(InstalledPlugin.stopped.is_not(None))))
