"""Bridges whose sides are not here: set aside before anything of them is imported, because they may import their sides.

What a bridge joins is read from the text of its module; the manifest, once it is loaded, says the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from app.host.discovery import Found
from app.host.quarantine import forget

_MARK = "bridge=True"


def set_aside(chosen: list[Found]) -> dict[str, tuple[str, ...]]:
    """Take the bridges that lack a side out of the list; returns what they lack, by bridge. One that joins a bridge
    which is set aside lacks that one."""
    joined = {one: sides for one in chosen if (sides := _joined(one))}
    idle: dict[str, tuple[str, ...]] = {}
    while lacking := _lacking(chosen, joined):
        for one, names in lacking:
            idle[one.name] = names
            chosen.remove(one)
            forget(one)
    return idle


def _lacking(chosen: list[Found], joined: dict[Found, tuple[str, ...]]) -> list[tuple[Found, tuple[str, ...]]]:
    here = {one.name for one in chosen}
    missing = ((one, tuple(name for name in sides if name not in here)) for one, sides in joined.items())
    return [(one, names) for one, names in missing if names and one in chosen]


def _joined(found: Found) -> tuple[str, ...]:
    """The sides of a bridge; empty for any other plugin, and for one that cannot be read: its loading says why."""
    try:
        spec = find_spec(found.module)
        text = Path(spec.origin).read_text(encoding="utf-8") if spec is not None and spec.origin else ""
        calls = list(_manifests(text)) if _MARK in text.replace(" ", "") else []
    except Exception:
        return ()
    return calls[0] if calls else ()


def _manifests(text: str) -> Iterator[tuple[str, ...]]:
    """What is required by each `Plugin(..., bridge=True)` of a module."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Plugin":
            given = {one.arg: one.value for one in node.keywords}
            if "bridge" in given and ast.literal_eval(given["bridge"]) and "requires" in given:
                yield tuple(ast.literal_eval(given["requires"]))
