"""What the kinds of records are called in the lists of imports, exports and saved columns: in the reader's words."""

from __future__ import annotations

from functools import partial

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.data import Choice
from app.data.choices import give_choices
from app.host import Entry, Registry
from app.host.extending import is_here
from app.transfer.exporting import ARCHIVE
from app.transfer.models import KINDS


def name_kinds(app: Flask, installed: Registry) -> None:
    """Give the columns words for all that is installed; lists and filters offer the kinds of plugins that are on."""
    entries = [one for one in installed.entries.values() if {"import", "export"} & set(one.verbs)]
    give_choices(app, KINDS, [*map(_kind, entries), Choice(ARCHIVE, _l("Archive of everything"))])


def _kind(entry: Entry) -> Choice:
    words = LazyString(lambda: entry.resource.plural_words)
    return Choice(entry.key, words, here=partial(is_here, entry.plugin.name))
