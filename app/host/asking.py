"""Calling hooks while the server runs: only plugins that are on here answer, and one that breaks keeps nobody waiting.

A plugin publishes a hook of its own by a function marked `@hookspec`, whose name begins with the plugin's, in
`plugin.py`; others implement it with `@hookimpl(optionalhook=True)`, and the plugin asks them:

    @hookspec
    def garage_discount(vehicle):
        \"""A discount in percent, or None.\"""

    discounts = ask("garage_discount", vehicle=vehicle)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import GeneratorType
from typing import Any

from flask import current_app

from app.host.extending import is_here
from app.host.guarding import RULE, HookFailed, run_hook


def ask(hook: str, **arguments: Any) -> list[Any]:
    """What the plugins that are on for the tenant in force answer, None left out, in the order of the plugins. A
    refusal (ValueError) is raised; what breaks otherwise, or takes longer than five seconds, is noted as its plugin's.
    Raises AttributeError for a hook that nobody has declared."""
    return [answer for _plugin, answer in answers(hook, arguments, passes=(ValueError,))]


def answers(
    hook: str, arguments: Mapping[str, Any], *, seconds: float = RULE, passes: tuple[type[Exception], ...] = (),
    read: Callable[[Any], Any] = lambda answer: answer, everywhere: bool = False, apart: bool = False,
) -> list[tuple[str, Any]]:  # fmt: skip
    """The same with the plugin's name beside each answer, which `read` looks at within the plugin's time; of plugins
    that are off too, if asked `everywhere`. With `apart` nobody waits for what hangs."""
    known = current_app.extensions["tenantry"]
    getattr(known.hooks.hook, hook)
    found = []
    for name, module in known.modules.items():
        if hasattr(module, hook) and (everywhere or is_here(name)):
            found += [(name, answer) for answer in _said_by(name, hook, arguments, seconds, passes, read, apart)]
    return found


def _said_by(
    plugin: str, hook: str, arguments: Mapping[str, Any], seconds: float, passes: tuple[type[Exception], ...],
    read: Callable[[Any], Any], apart: bool,
) -> list[Any]:  # fmt: skip
    known = current_app.extensions["tenantry"]

    def call() -> list[Any]:
        said = (answer for answer in known.call(hook, plugin, **arguments) if answer is not None)
        return [read(list(answer) if isinstance(answer, GeneratorType) else answer) for answer in said]

    if plugin in known.always_on:
        return call()
    try:
        said: list[Any] = run_hook(plugin, hook, seconds, call, passes, apart=apart)
    except HookFailed:
        return []
    return said
