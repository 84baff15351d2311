"""Commands that plugins bring, under the plugin's name: `tenantry contacts import ...`."""

from __future__ import annotations

from contextlib import nullcontext
from copy import copy
from functools import wraps
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from flask import has_app_context

from app.cli.context import application

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
    commands = [command for listed in registry.call("commands", name) for command in listed]
    if plugin is not None and not plugin.core:
        commands = [_inside(command) for command in commands]
    return click.Group(name, commands=commands, help=str(plugin.title)) if plugin and commands else None


def _inside(command: click.Command) -> click.Command:
    """A plugin's command runs in the application, which is made when it begins and not for its help."""
    made = copy(command)
    if isinstance(made, click.Group):
        made.commands = {name: _inside(one) for name, one in made.commands.items()}
    run = made.callback
    if run is not None:

        @wraps(run)
        def inside(*values: Any, **named: Any) -> Any:
            with nullcontext() if has_app_context() else application():
                return run(*values, **named)

        made.callback = inside
    return made
