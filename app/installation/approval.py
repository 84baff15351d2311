"""The operator accepts what a plugin asks for. Until then it works nowhere; what a new version asks for besides waits
for a new yes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from app.data import platform_session, utcnow
from app.host import registry
from app.host.accepted import asked_of_operator
from app.host.models import InstalledPlugin
from app.installation.bridges import bring_bridges
from app.installation.features import tell_tenants

log = logging.getLogger(__name__)


def accept(plugin: str, by: str, needs: Sequence[str] | None = None) -> None:
    """Accept what the installed version asks for, no more: `needs` are those that were read, so that nothing is
    accepted unseen. Raises LookupError for a plugin that is not there, ValueError when it asks for something else."""
    manifest = registry().plugin(plugin)
    if manifest is None:
        raise LookupError(f"No plugin “{plugin}” is installed, or it is left out.")
    asked = manifest.needs.words()
    if needs is not None and set(needs) != set(asked):
        raise ValueError(f"“{plugin}” asks for something else by now: please read it again.")
    values = {"approved": list(asked), "approved_by": by, "approved_at": utcnow()}
    with platform_session("installed plugins are of no tenant") as session:
        row = insert(InstalledPlugin).values(name=plugin, version=manifest.version, **values)
        session.execute(row.on_conflict_do_update(index_elements=["name"], set_=values))
        tell_tenants(session, plugin=plugin)
    if manifest.bridge:
        bring_bridges(log.warning)


def accept_all(by: str) -> None:
    """Accept what every installed plugin asks for: for tests, which are their own operator."""
    for plugin in asked_of_operator():
        accept(plugin, by)
