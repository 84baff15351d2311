"""Whose code is running: every way into a plugin says so, and what the SDK gives asks.

with working(plugin):
    plugin_code()
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any

from flask import current_app

_plugin: ContextVar[str] = ContextVar("tenantry_plugin_at_work", default="")


class working:  # noqa: N801  (reads as a verb, and a class costs half of what a generator does)
    """The block is a plugin's code."""

    __slots__ = ("plugin", "token")

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin

    def __enter__(self) -> None:
        self.token: Token[str] = _plugin.set(self.plugin)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _plugin.reset(self.token)


class NotDeclared(PermissionError):
    """A plugin used something of the SDK that its manifest does not name in `needs`."""


def plugin_at_work() -> str:
    """The plugin whose code runs; empty for the core's own."""
    return _plugin.get()


def need_host(host: str) -> None:
    """Raises NotDeclared when the plugin at work may not call this host."""
    manifest = visitor()
    if manifest is not None and not manifest.needs.reaches(host):
        raise NotDeclared(
            f"{manifest.name} may not call {host}: its manifest does not name it (needs=Needs(hosts=...))."
        )


def need_files() -> None:
    """Raises NotDeclared when the plugin at work may not keep or read files."""
    manifest = visitor()
    if manifest is not None and not manifest.needs.files:
        raise NotDeclared(
            f"{manifest.name} may not touch files: its manifest does not say so (needs=Needs(files=True))."
        )


def need_records(kind: str) -> None:
    """Raises NotDeclared when the plugin at work may not touch records of this kind (`crm.lead`)."""
    manifest, owner = visitor(), kind.partition(".")[0]
    if manifest is None or owner in {manifest.name, *manifest.requires, *installed().always_on}:
        return
    if not manifest.needs.reads(owner, kind):
        words = f'needs=Needs(records=("{kind}",))'
        raise NotDeclared(f"{manifest.name} may not touch {kind}: its manifest does not say so ({words}).")


def need_own(plugin: str, what: str) -> None:
    """Raises NotDeclared when the plugin at work is another one: `what` is nobody else's."""
    manifest = visitor()
    if manifest is not None and manifest.name != plugin:
        raise NotDeclared(f"{manifest.name} may not read {what}: it is {plugin}'s alone.")


def visitor() -> Any:
    """The manifest of the plugin at work; None for the core's own code and plugins."""
    name = plugin_at_work()
    found = installed().plugin(name) if name else None
    return None if found is None or found.core else found


def installed() -> Any:
    """The registry."""
    return current_app.extensions["tenantry"]
