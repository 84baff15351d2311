"""What the search box offers besides records: the places of the menu, and adding something new. No statement."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from app.features import can
from app.host import registry
from app.identity.principal import Principal
from app.screens.frame import menu
from app.screens.page import Link
from app.search.tokens import query_terms, text_tokens

MOST = 8


def commands(person: Principal, words: str) -> list[Link]:
    """The commands that have a word for each word typed; without words the first of them."""
    terms = query_terms(words)
    if words.strip() and not terms:
        return []
    return [link for link in [*_places(person), *_new(person)] if _has_all(link.label, terms)][:MOST]


def _has_all(label: str, terms: list[str]) -> bool:
    tokens = text_tokens(label) if terms else frozenset()
    return all(any(token.startswith(term) for token in tokens) for term in terms)


def _places(person: Principal) -> list[Link]:
    return [link for group in menu(person) for link in group.links]


def _new(person: Principal) -> list[Link]:
    if person.tenant is None:
        return []
    return [
        Link(_("New: %(what)s", what=entry.resource.words), f"{request.script_root}{entry.path}/add", icon="plus")
        for entry in registry().entries.values()
        if entry.resource.menu and "create" in entry.verbs and can(entry.key, "create").allowed
    ]
