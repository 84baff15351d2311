"""`tenantry words`: the catalogues of translations, held against the words of code and templates.

Each place - the core, and every plugin, in the folder `plugins` or installed - has its own
`translations/<language>/LC_MESSAGES/messages.po`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from app.host.discovery import CORE_PLUGINS, discover
from app.ops.refusal import Refusal

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "app" / "web" / "babel.cfg"
_IN_CONTEXT = ((1, "c"), 2)
KEYWORDS: dict[str, Any] = {
    **DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2),
    "_p": _IN_CONTEXT, "_lp": _IN_CONTEXT, "lazy_pgettext": _IN_CONTEXT,
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w*\}")
PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
}
"""Where Babel's own rule orders the forms unlike CLDR, which translators follow: zero, one, two, few, many, other."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of code and templates, and the folder of its translations."""

    name: str
    source: Path
    translations: Path

    def catalogues(self) -> dict[str, Path]:
        """The files of translations by language."""
        found = sorted(self.translations.glob("*/LC_MESSAGES/messages.po"))
        return {path.parent.parent.name: path for path in found}


CORE = Place("app", ROOT / "app", ROOT / "app" / "web" / "translations")


def places() -> list[Place]:
    """The core first, then each plugin in the folder `plugins`."""
    folders = sorted(path.parent for path in (ROOT / "plugins").glob("*/plugin.py"))
    return [CORE, *(Place(folder.name, folder, folder / "translations") for folder in folders)]


def chosen(names: tuple[str, ...]) -> list[Place]:
    """The places of these plugins, packages among them; without names the core and all in `plugins`."""
    return [place_of(name) for name in names] or places()


def place_of(name: str) -> Place:
    """Where the plugin NAME lies, found without running it. Raises Refusal when it is not installed."""
    here = next((place for place in places() if place.name == name), None)
    if here is not None:
        return here
    module = next((one.module for one in discover() if one.name == name and name not in CORE_PLUGINS), "")
    spec = find_spec(module) if module else None
    if spec is None or spec.origin is None:
        raise Refusal(f"There is no plugin “{name}” with words of its own: see “tenantry plugin list”.")
    folder = Path(spec.origin).parent
    return Place(name, folder, folder / "translations")


def said(place: Place) -> Catalog:
    """Every message that the code and the templates of a place say; a plugin leaves those of the core to the core."""
    catalog = Catalog(project="Tenantry", charset="utf-8", fuzzy=False)
    with MAPPING.open(encoding="utf-8") as lines:
        methods, options = parse_mapping_cfg(lines)
    core = _said_by_the_core() if place != CORE else Catalog()
    for name, _line, message, comments, context in extract_from_dir(place.source, methods, options, KEYWORDS):
        singular = message[0] if isinstance(message, tuple) else message
        if singular and core.get(singular, context) is None:
            catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


@cache
def _said_by_the_core() -> Catalog:
    """Found once a process, for it is most of the work. Babel warns of f-strings, even of those that are values: no
    business of whoever asks about a plugin."""
    with redirect_stderr(StringIO()):
        return said(CORE)


def read(path: Path, language: str) -> Catalog:
    """The translations kept in a file; an empty catalogue when there is none yet."""
    if not path.exists():
        return Catalog(locale=language, project="Tenantry", charset="utf-8", fuzzy=False)
    with path.open("rb") as reader:
        return read_po(reader, locale=language)


def bring_up_to_date(path: Path, language: str, template: Catalog) -> Catalog:
    """Write the file anew: new messages wait for their translation, those that nobody says any more go."""
    catalog = read(path, language)
    if language in PLURALS:
        catalog.mime_headers = [("Plural-Forms", PLURALS[language])]
    catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as writer:
        write_po(writer, catalog, width=120, include_lineno=False, sort_by_file=True, ignore_obsolete=True)
    return catalog


def problems(kept: Catalog, template: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, a sentence each; nothing when it says all that the code says."""
    yield from (f"missing: {_named(one)}" for one in template if one.id and kept.get(one.id, one.context) is None)
    for message in kept:
        if message.id:
            yield from (f"{what}: {_named(message)}" for what in _faults(message, template))
    yield from (f"obsolete: {_named(message)}" for message in kept.obsolete.values())


def _named(message: Message) -> str:
    return f"{message.id} ({message.context})" if message.context else str(message.id)


def _faults(message: Message, template: Catalog) -> Iterator[str]:
    if template.get(message.id, message.context) is None:
        yield "nobody says it any more"
    if message.fuzzy:
        yield "fuzzy"
    if not all(text.strip() for text in forms(message.string)):
        yield "not translated"
    elif not _placeholders_agree(message):
        yield "other placeholders"


def forms(text: Any) -> tuple[str, ...]:
    """The forms of a message or of its translation: one, or as many as it has plurals; empty where nothing is said."""
    return tuple(one or "" for one in text) if isinstance(text, list | tuple) else (text or "",)


def _placeholders_agree(message: Message) -> bool:
    """Forms for none, one and two may say the number in words; every other form has what the original has."""
    wanted = sorted(PLACEHOLDER.findall(forms(message.id)[-1]))
    for number, text in enumerate(forms(message.string)):
        found = sorted(PLACEHOLDER.findall(text))
        in_words = message.pluralizable and number < 3 and set(found) <= set(wanted)
        if found != wanted and not in_words:
            return False
    return True


def faults_in(name: str, folder: Path, languages: tuple[str, ...] = ("ar",)) -> list[str]:
    """What the catalogues of one plugin lack, wherever its folder lies."""
    place = Place(name, folder, folder / "translations")
    template, files = said(place), place.catalogues()
    found = [f"{language}: there is no file" for language in languages if language not in files]
    for language, path in files.items():
        found += [f"{language}: {problem}" for problem in problems(read(path, language), template)]
    return found


@click.group()
def words() -> None:
    """Translations: bring the catalogues up to date, or say what they lack."""


@words.command()
@click.argument("names", nargs=-1, metavar="[PLUGIN]...")
@click.option("--language", "languages", multiple=True, help="Begin this language where it is missing.")
def extract(names: tuple[str, ...], languages: tuple[str, ...]) -> None:
    """Put every message of code and templates into the catalogues: of these plugins, wherever they are installed; of
    the core and all in the folder `plugins` without a name."""
    for place in chosen(names):
        template = said(place)
        files = place.catalogues()
        for language in languages:
            files.setdefault(language, place.translations / language / "LC_MESSAGES" / "messages.po")
        for language, path in files.items():
            catalog = bring_up_to_date(path, language, template)
            waiting = sum(not all(forms(message.string)) for message in catalog if message.id)
            click.echo(f"{place.name} {language}: {len(catalog)} messages, {waiting} to translate.")


@words.command()
@click.argument("names", nargs=-1, metavar="[PLUGIN]...")
def check(names: tuple[str, ...]) -> None:
    """Fail unless every catalogue says all that code and templates say; PLUGIN as for `extract`."""
    found = 0
    for place in chosen(names):
        template = said(place)
        for language, path in place.catalogues().items():
            for problem in problems(read(path, language), template):
                found += 1
                click.echo(f"{place.name} {language}: {problem}")
    if found:
        raise Refusal(f"The catalogues have {found} faults.")
