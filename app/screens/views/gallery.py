"""The gallery: records as cards with their pictures, with all that a list has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flask import abort, render_template
from flask_babel import pgettext as _p

from app.data import Field
from app.data.record import label_fields
from app.screens.desk import arrangement
from app.screens.page import GalleryCard, GalleryPage, Link
from app.screens.reading import BadArguments, Listing, read_list
from app.screens.reading.surface import label_of
from app.screens.views.actions import row_buttons
from app.screens.views.asking import Asked, ask
from app.screens.views.columns import column, picture_base
from app.screens.views.conditions import active_filters
from app.screens.views.listing import (
    HEAVIEST,
    HEAVY,
    SIZES,
    UNSEEN,
    adding,
    arranged,
    bulk,
    nothing,
    pager,
    places,
    transfer_actions,
)
from app.screens.views.saved import AppliedView, apply_view, tabs
from app.screens.views.screen import Screen, with_query
from app.screens.views.surfaces import surfaces

CARD, LINE = 26, 8
"""What a card weighs, and a value on it: see `listing.HEAVIEST`."""
MOST_LINES = 5
"""Values below a picture."""
_USUAL = "medium"


def gallery_page(screen: Screen) -> str:
    """Two statements as for a list, whatever the number of cards: what a card shows of its picture is in the row."""
    field = screen.surface.fields.get(screen.entry.resource.gallery or "")
    if field is None:
        abort(404)
    view = apply_view(screen)
    asked = _carded(screen, field, ask(screen.surface, view.pairs))
    try:
        listing = read_list(screen.surface, asked.request)
    except BadArguments as error:
        asked = _carded(screen, field, ask(screen.surface, asked.without("cursor")))
        asked = Asked(asked.request, asked.pairs, tuple(error.errors.values()))
        listing = read_list(screen.surface, asked.request)
    return render_template("resource/gallery.html", page=_page(screen, field, asked, listing, view))


def _carded(screen: Screen, field: Field, asked: Asked) -> Asked:
    """With the picture, what records are called by, then the first of the list's columns; not too many at a time."""
    fields = screen.surface.fields
    called = [name for name in label_fields(screen.surface.model) if name in fields]
    named = arranged(screen, asked).request.columns or screen.surface.default_columns()
    shown = [name for name in named if name in fields and name not in (field.name, *called)]
    lines = [name for name in shown if fields[name].kind != "image"][:MOST_LINES]
    weight = CARD + sum(LINE + HEAVY.get(fields[name].kind, 0) for name in lines)
    size = min(asked.request.size, max(SIZES[0], HEAVIEST // weight))
    columns = (field.name, *called, *lines)
    return replace(asked, request=replace(asked.request, columns=columns, size=size))


def _page(screen: Screen, field: Field, asked: Asked, listing: Listing, view: AppliedView) -> GalleryPage:
    here = screen.href("gallery")
    found, views = active_filters(screen, asked.request, asked.pairs, here), tabs(screen, view, "gallery")
    called = [name for name in label_fields(screen.surface.model) if name in screen.surface.fields]
    on = [*asked.pairs, ("on", "gallery")]
    return GalleryPage(
        title=screen.plural,
        columns=tuple(column(screen.surface, one) for one in listing.columns[1 + len(called) :]),
        rows=(),
        list_href=here,
        empty=nothing(screen, asked, here) if not listing.lines else UNSEEN,
        pager=pager(screen, asked, listing, here),
        actions=(*adding(screen), *transfer_actions(screen, asked), *places(screen, here)),
        tabs=views.tabs,
        surfaces=surfaces(screen, "gallery", asked),
        search=asked.request.search if screen.entry.resource.search else None,
        kept=tuple(asked.without("q")),
        filters=found,
        clear_href=with_query(here, asked.unconditional) if found else "",
        filters_href=with_query(screen.href("filters"), on),
        columns_href=with_query(screen.href("columns"), on),
        preview_href=screen.base + "/{id}/preview",
        save_view_href=views.save_href,
        view_settings_href=views.settings_href,
        bulk=bulk(screen, asked, listing),
        row_actions=row_buttons(screen, with_query(here, asked.pairs)),
        problems=(*view.problems, *asked.problems),
        cards=tuple(_cards(screen, listing, len(called))),
        resource=screen.entry.key,
        pictures=picture_base(screen.surface, field),
        picture_field=field.name,
        field_href=screen.base + "/{id}/field/" + field.name if _may_set(screen, field) else "",
        card_size=arrangement(screen.surface.person).cards.get(screen.entry.key, _USUAL),
        card_sizes=(("small", _p("cards", "Small")), (_USUAL, _p("cards", "Medium")), ("large", _p("cards", "Large"))),
        sorts=tuple(_sorts(screen, asked, here)),
        sorted_by=screen.surface.fields[asked.request.sort.removeprefix("-")].words,
    )


def _cards(screen: Screen, listing: Listing, called: int) -> Iterable[GalleryCard]:
    model, rows = screen.surface.model, screen.rows_href
    for line in listing.lines:
        label = label_of(model, line.id, line.values[1 : 1 + called]) if called else line.id.hex[-8:]
        key = str(line.id)
        yield GalleryCard(key, rows + key, label, line.version, line.values[0] or "", line.values[1 + called :])


def _may_set(screen: Screen, field: Field) -> bool:
    return screen.may("update") and field.name in screen.surface.editable(is_new=False)


def _sorts(screen: Screen, asked: Asked, here: str) -> Iterable[Link]:
    """The orders there are; the one in force leads to its reverse."""
    rest, sort = asked.without("sort"), asked.request.sort
    for name, field in screen.surface.sortable().items():
        is_current = sort.removeprefix("-") == name
        is_up = is_current and not sort.startswith("-")
        arrow = "up-arrow" if is_up else "down-arrow" if is_current else ""
        yield Link(field.words, with_query(here, [*rest, ("sort", f"-{name}" if is_up else name)]), is_current, arrow)
