"""`ui_gallery`: the cards of a gallery as HTML, put together here column by column, as a board's are."""

# ruff: noqa: S704  (this layer escapes: see `app.web.values`)

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from zlib import crc32

from flask_babel import gettext as _
from markupsafe import Markup

from app.files.pictures.sizes import shape_of
from app.screens.page import Face, GalleryCard, GalleryPage
from app.web.cards import held_items
from app.web.values import safe

TONES = ("blue", "green", "amber", "red", "purple", "teal", "pink", "grey")
_NARROWEST, _WIDEST = 0.6, 1.8
"""Pictures of a shape between these fill their square; others are shown whole in it."""


def ui_gallery(page: GalleryPage) -> Markup:
    """Cards, one after the other. Everything that is not ours is escaped."""
    held = held_items(page.columns, [card.values for card in page.cards])
    tick, menu = safe(_("Tick")) if page.bulk else "", safe(_("Actions for")) if page.row_actions else ""
    base = safe(page.pictures)
    return Markup("\n".join(
        "".join(_parts(card, base, tick, menu, inside)) for card, inside in zip(page.cards, held, strict=True)
    ))  # fmt: skip


def _parts(card: GalleryCard, base: str, tick: str, menu: str, inside: str) -> Iterator[str]:
    label, href = safe(card.label), safe(card.href)
    yield f'<li class="shot" data-id="{card.id}" data-version="{card.version}" data-key="{safe(card.picture)}">'
    yield f'<a class="shot-frame" href="{href}" tabindex="-1" aria-hidden="true" draggable="false">'
    yield f"{picture(base, card.picture) or placeholder(card.label)}</a>"
    if tick:
        yield f'<input type="checkbox" name="id" value="{card.id}" aria-label="{tick} {label}">'
    yield f'<div class="shot-words"><a class="card-title" href="{href}"><bdi>{label}</bdi></a>'
    if menu:
        yield f'<a href="{href}" class="row-menu" aria-label="{menu} {label}">⋯</a>'
    yield f"{inside}</div></li>"


def picture(base: str, key: str) -> str:
    """The picture of a card; empty where there is none. `base` is escaped."""
    shape = shape_of(key)
    if shape is None:
        return ""
    width, height = shape.at("card")
    whole = "" if _NARROWEST <= shape.width / shape.height <= _WIDEST else ' class="whole"'
    stem = f"{base}{key}/"
    return (
        f'<img{whole} src="{stem}card" srcset="{stem}card2 2x" width="{width}" height="{height}" loading="lazy" alt="">'
    )


def placeholder(label: str) -> str:
    """What stands where there is no picture: the first letters of the name, in a colour that stays the same."""
    return f'<span class="initials badge-{TONES[crc32(label.encode()) % len(TONES)]}">{safe(initials(label))}</span>'


@lru_cache(maxsize=4_096)
def initials(label: str) -> str:
    """The first letters of the first and the last word; those of Arabic do not join."""
    words = [word for word in label.split() if word[0].isalnum()]
    chosen = [words[0], *words[1:][-1:]] if words else []
    return "\u200c".join(word[0].upper() for word in chosen)


def ui_face(face: Face) -> Markup:
    """The picture of a record beside its name, which says all to whoever cannot see it."""
    base, key = safe(face.base), face.key
    if shape_of(key) is None:
        return Markup(f'<span class="face" aria-hidden="true">{placeholder(face.label)}</span>')
    words = safe(_("Picture"))
    link = f'<a class="face" href="{base}{key}/large" target="_blank" aria-label="{words}">'
    return Markup(f'{link}<img src="{base}{key}/cell" width="48" height="48" alt=""></a>')
