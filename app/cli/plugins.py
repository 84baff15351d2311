"""Commands that plugins bring, under the plugin's name: `tenantry contacts import ...`."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import nullcontext, suppress
from copy import copy
from functools import wraps
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import has_app_context

from app.cli.context import application
from app.ops.refusal import Refusal
from config import SettingsError, load_settings

if TYPE_CHECKING:
    from app.host.registry import Registry

GROUP = "tenantry.plugins"
MARK = "def commands("


def names() -> list[str]:
    """Plugins that bring commands, found without importing any (an installed package is believed to bring some)."""
    core = Path(__file__).resolve().parents[1]
    spec = find_spec("plugins")
    folders = [core, *(Path(root) for root in (spec.submodule_search_locations or () if spec else ()))]
    manifests = [path for folder in folders for path in sorted(folder.glob("*/plugin.py"))]
    found = [path.parent.name for path in manifests if MARK in path.read_text(encoding="utf-8")]
    return found + [point.name for point in entry_points(group=GROUP)]


def group(name: str) -> click.Group | None:
    """The command group of one plugin; None when there is no such plugin or it brings no command."""
    if name not in names():
        return None
    from app.host.registry import build

    registry = build(tolerant=True)
    plugin = registry.plugin(name)
    if name in registry.quarantined:
        raise Refusal(f"The plugin “{name}” is left out: {registry.quarantined[name]}")
    if plugin is None:
        return None
    commands = _commands(registry, name)
    if not plugin.core:
        commands = [_inside(name, command) for command in commands]
    return click.Group(name, commands=commands, help=str(plugin.title)) if commands else None


def _commands(registry: Registry, plugin: str) -> list[click.Command]:
    from app.host.faults import note_fault

    try:
        found = [command for listed in registry.call("commands", plugin) for command in listed]
        if wrong := [one for one in found if not isinstance(one, click.Command)]:
            raise TypeError(f"commands() gives a {type(wrong[0]).__name__}: it must be a command of click.")
    except Exception as error:
        with suppress(Refusal, SettingsError), application():  # where there is no database, nothing is counted
            note_fault(plugin, "commands", error)
        raise _broken(plugin, "commands()", error) from error
    return found


def _inside(plugin: str, command: click.Command) -> click.Command:
    """A plugin's command runs in the application, which is made when it begins and not for its help. What breaks in it
    is counted, and told in a sentence."""
    made = copy(command)
    if isinstance(made, click.Group):
        made.commands = {name: _inside(plugin, one) for name, one in made.commands.items()}
    run = made.callback
    if run is not None:

        @wraps(run)
        def inside(*values: Any, **named: Any) -> Any:
            with nullcontext() if has_app_context() else application():
                return _run(plugin, str(command.name), lambda: run(*values, **named))

        made.callback = inside
    return made


def _run(plugin: str, command: str, call: Callable[[], Any]) -> Any:
    from sqlalchemy.exc import OperationalError

    from app.host.at_work import working
    from app.host.faults import note_fault

    try:
        with working(plugin):
            return call()
    except (click.ClickException, click.Abort, click.exceptions.Exit, OperationalError, Refusal):
        raise
    except Exception as error:
        if type(error) is LookupError:  # a sentence of `in_tenant`, or of the plugin
            raise Refusal(str(error)) from error
        note_fault(plugin, f"command {command}", error)
        raise _broken(plugin, f"“{command}”", error) from error


def _broken(plugin: str, what: str, error: Exception) -> Refusal:
    """Whoever develops a plugin wants to see where; an operator reads one sentence, with exit status 1."""
    if not load_settings().production:
        click.echo("".join(traceback.format_exception(error)), err=True)
    words = " ".join(str(error).split())
    return Refusal(f"{what} of the plugin “{plugin}” failed: {type(error).__name__}: {words}")
