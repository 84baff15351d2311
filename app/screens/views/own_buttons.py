"""Buttons on records that a tenant's admins made. Packages above give them; no screen knows which there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flask import current_app

from app.screens.views.screen import Screen

GIVERS = "tenantry.own_buttons"
"""The extension of the application that lists the functions that give them."""


@dataclass(frozen=True, slots=True)
class OwnButton:
    """What it says, and the address that takes a POST with the ids of records, as actions do."""

    label: str
    href: str


Giver = Callable[[Screen], Sequence[OwnButton]]


def own_buttons(screen: Screen) -> Iterator[OwnButton]:
    """Those for these records and this person."""
    givers: list[Giver] = current_app.extensions.get(GIVERS, [])
    for give in givers:
        yield from give(screen)
