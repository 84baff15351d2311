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
    Notice,
    Page,
    Plugin,
    Related,
    Resource,
    Schedule,
    Section,
)
from app.host.events import Event, Handler, Occurrence
from app.host.hookspecs import hookimpl
from app.host.registry import Entry, Registry
from app.host.webhooks import BadSignature, Incoming, Part, WebhookIn

EXTENSION = "tenantry"


def registry() -> Registry:
    """The registry of the running application."""
    found: Registry = current_app.extensions[EXTENSION]
    return found


__all__ = [
    "Action",
    "BadSignature",
    "Cancelled",
    "Dialect",
    "Doubt",
    "Entry",
    "Event",
    "FieldError",
    "Handler",
    "Incoming",
    "Job",
    "JobRun",
    "Notice",
    "Occurrence",
    "Page",
    "Part",
    "Plugin",
    "Registry",
    "Related",
    "Resource",
    "Schedule",
    "Section",
    "WebhookIn",
    "hookimpl",
    "registry",
]  # fmt: skip
