"""Every address of the application with the permission it asks for: `tenantry routes`, and the tests that crawl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask

from app.identity.access import rule_of

UNCLASSIFIED = "?"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One method on one path. `permission` is "<resource>.<verb>", public, operator, signed-in, or "?": undeclared."""

    path: str
    method: str
    permission: str
    owner: str
    endpoint: str


def rows(app: Flask) -> list[Row]:
    """Every rule of the application, one row a method (HEAD and OPTIONS follow GET and are left out)."""
    found = [
        Row(rule.rule, method, permission_of(app, rule.endpoint), owner_of(app, rule.endpoint), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found)


def permission_of(app: Flask, endpoint: str) -> str:
    """The rule that the gate enforces for this route."""
    return rule_of(app, endpoint) or UNCLASSIFIED


def owner_of(app: Flask, endpoint: str) -> str:
    """The plugin or core package that brings the route."""
    view: Any = app.view_functions[endpoint]
    declared = getattr(view, "tenantry_owner", None)
    if declared:
        return str(declared)
    rule = permission_of(app, endpoint)
    if "." in rule:
        return rule.split(".", 1)[0]
    module = str(getattr(view, "__module__", "") or "").split(".")
    return module[1] if module[0] in {"app", "plugins"} and len(module) > 1 else module[0]
