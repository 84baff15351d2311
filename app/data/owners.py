"""Whose code is this? A module's owner names its schema, its migrations and everything else it may claim."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

CORE = "core"
ENTRY_POINT_GROUP = "tenantry.plugins"


@cache
def _outside_packages() -> dict[str, str]:
    """Top package of each installed outside plugin -> the plugin's name."""
    return {
        point.module.rpartition(".")[0] or point.module: point.name for point in entry_points(group=ENTRY_POINT_GROUP)
    }


def owner_of(module: str) -> str:
    """The plugin that a module belongs to, or `core`.

    `plugins.crm.models` -> `crm`; `app.contacts.models` -> `core`; an outside package by its entry point.
    Modules of no installed plugin (a plugin under test) are owned by the folder they lie in.
    """
    parts = module.split(".")
    if parts[0] == "app":
        return CORE
    if parts[0] == "plugins" and len(parts) > 1:
        return parts[1]
    for package, name in _outside_packages().items():
        if module == package or module.startswith(package + "."):
            return name
    return parts[-2] if len(parts) > 1 else parts[0]


def schema_of(module: str) -> str | None:
    """PostgreSQL schema for the tables of a module: None (public) for the core."""
    owner = owner_of(module)
    return None if owner == CORE else owner
