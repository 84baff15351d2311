"""Pages that plugins bring themselves: blueprints of Flask, switched with the plugin, each view within its time."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, abort, g
from flask_babel import gettext as _

from app.features.gate import is_open
from app.host import Registry
from app.host.at_work import working
from app.host.budget import Budget, TooSlow
from app.host.faults import note_fault
from app.host.guarding import WORK, HookBroke


def install_plugin_pages(app: Flask, registry: Registry) -> None:
    """Register the blueprints of all plugins, which the registry has checked."""
    for plugin, blueprints in registry.blueprints.items():
        for blueprint in blueprints:
            _register(app, plugin, blueprint, is_core=plugin in registry.always_on)


def _register(app: Flask, plugin: str, blueprint: Blueprint, *, is_core: bool) -> None:
    known = set(app.view_functions)
    app.register_blueprint(blueprint)
    for functions in () if is_core else (app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs):
        for name in [one for one in functions if one and f"{one}.".startswith(f"{blueprint.name}.")]:
            functions[name] = [_at_work(plugin, one) for one in functions[name]]  # type: ignore[index]
    app.before_request_funcs.setdefault(blueprint.name, []).insert(0, _only_where_it_is_on(plugin))
    for endpoint in () if is_core else set(app.view_functions) - known:
        app.view_functions[endpoint] = _in_time(plugin, endpoint, app.view_functions[endpoint])


def _only_where_it_is_on(plugin: str) -> Callable[[], None]:
    """Public pages pass no gate, so the plugin's switch is asked here, for all of them."""

    def check() -> None:
        who = g.get("tenantry_who")
        tenant = who.tenant if who is not None else None
        if tenant is None or not is_open(f"{plugin}.public", tenant):
            abort(404)

    return check


def _at_work(plugin: str, function: Any) -> Any:
    """What runs before and after the plugin's pages is its code too."""

    @wraps(function)
    def inside(*given: Any, **named: Any) -> Any:
        with working(plugin):
            return function(*given, **named)

    return inside


def _in_time(plugin: str, endpoint: str, view: Any) -> Any:
    """The view, cut off when it is too slow. What breaks in it is counted with the request."""

    @wraps(view)
    def timed(*given: Any, **named: Any) -> Any:
        try:
            with working(plugin), Budget(WORK):
                return view(*given, **named)
        except TooSlow as error:
            note_fault(plugin, f"page {endpoint}", error, cut_off=True, skip=False)
            words = _("“%(plugin)s” took too long and was cut off. Nothing was saved.", plugin=plugin)
            raise HookBroke(words) from error

    return timed
