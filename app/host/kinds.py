"""Kinds of records as choices: each in the reader's words, offered where its plugin is on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask_babel import LazyString

from app.data import Choice
from app.host.entry import Entry
from app.host.extending import is_here
from app.host.registry import Registry


def kinds_of_records(installed: Registry, is_meant: Callable[[Entry], bool]) -> list[Choice]:
    """A choice for each resource that is meant, its value the key (`contacts.contact`)."""
    return [_kind(entry) for entry in installed.entries.values() if is_meant(entry)]


def _kind(entry: Entry) -> Choice:
    words = LazyString(lambda: entry.resource.plural_words)
    return Choice(entry.key, words, here=partial(is_here, entry.plugin.name))
