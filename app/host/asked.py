"""One plugin being asked, at start-up, for what it declares."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from app.host.declarations import Plugin
from app.host.discovery import Found
from app.host.guarding import Guard
from app.host.quarantine import blamed_on

if TYPE_CHECKING:
    import pluggy


@dataclass(frozen=True, slots=True)
class Asked:
    """A plugin that was loaded, beside the others."""

    found: Found
    plugin: Plugin
    module: ModuleType
    hooks: pluggy.PluginManager

    @property
    def name(self) -> str:
        return self.plugin.name

    @property
    def guard(self) -> Guard | None:
        """What its functions are put into; the core's own plugins are the house, and need none."""
        return None if self.plugin.core else Guard(self.plugin.name)

    def blame(self) -> AbstractContextManager[None]:
        """What is raised in the block is this plugin's fault."""
        return blamed_on(self.found)

    def all(self, hook: str) -> list[Any]:
        """What it answers to a hook of declarations."""
        others = [other for other in self.hooks.get_plugins() if other is not self.module]
        groups = self.hooks.subset_hook_caller(hook, others)()
        for group in groups:
            if isinstance(group, str) or not isinstance(group, Iterable):
                raise TypeError(f"{hook}() answers with {type(group).__name__}: it must be a list.")
        return [one for group in groups for one in group]
