"""Promises that a look at the files is enough for: manifest, README, translations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from app.data.owners import ENTRY_POINT_GROUP
from app.host import Plugin
from app.testing.checking.report import Finding

MOST_SHOWN = 10
Wording = Callable[[str, Path], Sequence[str]]
"""What the catalogues of a plugin in a folder lack, a sentence each."""


def look(plugin: Plugin, module: ModuleType, wording: Wording) -> Iterator[Finding]:
    """Everything that can be said without running anything."""
    folder = Path(module.__file__ or "").parent
    yield _manifest(plugin)
    yield _readme(plugin.name, folder)
    yield _translations(wording, plugin.name, folder)
    yield _migrations(folder)


def _manifest(plugin: Plugin) -> Finding:
    missing = [name for name in ("title", "version", "summary") if not str(getattr(plugin, name))]
    return Finding("The manifest is complete", not missing, tuple(f"it has no {name}" for name in missing))


def _readme(name: str, folder: Path) -> Finding:
    """Beside the code, or in what the installed package says of itself."""
    found = [place / "README.md" for place in (folder, folder.parent) if (place / "README.md").is_file()]
    texts = [path.read_text(encoding="utf-8") for path in found]
    packages = (point.dist for point in entry_points(group=ENTRY_POINT_GROUP, name=name))
    texts += [str(one.metadata.json.get("description", "")) for one in packages if one is not None]
    is_there = any(text.strip() for text in texts)
    return Finding("A README says what it is", is_there, () if is_there else (f"no README.md in {folder}",))


def _translations(wording: Wording, name: str, folder: Path) -> Finding:
    found = wording(name, folder)
    more = (f"... and {len(found) - MOST_SHOWN} more",) if len(found) > MOST_SHOWN else ()
    return Finding("Everything it says is translated, into Arabic too", not found, (*found[:MOST_SHOWN], *more))


def _migrations(folder: Path) -> Finding:
    is_there = any((folder / "migrations").glob("*.py"))
    return Finding("It brings its migrations", is_there, () if is_there else ("there is no folder migrations",))
