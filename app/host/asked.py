"""One plugin being asked, at start-up, for what it declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Any

from app.host.apart import in_thread
from app.host.budget import TooSlow
from app.host.claims import ClaimError
from app.host.declarations import Plugin
from app.host.discovery import Found
from app.host.guarding import Guard
from app.host.quarantine import blamed_on
from app.host.signatures import check_functions
from app.host.spoken import check_words

if TYPE_CHECKING:
    import pluggy

DECLARING = 30.0
"""Seconds for being imported and for all declarations together; a machine under load may need some for a sound one."""


MOST = 10_000
"""Things that one hook may declare."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A plugin that was loaded, beside the others."""

    found: Found
    plugin: Plugin
    module: ModuleType
    hooks: pluggy.PluginManager
    time: Time

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
        declared = self._declared(hook)
        if not self.plugin.core:
            check_words(declared, self.module)
            for one in declared:
                check_functions(one)
        return declared

    def _declared(self, hook: str) -> list[Any]:
        caller = getattr(self.hooks.hook, hook)
        if all(one.plugin is not self.module for one in caller.get_hookimpls()):
            return []
        others = [other for other in self.hooks.get_plugins() if other is not self.module]
        call = self.hooks.subset_hook_caller(hook, others)

        def ask() -> list[Any]:  # what comes one by one takes its time when it is read
            groups = call()
            for group in groups:
                if isinstance(group, str) or not isinstance(group, Iterable):
                    raise TypeError(f"{hook}() answers with {type(group).__name__}: it must be a list.")
            found = list(islice((one for group in groups for one in group), MOST + 1))
            if len(found) > MOST:
                raise TypeError(f"{hook}() answers with more than {MOST} things: does it ever end?")
            return found

        return ask() if self.plugin.core else list(self.time.spend(ask, f"{self.name} {hook}"))


class Time:
    """The seconds that a plugin has for all it declares: nobody waits at the start for one that hangs."""

    def __init__(self) -> None:
        self.left = DECLARING

    def spend(self, call: Callable[[], Any], name: str) -> Any:
        """What the call gives. Raises ClaimError when the time is up."""
        began = monotonic()
        try:
            return in_thread(max(0.0, self.left), call, name, name)
        except TooSlow:
            words = f"{name}: being imported and asked for its declarations takes longer than {DECLARING:g} seconds."
            raise ClaimError(words) from None
        finally:
            self.left -= monotonic() - began
