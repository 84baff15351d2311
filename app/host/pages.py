"""Pages that plugins bring themselves, checked before they are wired: their names, addresses and access rules, and that
they change nothing but their own. They are tried on an application that is thrown away, so a plugin that is refused
leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask

from app.host.claims import ClaimError
from app.host.declarations import Plugin
from app.identity.access import PUBLIC, rule_of

_ANOTHERS = "another's page"
_Things = Callable[[Flask], Mapping[Any, Any]]
_HOUSE: dict[str, _Things] = {
    "before_app_request": lambda app: app.before_request_funcs,
    "after_app_request": lambda app: app.after_request_funcs,
    "teardown_app_request": lambda app: app.teardown_request_funcs,
    "app_context_processor": lambda app: app.template_context_processors,
    "app_url_value_preprocessor": lambda app: app.url_value_preprocessors,
    "app_url_defaults": lambda app: app.url_default_functions,
    "app_errorhandler": lambda app: {key: str(one) for key, one in app.error_handler_spec.items() if any(one.values())},
}
"""Functions by blueprint, by what registers one for all of them."""
_NAMED: dict[str, _Things] = {
    "app_template_global": lambda app: app.jinja_env.globals,
    "app_template_filter": lambda app: app.jinja_env.filters,
    "app_template_test": lambda app: app.jinja_env.tests,
    "config": lambda app: app.config,
    "an extension": lambda app: app.extensions,
    "a view of others": lambda app: app.view_functions,
    "a converter": lambda app: app.url_map.converters,
    "a command": lambda app: app.cli.commands,
}
"""Things by their own names, by what adds or changes one."""


def check_blueprints(
    plugin: Plugin, blueprints: Sequence[Blueprint], taken: Collection[str] = (), others: Collection[str] = ()
) -> None:
    """Addresses lie below the plugin's name, public ones below `/<plugin>/public/`, and none below those `taken` by its
    resources; every view says who may open it; nothing is registered for the whole application; none is called like
    one of `others`."""
    if plugin.core:
        return
    trial = _trial()
    for blueprint in blueprints:
        if blueprint.name.partition("_")[0] != plugin.name and not blueprint.name.startswith(f"{plugin.name}_"):
            raise ClaimError(f"{plugin.name}: the blueprint “{blueprint.name}” must be named {plugin.name}_<what>.")
        if blueprint.name in others:  # such as garage_hall_pages, of “garage” and of “garage_hall”
            raise ClaimError(f"{plugin.name}: the blueprint “{blueprint.name}” is another plugin's already.")
        before = _state(trial)
        trial.register_blueprint(blueprint)
        for what in _reaches_out(plugin.name, blueprint.name, before, _state(trial)):
            raise ClaimError(
                f"{plugin.name}: the blueprint “{blueprint.name}” changes the whole application ({what}): it may serve "
                "its own pages alone (before_request, errorhandler and the like without app_)."
            )
    for rule in trial.url_map.iter_rules():
        if rule.endpoint != _ANOTHERS:
            _check_rule(plugin, trial, rule, taken)


def _check_rule(plugin: Plugin, trial: Flask, rule: Any, taken: Collection[str]) -> None:
    for path in taken:
        if rule.rule == path or rule.rule.startswith(f"{path}/"):
            raise ClaimError(f"{plugin.name}: the page {rule.rule} hides those of a resource: {path}/ is generated.")
    if not rule.rule.startswith(f"/{plugin.name}/"):
        raise ClaimError(f"{plugin.name}: the page {rule.rule} lies outside its name.")
    who = rule_of(trial, rule.endpoint)
    if who is None:
        raise ClaimError(f"{plugin.name}: the page {rule.rule} does not say who may open it: @access(...).")
    if who == PUBLIC and not rule.rule.startswith(f"/{plugin.name}/public/"):
        raise ClaimError(f"{plugin.name}: the public page {rule.rule} must lie below /{plugin.name}/public/.")


def _trial() -> Flask:
    """An application with a page of somebody else's, in which a blueprint can show what it does to others."""
    trial = Flask(__name__, static_folder=None)
    trial.add_url_rule("/another/page", _ANOTHERS, lambda: "")
    return trial


def _state(app: Flask) -> dict[str, dict[Any, Any]]:
    """What the whole application is made of, so that it can be compared."""
    found: dict[str, dict[Any, Any]] = {
        what: {key: str(one) for key, one in get(app).items() if one} for what, get in _HOUSE.items()
    }
    found |= {what: {key: id(one) for key, one in get(app).items()} for what, get in _NAMED.items()}
    found["teardown_appcontext"] = dict(enumerate(map(str, app.teardown_appcontext_funcs)))
    found["shell_context_processor"] = dict(enumerate(map(str, app.shell_context_processors)))
    found["its attributes"] = {
        key: id(one) for key, one in vars(app).items() if key not in ("_got_first_request", "jinja_env", "blueprints")
    }
    found["its addresses"] = {
        rule.rule: rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint == _ANOTHERS
    }
    return found


def _reaches_out(
    plugin: str, blueprint: str, before: Mapping[str, dict[Any, Any]], after: Mapping[str, dict[Any, Any]]
) -> Iterator[str]:
    """What changed that is not the blueprint's own."""
    for what, things in after.items():
        for key in {**before[what], **things}:
            is_own = isinstance(key, str) and (
                key == blueprint or key.startswith(f"{blueprint}.") or (what in _NAMED and key.startswith(f"{plugin}_"))
            )
            if before[what].get(key) != things.get(key) and not is_own:
                yield what if key is None or isinstance(key, int) else f"{what}: {key}"
