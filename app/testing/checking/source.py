"""Promises about the code itself: what it imports, and functions that look like hooks and are none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from app.host import Plugin, hookspecs
from app.testing.checking.report import Finding

MOST_SHOWN = 10
IMPORTS = "It sees the core through app.sdk, and other plugins through their public module"
MARKED = "Its hooks are marked, and have the signatures of the contract"
HOOKS = frozenset(name for name, value in vars(hookspecs).items() if hasattr(value, "tenantry_spec"))


def read_source(plugin: Plugin, module: ModuleType) -> Iterator[Finding]:
    """Reads every module of the plugin but its tests and migrations."""
    folder = Path(module.__file__ or "").parent
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _modules(folder)}
    wrong = [line for path, tree in trees.items() for line in _imports(plugin, path.relative_to(folder), tree)]
    yield Finding(IMPORTS, not wrong, tuple(wrong[:MOST_SHOWN]))
    named = [name for name in _functions(trees[Path(module.__file__ or "")]) if name in HOOKS]
    unmarked = [name for name in named if not _is_hook(module, name)]
    details = tuple(f"{name}() in plugin.py is never called: mark it with @hookimpl" for name in unmarked)
    yield Finding(MARKED, not details, details)


def _modules(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.relative_to(folder).parts):
            yield path


def _imports(plugin: Plugin, path: Path, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if words := _refusal(plugin, name):
                yield f"{path}:{node.lineno}: {words}"


def _refusal(plugin: Plugin, name: str) -> str:
    top, _dot, rest = name.partition(".")
    if top == "app" and not name.startswith("app.sdk"):
        return f"imports {name}; take it from app.sdk"
    other = rest.partition(".")[0] if top == "plugins" else ""
    if other and other != plugin.name:
        if other not in plugin.requires:
            return f"imports {name}; name “{other}” in requires, or link to its records by record_link"
        if not name.startswith(f"plugins.{other}.public"):
            return f"imports {name}; only plugins.{other}.public is meant for others"
    return ""


def _functions(tree: ast.Module) -> list[str]:
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def _is_hook(module: ModuleType, name: str) -> bool:
    return hasattr(getattr(module, name, None), "tenantry_impl")
