"""What plugins remember of a tenant's configuration, each under names of its own: the core's memory of decisions, plans
and settings stays the core's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.host.at_work import plugin_at_work
from app.tenancy import configuration


def by_configuration(session: Session, person: Any, name: str, load: Callable[[Session], Any]) -> Any:
    """`load(session)`, remembered for the tenant of `person` (a `Principal`, or what has a `tenant`) until its
    configuration changes; not remembered outside a request. A name that begins with the plugin's is the same wherever
    its code runs, in a hook or in what the core calls later."""
    plugin = plugin_at_work()
    whose = "plugins" if not plugin or name.startswith(f"{plugin}.") else plugin
    return configuration.by_configuration(session, person, f"{whose}:{name}", load)
