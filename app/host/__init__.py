"""The plugin host: declarations, hooks, discovery, claims and the frozen registry."""

from __future__ import annotations

from flask import current_app

from app.host.declarations import (
    Action,
    Cancelled,
    Dialect,
    Doubt,
    FieldError,
    Job,
    JobRun,
    Plugin,
    Related,
    Resource,
    Schedule,
    Section,
)
from app.host.hookspecs import hookimpl
from app.host.registry import Entry, Registry

EXTENSION = "tenantry"


def registry() -> Registry:
    """The registry of the running application."""
    found: Registry = current_app.extensions[EXTENSION]
    return found


__all__ = [
    "Action",
    "Cancelled",
    "Dialect",
    "Doubt",
    "Entry",
    "FieldError",
    "Job",
    "JobRun",
    "Plugin",
    "Registry",
    "Related",
    "Resource",
    "Schedule",
    "Section",
    "hookimpl",
    "registry",
]  # fmt: skip
