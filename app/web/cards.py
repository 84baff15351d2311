"""`ui_cards`: the cards of a board's lane as HTML. A board holds hundreds, so they are put together here, not by a
macro, and column by column."""

# ruff: noqa: S704  (this layer escapes: see `app.web.values`)

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from app.screens.page import Card, Column
from app.web.icons import icon
from app.web.values import NONE, safe, values_of


def ui_cards(cards: Sequence[Card], move: str = "") -> Markup:
    """Cards, one after the other. `move` are the words of the button that moves one, with `{title}` in it; without
    them nobody may. Everything that is not ours is escaped."""
    held = held_items(cards[0].columns if cards else (), [card.values for card in cards])
    titles = [safe(card.title) for card in cards]
    buttons = _buttons(titles, safe(move)) if move else [""] * len(cards)
    opening = '<li class="board-card movable"' if move else '<li class="board-card"'
    return Markup(
        "\n".join(
            [
                f'{opening} data-card="{card.id}" data-version="{card.version}">'
                f'<a class="card-title" href="{safe(card.href)}" draggable="false"><bdi>{title}</bdi></a>'
                f"{inside}{button}</li>"
                for card, title, inside, button in zip(cards, titles, held, buttons, strict=True)
            ]
        )
    )


def held_items(columns: Sequence[Column], values: Sequence[Sequence[object]]) -> list[str]:
    """What stands below the title of each card: the values of these columns, a line each."""
    items = [_items(column, [one[at] for one in values]) for at, column in enumerate(columns)]
    return [_held("".join(parts)) for parts in zip(*items, strict=True)] if items else [""] * len(values)


def _items(column: Column, values: Sequence[object]) -> list[str]:
    """One line of each card; nothing where the value is empty. Of a bare number everybody is told what it is."""
    told = "" if column.kind in ("integer", "decimal") else ' class="for-readers"'
    opening = f"<span><span{told}>{safe(column.label)}:</span> "
    return ["" if html is NONE else f"{opening}{html}</span>" for html in values_of(column, values)]


def _held(items: str) -> str:
    return f'<div class="card-items">{items}</div>' if items else ""


def _buttons(titles: Sequence[str], move: str) -> list[str]:
    opening = '<button type="button" class="card-move" data-move aria-haspopup="menu" aria-label="'
    drawing = icon("move")
    return [f'{opening}{move.replace("{title}", title)}">{drawing}</button>' for title in titles]
