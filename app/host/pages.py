"""Pages that plugins bring themselves, checked before they are wired: their names, addresses and access rules."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Flask

from app.host.claims import ClaimError
from app.host.declarations import Plugin
from app.identity.access import PUBLIC, rule_of


def check_blueprints(plugin: Plugin, blueprints: Sequence[Blueprint]) -> None:
    """Addresses lie below the plugin's name, public ones below `/<plugin>/public/`; every view says who may open it.

    They are tried on an application that is thrown away, so a plugin that is refused leaves nothing behind.
    """
    if plugin.core:
        return
    trial = Flask(__name__, static_folder=None)
    for blueprint in blueprints:
        if blueprint.name.partition("_")[0] != plugin.name and not blueprint.name.startswith(f"{plugin.name}_"):
            raise ClaimError(f"{plugin.name}: the blueprint “{blueprint.name}” must be named {plugin.name}_<what>.")
        trial.register_blueprint(blueprint)
    for rule in trial.url_map.iter_rules():
        if not rule.rule.startswith(f"/{plugin.name}/"):
            raise ClaimError(f"{plugin.name}: the page {rule.rule} lies outside its name.")
        who = rule_of(trial, rule.endpoint)
        if who is None:
            raise ClaimError(f"{plugin.name}: the page {rule.rule} does not say who may open it: @access(...).")
        if who == PUBLIC and not rule.rule.startswith(f"/{plugin.name}/public/"):
            raise ClaimError(f"{plugin.name}: the public page {rule.rule} must lie below /{plugin.name}/public/.")
