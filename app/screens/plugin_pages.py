"""Pages that plugins bring themselves: blueprints of Flask, held to the plugin's own addresses and switched with it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, abort, g

from app.features.gate import is_open
from app.host import Registry
from app.host.claims import ClaimError
from app.identity.access import PUBLIC, rule_of


def install_plugin_pages(app: Flask, registry: Registry) -> None:
    """Register the blueprints of all plugins. Raises ClaimError for an address outside the plugin's name, or a public
    one outside `/<plugin>/public/`."""
    for plugin in registry.plugins:
        for found in registry.call("blueprints", plugin.name):
            for blueprint in found:
                _register(app, registry, plugin.name, blueprint)


def _register(app: Flask, registry: Registry, plugin: str, blueprint: Blueprint) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    app.register_blueprint(blueprint)
    app.before_request_funcs.setdefault(blueprint.name, []).append(_only_where_it_is_on(plugin))
    for rule in app.url_map.iter_rules():
        if rule.endpoint in known:
            continue
        if not rule.rule.startswith(f"/{plugin}/"):
            raise ClaimError(f"{plugin}: the page {rule.rule} lies outside its name.")
        if rule_of(app, rule.endpoint) == PUBLIC and not rule.rule.startswith(f"/{plugin}/public/"):
            raise ClaimError(f"{plugin}: the public page {rule.rule} must lie below /{plugin}/public/.")


def _only_where_it_is_on(plugin: str) -> Callable[[], None]:
    """Public pages pass no gate, so the plugin's switch is asked here, for all of them."""

    def check() -> None:
        who = g.get("tenantry_who")
        tenant = who.tenant if who is not None else None
        if tenant is None or not is_open(f"{plugin}.public", tenant, who.principal):
            abort(404)

    return check
