"""Light or dark: what the person chose, in whatever browser they sit; else, and for whoever has not signed in, the
device's way. The page is printed with it, so nothing flashes."""

from __future__ import annotations

from typing import Literal

from app.identity.principal import principal

Theme = Literal["", "light", "dark"]


def chosen_theme() -> Theme:
    """What the reader chose; nothing for what the device says."""
    person = principal()
    return known_theme(person.theme) if person is not None else ""


def known_theme(name: str) -> Theme:
    """The theme called so; nothing for any other word."""
    return "light" if name == "light" else "dark" if name == "dark" else ""
