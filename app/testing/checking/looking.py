"""Promises that a look at the files is enough for: manifest, README, translations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from app.contacts.models import Contact
from app.data import Base, Record
from app.data.owners import ENTRY_POINT_GROUP
from app.host import Plugin
from app.testing.checking.report import Finding

PRIVACY = "What it knows of a person can be told and forgotten"
MOST_SHOWN = 10
FEWEST_WORDS = 25
_VERSION = re.compile(r"\d+(\.\d+){1,2}([a-z]+\d*)?")
Wording = Callable[[str, Path], Sequence[str]]
"""What the catalogues of a plugin in a folder lack, a sentence each."""


def look(plugin: Plugin, module: ModuleType, wording: Wording) -> Iterator[Finding]:
    """Everything that can be said without running anything."""
    folder = Path(module.__file__ or "").parent
    yield _manifest(plugin)
    yield _readme(plugin.name, folder)
    yield _translations(wording, plugin.name, folder)
    yield _migrations(plugin.name, folder)
    yield _privacy(plugin.name, module)


def has_tables(plugin: str) -> bool:
    """Whether a plugin that is loaded has tables, which are all in the schema of its name."""
    return any(table.schema == plugin for table in Base.metadata.tables.values())


def _manifest(plugin: Plugin) -> Finding:
    wrong = [f"it has no {name}" for name in ("title", "version", "summary") if not str(getattr(plugin, name))]
    if not _VERSION.fullmatch(plugin.version):
        wrong.append(f"its version “{plugin.version}” is not of the form 1.2 or 1.2.3")
    packages = [point.dist for point in entry_points(group=ENTRY_POINT_GROUP, name=plugin.name) if point.dist]
    wrong += [
        f"it calls itself {plugin.version}, its package {one.version}: install the package again (pip install -e .)"
        for one in packages
        if not _same(one.version, plugin.version)
    ]
    return Finding("The manifest is complete", not wrong, tuple(wrong))


def _same(one: str, other: str) -> bool:
    """1.0 and 1.0.0 are the same version."""
    return one.removesuffix(".0").removesuffix(".0") == other.removesuffix(".0").removesuffix(".0")


def _readme(name: str, folder: Path) -> Finding:
    """Beside the code, or in what the installed package says of itself."""
    found = [place / "README.md" for place in (folder, folder.parent) if (place / "README.md").is_file()]
    texts = [path.read_text(encoding="utf-8") for path in found]
    packages = (point.dist for point in entry_points(group=ENTRY_POINT_GROUP, name=name))
    texts += [str(one.metadata.json.get("description", "")) for one in packages if one is not None]
    longest = max((len(text.split()) for text in texts), default=0)
    words = f"no README.md in {folder}" if not longest else f"README.md has {longest} words: what is it, for whom, how?"
    return Finding("A README says what it is", longest >= FEWEST_WORDS, () if longest >= FEWEST_WORDS else (words,))


def _translations(wording: Wording, name: str, folder: Path) -> Finding:
    """One thing to do for each catalogue and fault, however many words have it."""
    lacking: dict[str, list[str]] = {}
    for line in wording(name, folder):
        head, _colon, word = line.rpartition(": ")
        lacking.setdefault(head or line, []).append(word)
    details = [f"{head}: {_some(words)} ({folder.name}/translations)" for head, words in lacking.items()]
    return Finding("Everything it says is translated, into Arabic too", not details, tuple(details))


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - MOST_SHOWN} more" if len(words) > MOST_SHOWN else ""
    return ", ".join(words[:MOST_SHOWN]) + more


def _privacy(name: str, module: ModuleType) -> Finding:
    """Only remarked: whether what leads to a person says something of them, nobody but its author knows."""
    missing = [f"no {hook}()" for hook in ("export_contact", "erase_contact") if not hasattr(module, hook)]
    about = sorted(_about_people(name)) if missing else []
    lack = f"{', '.join(about)}: leads to a person, and there is {' and '.join(missing)}"
    remark = f"{lack}: who asks what is known is not told of it, and who is forgotten stays in it"
    return Finding(PRIVACY, True, (remark,) if about else ())


def _about_people(plugin: str) -> Iterator[str]:
    """Fields of a plugin's records that lead to a person or organisation."""
    for mapper in Record.registry.mappers:
        model = mapper.class_
        if issubclass(model, Record) and model.__table__.schema == plugin:
            for name, field in model.__fields__.items():
                if field.links == "contacts.contact" or (field.target is not None and field.target() is Contact):
                    yield f"{model.__name__}.{name}"


def _migrations(name: str, folder: Path) -> Finding:
    is_sound = any((folder / "migrations").glob("*.py")) or not has_tables(name)
    return Finding("It brings its migrations", is_sound, () if is_sound else ("there is no folder migrations",))
