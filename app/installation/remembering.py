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
    configuration changes; not remembered outside a request."""
    return configuration.by_configuration(session, person, f"{plugin_at_work()}:{name}", load)
