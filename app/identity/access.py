"""What each view demands of its caller, declared on the view function itself.

    @access("signed-in")
    def profile(): ...

The gate (`app.identity.gate`) reads the mark on every request and refuses before the view runs; a view without a mark
is refused to everybody, and stops the start-up check. `tenantry routes` prints the marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flask import Flask

PUBLIC = "public"
SIGNED_IN = "signed-in"
OPERATOR = "operator"
_MARK = "tenantry_access"
_CSRF_EXEMPT = "tenantry_csrf_exempt"
_PERMISSION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){2}")

View = TypeVar("View", bound=Callable[..., Any])


def access(rule: str) -> Callable[[View], View]:
    """Declare who may call a view: `public`, `signed-in`, `operator`, or a permission (`contacts.contact.read`)."""
    if not is_rule(rule):
        raise ValueError(f"“{rule}” is not an access rule.")

    def mark(view: View) -> View:
        setattr(view, _MARK, rule)
        return view

    return mark


def without_csrf(view: View) -> View:
    """Take unsafe requests without a CSRF token: only for public views that trust no cookie (webhooks, API sign-in)."""
    setattr(view, _CSRF_EXEMPT, True)
    return view


def is_rule(rule: str) -> bool:
    """Whether this text can be declared with `access`."""
    return rule in (PUBLIC, SIGNED_IN, OPERATOR) or bool(_PERMISSION.fullmatch(rule))


def rule_of(app: Flask, endpoint: str) -> str | None:
    """The rule of an endpoint. Static files are public; a view that comes from Flask-AppBuilder is the operator's."""
    view = app.view_functions.get(endpoint)
    declared = getattr(view, _MARK, None)
    if declared is not None:
        return str(declared)
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    owner = getattr(view, "__self__", None)
    if type(owner).__module__.partition(".")[0] == "flask_appbuilder":
        return OPERATOR
    return None


def is_csrf_exempt(app: Flask, endpoint: str | None) -> bool:
    """Whether the view declared `without_csrf`."""
    return bool(getattr(app.view_functions.get(endpoint or ""), _CSRF_EXEMPT, False))


def undeclared_endpoints(app: Flask) -> Iterator[str]:
    """Endpoints that declare nothing: the start-up check refuses to start with any."""
    seen = {rule.endpoint for rule in app.url_map.iter_rules()}
    return (endpoint for endpoint in sorted(seen) if rule_of(app, endpoint) is None)
