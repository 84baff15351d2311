"""`ui_cards`: the cards of a board's lane as HTML. A board holds hundreds, so they are put together here, not by a
macro, and what is the same for a column is made once."""

# ruff: noqa: S704  (this layer escapes: see `app.web.values`)

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from app.screens.page import Card, Column, DetailItem
from app.web.icons import icon
from app.web.values import Look, reader_formats, render_of, safe


def ui_cards(cards: Sequence[Card], move: str = "") -> Markup:
    """Cards, one after the other. `move` are the words of the button that moves one, with `{title}` in it; without
    them nobody may."""
    printer = _Printer(move)
    return Markup("\n".join([printer.card(card) for card in cards]))


class _Printer:
    def __init__(self, move: str) -> None:
        self.move = safe(move)
        self.opening = '<li class="board-card movable"' if move else '<li class="board-card"'
        self.formats = reader_formats()
        self.drawing = icon("move")
        self._openings: dict[str, tuple[str, Look]] = {}

    def card(self, card: Card) -> str:
        """One card; everything that is not ours is escaped."""
        title = safe(card.title)
        items = "".join([self._item(item) for item in card.items])
        held = f'<div class="card-items">{items}</div>' if items else ""
        return (
            f'{self.opening} data-card="{card.id}" data-version="{card.version}">'
            f'<a class="card-title" href="{safe(card.href)}" draggable="false"><bdi>{title}</bdi></a>'
            f"{held}{self._button(title)}</li>"
        )

    def _item(self, item: DetailItem) -> str:
        opening, look = self._openings.get(item.column.name) or self._open(item.column)
        return f"{opening}{render_of(item.column)(item.value, look)}</span>"

    def _open(self, column: Column) -> tuple[str, Look]:
        opening = f'<span><span class="for-readers">{safe(column.label)}:</span> '
        found = self._openings[column.name] = opening, Look(column, self.formats)
        return found

    def _button(self, title: str) -> str:
        if not self.move:
            return ""
        words = self.move.replace("{title}", title)
        return (
            f'<button type="button" class="card-move" data-move aria-haspopup="menu" aria-label="{words}">'
            f"{self.drawing}</button>"
        )
