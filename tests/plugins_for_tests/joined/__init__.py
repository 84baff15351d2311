"""Plugins of the tests that are joined: `span` is a bridge between `left` and `right`, `arch` one between `span` and
`third`, `guest` a plain plugin that needs `span`. `HEARD` has what their life-cycle hooks heard, `BREAK` what fails."""

from __future__ import annotations

HEARD: list[tuple[str, str, str]] = []
BREAK: set[tuple[str, str]] = set()


def hear(plugin: str, hook: str, tenant: str) -> None:
    """Note that a hook was called, or fail where a test asks for it."""
    if (plugin, hook) in BREAK or (f"{plugin}@{tenant}", hook) in BREAK:
        raise ZeroDivisionError
    HEARD.append((plugin, hook, tenant))
