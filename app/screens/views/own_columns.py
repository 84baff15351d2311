"""The columns of a list as one person wants them: which, in which order, how wide. Kept on their desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.screens.desk import arrangement, rearranged
from app.screens.desk.arrangement import Columns, set_columns
from app.screens.reading import Surface

WIDTH = "width."
"""Before a column's name: how wide it is."""


def own_columns(surface: Surface) -> tuple[str, ...]:
    """The columns this person has chosen, as far as they may see them; nothing for the usual ones."""
    return tuple(name for name in _own(surface).names if name in surface.fields)


def own_widths(surface: Surface) -> Mapping[str, int]:
    """The widths this person has given to columns, in pixels."""
    return _own(surface).widths


def keep_columns(surface: Surface, names: list[str], form: Mapping[str, Any], *, are_of_view: bool) -> None:
    """Keep columns and the widths in a form; those of a saved view are kept by the view, only their widths here.
    Flushes; the edge commits."""
    person, own = surface.person, _own(surface)
    if person is None:
        return
    given = {name: int(form[WIDTH + name]) for name in names if _is_number(form.get(WIDTH + name, ""))}
    widths = {**{name: width for name, width in own.widths.items() if name in names}, **given}
    kept = list(own.names) if are_of_view else names
    rearranged(surface.session, person, lambda desk: set_columns(desk, surface.entry.key, kept, widths))


def _own(surface: Surface) -> Columns:
    return arrangement(surface.person).lists.get(surface.entry.key, Columns())


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5
