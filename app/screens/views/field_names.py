"""Fields of records by their labels: what a picker of `field_names` offers, and what a typed label means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.data import Field, db
from app.host import Entry, registry
from app.host.custom_fields import custom_fields
from app.host.extending import is_here
from app.search.folding import fold


def fields_by_name(entry: Entry) -> dict[str, Field]:
    """The fields of a kind of records, with those that the tenant added."""
    return {**entry.fields, **custom_fields(db.session(), entry.key)}


def name_of(entry: Entry, text: str) -> str:
    """The name of the field that is called so, by its name or its label; "" for none."""
    known = fields_by_name(entry)
    if text in known:
        return text
    return next((name for name, field in known.items() if fold(field.words) == fold(text)), "")


def offered_names(kind: str, words: str) -> list[dict[str, Any]]:
    """What a picker shows: the fields of a kind of records, or of all that are here, whose label or name
    has `words`."""
    wanted = fold(words)
    found = {name: field.words for entry in _kinds(kind) for name, field in fields_by_name(entry).items()}
    return [
        {"id": name, "label": label, "hint": name}
        for name, label in sorted(found.items(), key=lambda one: fold(one[1]))
        if wanted in fold(label) or wanted in name
    ]


def _kinds(kind: str) -> Iterator[Entry]:
    entries = registry().entries
    if kind in entries:
        yield entries[kind]
    elif not kind:
        yield from (entry for entry in entries.values() if is_here(entry.plugin.name))
