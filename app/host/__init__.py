"""The plugin host: declarations, hooks, discovery, claims and the frozen registry."""

from __future__ import annotations

from flask import current_app

from app.host.channels import Channel, NotNow, NotSent, Outgoing, PerhapsSent
from app.host.contributions import Hit, Metric, Permission
from app.host.declarations import (
    Action,
    Beside,
    Cancelled,
    Clue,
    Companion,
    Dialect,
    Doubt,
    FieldError,
    FieldErrors,
    Job,
    JobRun,
    Lanes,
    ListView,
    Notice,
    Page,
    Plugin,
    Related,
    Resource,
    Schedule,
    Section,
    Timeline,
)
from app.host.entry import Entry
from app.host.events import Event, Handler, Occurrence
from app.host.extensions import Extension
from app.host.feature import Feature
from app.host.first_steps import Step
from app.host.hookspecs import hookimpl, hookspec
from app.host.needs import Needs
from app.host.panels import Panel
from app.host.payments import Declined, NotReached, Outcome, PaymentAsked, PaymentProvider, PayPage, RefundAsked
from app.host.registry import Registry
from app.host.reporting import Card, Dataset, Measure, Ratio, Reach, Report
from app.host.roles import Role
from app.host.webhooks import BadSignature, Incoming, Part, WebhookIn

EXTENSION = "tenantry"


def registry() -> Registry:
    """The registry of the running application."""
    found: Registry = current_app.extensions[EXTENSION]
    return found


__all__ = [
    "Action",
    "BadSignature",
    "Beside",
    "Cancelled",
    "Card",
    "Channel",
    "Clue",
    "Companion",
    "Dataset",
    "Declined",
    "Dialect",
    "Doubt",
    "Entry",
    "Event",
    "Extension",
    "Feature",
    "FieldError",
    "FieldErrors",
    "Handler",
    "Hit",
    "Incoming",
    "Job",
    "JobRun",
    "Lanes",
    "ListView",
    "Measure",
    "Metric",
    "Needs",
    "NotNow",
    "NotReached",
    "NotSent",
    "Notice",
    "Occurrence",
    "Outcome",
    "Outgoing",
    "Page",
    "Panel",
    "Part",
    "PayPage",
    "PaymentAsked",
    "PaymentProvider",
    "PerhapsSent",
    "Permission",
    "Plugin",
    "Ratio",
    "Reach",
    "RefundAsked",
    "Registry",
    "Related",
    "Report",
    "Resource",
    "Role",
    "Schedule",
    "Section",
    "Step",
    "Timeline",
    "WebhookIn",
    "hookimpl",
    "hookspec",
    "registry",
]  # fmt: skip
