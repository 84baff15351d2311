"""Finds plugins: the core's own, the folders under `plugins/`, and installed packages by entry point."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from app.data.histories import History, line
from app.data.migrate import CORE_HISTORY
from app.data.owners import ENTRY_POINT_GROUP
from app.host.declarations import Plugin

CORE_MODELS = (
    "app.identity.models", "app.tenancy.models", "app.features.access_rules", "app.features.models",
    "app.host.custom_fields",
    "app.host.models", "app.search.index", "app.search.tags", "app.files.models", "app.jobs.models", "app.audit.models",
    "app.screens.saved_views", "app.screens.rest.idempotency", "app.screens.desk.models", "app.branding.models",
)  # fmt: skip
"""Modules with tables of the core that no plugin's declaration leads to: migrations must know them all."""
CORE_PLUGINS = {
    "contacts": "app.contacts.plugin",
    "console": "app.console.plugin",
    "transfer": "app.transfer.plugin",
    "merging": "app.merging.plugin",
    "events": "app.events.plugin",
    "webhooks": "app.webhooks.plugin",
    "reports": "app.reports.plugin",
    "messaging": "app.messaging.plugin",
    "payments": "app.payments.plugin",
    "mailboxes": "app.mailboxes.plugin",
    "automations": "app.automations.plugin",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin module and the name it is known by before anything in it is believed."""

    name: str
    module: str


def discover() -> list[Found]:
    """Core plugins first, then folders, then packages; each by the name of its folder or entry point."""
    found = [Found(name, module) for name, module in CORE_PLUGINS.items()]
    found += [Found(path.parent.name, f"plugins.{path.parent.name}.plugin") for path in _folders()]
    found += [Found(point.name, point.module) for point in entry_points(group=ENTRY_POINT_GROUP)]
    return found


def import_core_models() -> None:
    """Make the shared metadata complete: named by text, because this package lies below most of them."""
    for module in CORE_MODELS:
        importlib.import_module(module)


def import_sdk() -> None:
    """Before the first plugin does, so that none is blamed for how long it takes."""
    importlib.import_module("app.sdk")


def _folders() -> list[Path]:
    spec = find_spec("plugins")
    roots = list(spec.submodule_search_locations or ()) if spec else []
    return sorted(path for root in roots for path in Path(root).glob("*/plugin.py"))


def load(found: Found) -> tuple[Plugin, ModuleType]:
    """Import a plugin. Raises LookupError when it has no manifest named `plugin`."""
    module = importlib.import_module(found.module)
    manifest = getattr(module, "plugin", None)
    if not isinstance(manifest, Plugin):
        raise LookupError(f"{found.module} has no manifest: plugin = Plugin({found.name!r}, ...).")
    return manifest, module


def history_of(manifest: Plugin, module: ModuleType) -> History | None:
    """The migrations that a plugin brings; None when it brings none."""
    file = getattr(module, "__file__", None)
    if manifest.core or file is None:
        return None
    folder = Path(file).parent / "migrations"
    return History(manifest.name, folder) if folder.is_dir() else None


@cache
def core_history() -> History:
    """The core's, as this process has found it."""
    return replace(CORE_HISTORY, known=line(CORE_HISTORY))
