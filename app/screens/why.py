"""Where somebody who was refused, or misses something, is told why: the address of that answer, for what they asked."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import current_app, request

from app.features import can
from app.host import registry
from app.identity.access import rule_of
from app.identity.principal import principal

MINE = "/console/why/mine"


def why_href() -> str:
    """Of the page that tells a member why this request was, or would be, refused; empty where nothing is decided about
    it by roles and plugins."""
    person, asked = principal(), asked_here()
    if person is None or person.tenant is None or asked is None:
        return ""
    resource, verb = asked
    record = (request.view_args or {}).get("record_id", "")
    query = {"resource": resource, "verb": verb, **({"record": str(record)} if record else {})}
    return f"{request.script_root}{MINE}?{urlencode(query)}"


def is_decided() -> bool:
    """Whether that something is not found here may come from roles, rules and plugins, and not from a slip."""
    asked = asked_here()
    return asked is not None and ("record_id" in (request.view_args or {}) or not can(*asked).allowed)


def asked_here() -> tuple[str, str] | None:
    """The resource and the verb that this address is about: by its rule, or by how it is spelt where the plugin behind
    it could not be loaded."""
    rule = rule_of(current_app, request.endpoint) if request.endpoint else None
    if rule is not None and rule.count(".") == 2:
        resource, _dot, verb = rule.rpartition(".")
        return resource, verb
    plugin, _slash, rest = request.path.strip("/").partition("/")
    person = principal()
    if rule is None and person is not None and person.tenant is not None and plugin in person.tenant.plugins:
        return (f"{plugin}.{rest.partition('/')[0]}", "read") if registry().is_lost(plugin) else None
    return None
