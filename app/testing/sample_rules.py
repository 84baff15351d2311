"""Better values for single fields of samples, where any value of the kind will not do; plugins say theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from app.data import utcnow
from app.host import Registry

Rule = Callable[[int, str], Any]
"""(number, marker) -> the value of one field."""
Rules = Mapping[str, Mapping[str, Rule]]
"""Resource key -> field name -> rule."""
TARGET = "contacts.contact"
"""The kind of record that notes and files of the samples hang on."""

RULES: Rules = {
    "contacts.contact": {"first_name": lambda number, marker: f"Person {marker}{number}"},
    "contacts.channel": {
        "kind": lambda number, marker: "other",
        "value": lambda number, marker: f"{marker or 'handle'}-{number}".casefold(),
        "value_normalised": lambda number, marker: f"{marker or 'handle'}-{number}".casefold(),
    },
    "contacts.suppression": {
        "channel": lambda number, marker: "any",
        "value": lambda number, marker: f"{marker or 'handle'}-{number}".casefold(),
    },
    "contacts.note": {"target_type": lambda number, marker: TARGET},
    "contacts.attachment": {"target_type": lambda number, marker: TARGET},
    "contacts.address": {"country": lambda number, marker: "SA"},
    "contacts.company": {
        "country": lambda number, marker: "GB",
        "domain": lambda number, marker: f"{marker or 'firm'}{number}.example".casefold(),
    },
    "merging.rule": {
        "resource": lambda number, marker: TARGET,
        "path": lambda number, marker: "position",
        "points": lambda number, marker: number % 100,
    },
    "transfer.mapping": {"resource": lambda number, marker: TARGET},
    "webhooks.endpoint": {
        "url": lambda number, marker: f"https://hooks{number}.example/{marker}",
        "events": lambda number, marker: "*",
    },
    "console.brand": {
        "accent": lambda number, marker: "#2f51c9",
        "accent_dark": lambda number, marker: "#a4b7ff",
        "logo": lambda number, marker: None,
    },
    "console.team": {
        "archived_at": lambda number, marker: None,
        "gives_role": lambda number, marker: None,  # or samples would promote people
    },
    "console.team_member": {
        "left_at": lambda number, marker: None,
        "role": lambda number, marker: ("member", "lead")[number // 2 % 2],
    },
    "messaging.notification": {
        "kind": lambda number, marker: "messaging.mentioned",
        "due_at": lambda number, marker: utcnow() - timedelta(hours=1),
    },
    "messaging.template": {
        "subject": lambda number, marker: f"About {marker}{number}",
        "body": lambda number, marker: f"Dear {{{{ name }}}},\n\n{marker}",
        "key": lambda number, marker: f"key_{number}",
        "language": lambda number, marker: "en",
        "channel": lambda number, marker: "email",
        "variables": lambda number, marker: f"name = {marker}",
    },
    "messaging.email_account": {
        "host": lambda number, marker: f"smtp{number}.example",
        "port": lambda number, marker: 587,
        "is_default": lambda number, marker: False,
    },
    "mailboxes.mailbox": {
        "email": lambda number, marker: f"{marker or 'box'}{number}@box.example".casefold(),
        "host": lambda number, marker: f"imap{number}.example",
        "port": lambda number, marker: 993,
        "audience": lambda number, marker: "shared",
    },
    "payments.payment": {
        "target_type": lambda number, marker: "",
        "state": lambda number, marker: "pending",
        "refunded": lambda number, marker: None,
    },
    "reports.saved_report": {
        "source": lambda number, marker: TARGET,
        "query": lambda number, marker: "by=created_at.month&measure=count",
        "audience": lambda number, marker: "private",
    },
    "console.tag": {"name": lambda number, marker: f"{marker}label {number}"},
    "console.custom_field": {
        "resource": lambda number, marker: "contacts.company",
        "key": lambda number, marker: f"key_{number}",
        "kind": lambda number, marker: "text",
        "required": lambda number, marker: False,
    },
    "console.capability": {
        "feature_key": lambda number, marker: "console.audit_log",
        "enabled": lambda number, marker: True,
    },
    "console.layout": {
        "resource": lambda number, marker: f"contacts.{('company', 'address', 'note', 'channel')[number % 4]}",
        "role": lambda number, marker: ("everybody", "owner", "admin", "manager", "agent", "viewer")[number // 4 % 6],
        "position": lambda number, marker: number % 100,
        "published": lambda number, marker: None,
        "draft": lambda number, marker: {"sections": [], "columns": [marker or "name"]},
    },
    "console.form_rule": {
        "resource": lambda number, marker: "contacts.company",
        "is_active": lambda number, marker: False,
        "position": lambda number, marker: number % 100,
        "conditions": lambda number, marker: [[{"field": "name", "operator": "is", "values": [marker or "x"]}]],
        "effects": lambda number, marker: [{"do": "require", "field": "website", "values": []}],
    },
    "automations.automation": {
        "resource": lambda number, marker: "contacts.company",
        "state": lambda number, marker: ("draft", "off")[number % 2],
        "trigger": lambda number, marker: "created",
        "watched": lambda number, marker: [],
        "event_name": lambda number, marker: None,
        "moment_field": lambda number, marker: None,
        "at_time": lambda number, marker: "09:00",
        "conditions": lambda number, marker: [[{"field": "name", "operator": "is", "values": [marker or "x"]}]],
    },
    "automations.step": {
        "kind": lambda number, marker: "notify",
        "settings": lambda number, marker: {"to": ["role:owner"], "title": marker or "x", "text": ""},
    },
    "automations.run": {
        "target_type": lambda number, marker: TARGET,
    },
    "console.access_rule": {
        "role": lambda number, marker: "viewer",
        "resource": lambda number, marker: "contacts.suppression",
        "row_scope": lambda number, marker: "all",
        "hidden": lambda number, marker: [],
        "readonly": lambda number, marker: [],
    },
}


def brought(registry: Registry) -> Iterator[ModuleType]:
    """The modules `samples` that plugins have beside their `plugin.py`."""
    packages = (module.__name__.rpartition(".")[0] for module in registry.modules.values())
    names = (f"{package}.samples" for package in packages if package)
    yield from (import_module(name) for name in names if find_spec(name) is not None)


def all_rules(registry: Registry) -> Rules:
    """Those above, and what plugins say themselves in `SAMPLES` of their module `samples`."""
    return {**RULES, **{key: rule for one in brought(registry) for key, rule in getattr(one, "SAMPLES", {}).items()}}
