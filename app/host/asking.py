"""Calling hooks while the server runs: only plugins that are on here answer, and one that breaks keeps nobody waiting.

A plugin publishes a hook of its own by a function marked `@hookspec`, whose name begins with the plugin's, in
`plugin.py`; others implement it with `@hookimpl(optionalhook=True)`, and the plugin asks them:

    @hookspec
    def garage_discount(vehicle):
        \"""A discount in percent, or None.\"""

    discounts = ask("garage_discount", vehicle=vehicle)
"""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.host.extending import is_here
from app.host.faults import note_fault


def ask(hook: str, **arguments: Any) -> list[Any]:
    """What the plugins that are on for the tenant in force answer, None left out, in the order of the plugins. A
    refusal (ValueError) is raised; what breaks otherwise is noted as its plugin's. Raises AttributeError for a hook
    that nobody has declared."""
    return [answer for _plugin, answer in answers(hook, **arguments) if answer is not None]


def answers(hook: str, **arguments: Any) -> list[tuple[str, Any]]:
    """The same with the plugin's name beside each answer."""
    known = current_app.extensions["tenantry"]
    getattr(known.hooks.hook, hook)
    found = []
    for name, module in known.modules.items():
        if not hasattr(module, hook) or not is_here(name):
            continue
        try:
            found += [(name, answer) for answer in known.call(hook, name, **arguments)]
        except ValueError:
            raise
        except Exception as error:
            note_fault(name, hook, error)
    return found
