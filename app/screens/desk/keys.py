"""The keys that our scripts know (`app/web/static/keys.js` and its neighbours), in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.identity.principal import Principal
from app.screens.frame import menu

PLACES = 9
"""Entries of the menu that have a key: one for each digit."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key, or two pressed one after the other, and what it does."""

    keys: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    title: str
    keys: tuple[Key, ...]


def key_groups(person: Principal) -> list[KeyGroup]:
    """All keys, by where they work."""
    everywhere = (
        Key(("Ctrl K",), _("Search, go to, create, run actions")),
        Key(("?",), _("This sheet")),
        Key(("Ctrl S",), _("Save the form")),
        Key(("Ctrl Z",), _("Undo what was just done")),
        Key(("Esc",), _("Close what is open")),
    )
    lists = (
        Key(("J", "K"), _("Next and previous row")),
        Key(("Enter",), _("Open the row")),
        Key((_("Space"),), _("Preview the row")),
        Key(("X",), _("Tick the row")),
        Key(("/",), _("Search in the list")),
        Key(("F",), _("Filter")),
        Key(("N",), _("New record")),
    )
    record = (Key(("E",), _("Edit")), Key(("P",), _("Pin, or take the pin away")))
    return [
        KeyGroup(_("Everywhere"), everywhere),
        KeyGroup(_("In a list"), lists),
        KeyGroup(_("On a record"), record),
        KeyGroup(_("Go to"), tuple(_places(person))),
    ]


def _places(person: Principal) -> list[Key]:
    own = [
        Key(("G", "B"), _("Notifications")),
        Key(("G", "R"), _("Pinned and recent")),
        Key(("G", "D"), _("Downloads")),
    ]
    links = [link for group in menu(person) for link in group.links]
    numbered = [Key(("G", str(at)), link.label) for at, link in enumerate(links[1 : PLACES + 1], 1)]
    return [Key(("G", "H"), _("Start")), *own, *numbered]
