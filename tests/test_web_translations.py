"""Every sentence of the core can be read in Arabic, and no sentence is left out of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask_babel import force_locale, gettext, ngettext
from flask_babel.speaklater import LazyString

ROOT = Path(__file__).parents[1]
METHODS = [("app/**.py", "python"), ("app/**/templates/**.html", "jinja2")]
OPTIONS = {"app/**/templates/**.html": {"trimmed": "true"}}
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
SPOKEN_BY_PROGRAMS = re.compile(r"\b(JSON|REST|API|CSV|UTC|Tenantry|openapi|json)\b")


def said() -> dict[str, str | tuple[str, str]]:
    """Every sentence in the sources, plural ones as pairs, by their singular."""
    found = {}
    for _file, _line, message, _comments, _context in extract_from_dir(ROOT, METHODS, OPTIONS, KEYWORDS):
        found[message[0] if isinstance(message, tuple) else message] = message
    return found


def catalogues() -> list[Path]:
    return sorted((ROOT / "app" / "web" / "translations").glob("*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as reader:
        return read_po(reader, locale=path.parts[-3])


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.parts[-3])
def test_a_catalogue_holds_exactly_what_the_sources_say(path):
    known = {message.id[0] if isinstance(message.id, tuple) else message.id for message in messages(read(path))}
    wanted = set(said())
    assert wanted - known == set(), "run pybabel extract and update, then translate these"
    assert known - wanted == set(), "these are not said any more"


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: path.parts[-3])
def test_every_sentence_is_translated_with_its_placeholders(path):
    catalogue = read(path)
    for message in messages(catalogue):
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert not message.fuzzy, message.id
        assert all(text.strip() for text in texts), message.id
        allowed = set(PLACEHOLDER.findall(" ".join(sources)))
        for text in texts:
            found = set(PLACEHOLDER.findall(text))
            assert found <= allowed, (message.id, text)
            assert found == allowed or isinstance(message.id, tuple), (message.id, text)
    write_mo(BytesIO(), catalogue)


def test_arabic_is_spoken_with_its_six_plurals(app):
    with app.test_request_context(), force_locale("ar"):
        assert gettext("Save") == "حفظ"
        words = [
            ngettext("One thing needs your attention", "%(num)d things need your attention", number)
            for number in (1, 2, 3, 11, 100)
        ]
    assert len(set(words)) == 5


class _Spoken(HTMLParser):
    """The text of a template that is neither an expression nor markup."""

    SAID = ("aria-label", "title", "placeholder", "alt")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.words += [value for name, value in attributes if name in self.SAID and value]


@pytest.mark.parametrize("path", sorted(ROOT.glob("app/**/templates/**/*.html")), ids=lambda path: path.name)
def test_no_template_speaks_past_the_catalogue(path):
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    reader = _Spoken()
    reader.feed(bare)
    spoken = SPOKEN_BY_PROGRAMS.sub("", " ".join(reader.words))
    assert re.findall(r"[A-Za-z]{2,}", spoken) == []


def test_what_the_core_declares_can_be_translated(app):
    """A label that is a plain text, or none at all, would stay English for everybody."""
    plain: list[str] = []
    for entry in app.extensions["tenantry"].entries.values():
        if not entry.plugin.core:
            continue
        for name, label in (("title", entry.resource.title), ("plural", entry.resource.plural)):
            if not isinstance(label, LazyString):
                plain.append(f"{entry.key}: {name}")
        for field in entry.fields.values():
            if not isinstance(field.label, LazyString):
                plain.append(f"{entry.key}.{field.name}")
            plain += [f"{entry.key}.{field.name}: {one.value}" for one in field.choices if not _is_worded(one)]
        plain += [f"{entry.key}: action {one.name}" for one in entry.resource.actions if not isinstance(one.title, LazyString)]
    assert plain == []


def _is_worded(choice) -> bool:
    """Figures are the same in every language."""
    return isinstance(choice.label, LazyString) or not re.search(r"[A-Za-z]{2}", str(choice.label or choice.value))
