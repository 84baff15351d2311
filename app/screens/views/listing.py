"""The list: rows, filters in force, saved views, order, pages, what can be done with rows."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import pgettext as _p
from werkzeug.wrappers import Response

from app.data import Field
from app.data.record import label_fields
from app.screens.laying import laid_columns, laid_sort, opening_view
from app.screens.page import (
    ActionButton,
    BulkBar,
    Column,
    EmptyState,
    Link,
    ListPage,
    Pager,
)
from app.screens.reading import BadArguments, Listing, read_list
from app.screens.views.actions import bulk_buttons, row_buttons
from app.screens.views.asking import Asked, ask
from app.screens.views.board.lane_records import scopes_of
from app.screens.views.columns import column, rows_of, title_index
from app.screens.views.conditions import active_filters
from app.screens.views.counting import count_words, matching_words
from app.screens.views.own_columns import own_columns, own_widths
from app.screens.views.saved import Tabs, apply_view, tabs
from app.screens.views.screen import Screen, with_query
from app.screens.views.surfaces import surfaces
from app.screens.why import why_href

SIZES = (25, 50, 100, 200)
HEAVIEST = 7_400
"""What a page may weigh, so that its HTML stays below 250 KB (law 10) whatever people are called: 200 rows of seven
columns, two of them links and one a moment."""
ROW, CELL = 4, 4
HEAVY = {"belongs_to": 6, "moment": 5, "image": 8}
"""What the beginning and the end of a row weigh, a cell, and one of these kinds."""
UNSEEN = EmptyState("", "")
"""Stands where rows do, which say it all."""


def list_page(screen: Screen) -> str | Response:
    """The page at the resource's address; a bare one leads to the board, calendar or tree that a layout begins with."""
    view = apply_view(screen)
    if not view.pairs and "HX-Request" not in request.headers and (opening := opening_view(screen.surface)):
        return redirect(screen.href(opening))
    asked = _bounded(screen, arranged(screen, ask(screen.surface, view.pairs)))
    try:
        listing = read_list(screen.surface, asked.request)
    except BadArguments as error:  # a cursor of another order, or a broken one: begin at the first page
        asked = _bounded(screen, arranged(screen, ask(screen.surface, asked.without("cursor"))))
        asked = Asked(asked.request, asked.pairs, tuple(error.errors.values()))
        listing = read_list(screen.surface, asked.request)
    return render_template("resource/list.html", page=_page(screen, asked, listing, view.problems, tabs(screen, view)))


def arranged(screen: Screen, asked: Asked) -> Asked:
    """In the reader's own columns and the order of their layout, where neither address nor view names others."""
    surface, wanted = screen.surface, asked.request
    if not wanted.columns:
        wanted = replace(wanted, columns=own_columns(surface) or laid_columns(surface))
    if not any(name == "sort" for name, _value in asked.pairs) and (sort := laid_sort(surface)):
        wanted = replace(wanted, sort=sort)
    return replace(asked, request=wanted)


def _bounded(screen: Screen, asked: Asked) -> Asked:
    """A page of many columns has fewer rows, so that it never grows without bound."""
    fields, columns = screen.surface.fields, asked.request.columns or screen.surface.default_columns()
    weight = sum(HEAVY.get(fields[name].kind, CELL) if name in fields else CELL for name in columns)
    most = max(SIZES[0], HEAVIEST // (ROW + weight))
    return replace(asked, request=replace(asked.request, size=most)) if asked.request.size > most else asked


def _page(screen: Screen, asked: Asked, listing: Listing, problems: tuple[str, ...], views: Tabs) -> ListPage:
    labels = label_fields(screen.surface.model)
    title_at = title_index(listing.columns, labels)
    here = with_query(screen.list_href, asked.pairs)
    resource = screen.entry.resource
    found = active_filters(screen, asked.request, asked.pairs, screen.list_href)
    return ListPage(
        title=screen.plural,
        columns=_columns(screen, asked, listing.columns, title_at),
        rows=rows_of(listing.lines, screen.rows_href, listing.columns, labels),
        list_href=screen.list_href,
        empty=nothing(screen, asked, screen.list_href) if not listing.lines else UNSEEN,
        pager=pager(screen, asked, listing, screen.list_href),
        actions=(*adding(screen), *transfer_actions(screen, asked), *places(screen)),
        tabs=views.tabs,
        surfaces=surfaces(screen, "list", asked),
        scopes=_scopes(screen, asked),
        search=asked.request.search if resource.search else None,
        kept=tuple(asked.without("q")),
        filters=found,
        clear_href=with_query(screen.list_href, asked.unconditional) if found else "",
        filters_href=with_query(screen.href("filters"), asked.pairs),
        columns_href=with_query(screen.href("columns"), asked.pairs),
        preview_href=screen.base + "/{id}/preview",
        save_view_href=views.save_href,
        view_settings_href=views.settings_href,
        bulk=bulk(screen, asked, listing),
        row_actions=row_buttons(screen, here),
        cells=_cells(screen, listing.columns),
        problems=(*problems, *asked.problems),
        why_href=why_href(),
    )


def _scopes(screen: Screen, asked: Asked) -> tuple[Link, ...]:
    """Of records that are lanes of several scopes (the stages of pipelines): one scope's alone, whose order then means
    something, or all."""
    lanes = screen.entry.resource.lanes
    field = screen.surface.filterable().get(lanes.scope) if lanes is not None and lanes.scope else None
    found = list(scopes_of(screen.surface, field)) if field is not None else []
    if field is None or len(found) < 2:
        return ()
    name, rest = f"{field.name}.is", asked.without(f"{field.name}.is")
    chosen = next((value for key, value in asked.conditions if key == name), "")
    everything = Link(_("All"), with_query(screen.list_href, rest), not chosen)
    each = (
        Link(one.label, with_query(screen.list_href, [*rest, (name, one.id)]), str(one.id) == chosen) for one in found
    )
    return everything, *each


def page_actions(screen: Screen) -> tuple[ActionButton, ...]:
    """The buttons over a board or calendar."""
    return (*adding(screen), *places(screen))


def adding(screen: Screen) -> tuple[ActionButton, ...]:
    """The button for a new record, for whoever may make one."""
    if not screen.may("create"):
        return ()
    return (ActionButton(_("New: %(what)s", what=screen.title), screen.href("add"), style="primary", icon="plus"),)


def places(screen: Screen, here: str = "") -> tuple[ActionButton, ...]:
    """To the records that a list, or the gallery at `here`, does not show."""
    found = []
    if screen.surface.model.__soft_delete__ and screen.may("delete"):
        found.append(ActionButton(_("Trash"), screen.href("trash"), icon="trash"))
    if screen.surface.model.__archive__:
        found.append(_archive(here or screen.list_href))
    return tuple(found)


def _archive(here: str) -> ActionButton:
    """To what was put out of sight, and back."""
    if request.args.get("archived", "") in ("", "0", "false"):
        return ActionButton(_p("place", "Archive"), with_query(here, [("archived", "1")]), icon="box")
    return ActionButton(_("Out of the archive"), here, icon="box")


def transfer_actions(screen: Screen, asked: Asked) -> tuple[ActionButton, ...]:
    """Import and export, where they are allowed; `app.transfer` has their pages."""
    found = []
    about = [("resource", screen.entry.key)]
    if screen.may("import"):
        address = with_query(screen.outside("transfer/imports/new"), about)
        found.append(ActionButton(_("Import"), address, icon="upload"))
    if screen.may("export"):
        kept = with_query("", [*asked.conditions, ("sort", asked.request.sort)]).removeprefix("?")
        address = with_query(screen.outside("transfer/exports/new"), [*about, ("query", kept)])
        found.append(ActionButton(_("Export"), address, icon="download"))
        found.append(ActionButton(_("PDF"), with_query(screen.href("pdf"), asked.without()), icon="file"))
    return tuple(found)


def _columns(screen: Screen, asked: Asked, fields: tuple[Field, ...], title_at: int | None) -> tuple[Column, ...]:
    sortable = screen.surface.sortable()
    sort, widths = asked.request.sort, own_widths(screen.surface)
    address = with_query(screen.list_href, asked.without("sort"))
    stem = address + ("&" if "?" in address else "?") + "sort="
    found = []
    for at, field in enumerate(fields):
        is_current = sort.removeprefix("-") == field.name
        is_up = is_current and not sort.startswith("-")
        href = stem + ("-" if is_up else "") + field.name if field.name in sortable else None
        direction = ("ascending" if is_up else "descending") if is_current and href else None
        found.append(
            column(
                screen.surface,
                field,
                sort_href=href,
                direction=direction,  # type: ignore[arg-type]
                is_title=at == title_at,
                width=widths.get(field.name, 0),
            )
        )
    return tuple(found)


def _cells(screen: Screen, fields: tuple[Field, ...]) -> str:
    editable = screen.surface.editable(is_new=False) if screen.may("update") else {}
    names = [f"{field.name}!" if field.name in editable and field.kind != "image" else field.name for field in fields]
    return " ".join(names) if any(name.endswith("!") for name in names) else ""


def pager(screen: Screen, asked: Asked, listing: Listing, here: str) -> Pager:
    """Where the neighbouring pages of the list or gallery at `here` are."""
    rest = asked.without("count")

    def page(cursor: str | None) -> str | None:
        return with_query(here, [*rest, ("cursor", cursor)]) if cursor else None

    is_inexact = listing.count.value is None or listing.count.capped
    return Pager(
        count=matching_words(listing.count, screen.plural),
        number=count_words(listing.count),
        previous_href=page(listing.previous_cursor),
        next_href=page(listing.next_cursor),
        first_href=with_query(here, rest) if asked.request.cursor else None,
        exact_count_href=with_query(here, [*asked.pairs, ("count", 1)]) if is_inexact else None,
        sizes=_sizes(asked, listing, here),
    )


def _sizes(asked: Asked, listing: Listing, here: str) -> tuple[Link, ...]:
    """Offered where they change anything."""
    current = asked.request.size
    if current == SIZES[0] and not listing.next_cursor and not listing.previous_cursor:
        return ()
    rest = asked.without("size")
    return tuple(Link(str(size), with_query(here, [*rest, ("size", size)]), size == current) for size in SIZES)


def bulk(screen: Screen, asked: Asked, listing: Listing) -> BulkBar | None:
    """What can be done with ticked records."""
    buttons = bulk_buttons(screen)
    if not buttons or not listing.lines:
        return None
    is_whole = listing.next_cursor is None and listing.previous_cursor is None
    number = count_words(listing.count)
    offer = _("All %(count)s that match", count=number) if number else _("All that match")
    return BulkBar(buttons, "" if is_whole else offer, with_query("", asked.conditions).removeprefix("?"))


def nothing(screen: Screen, asked: Asked, everything: str) -> EmptyState:
    """What stands where no record does; `everything` is the address without conditions."""
    if asked.conditions:
        action = ActionButton(_("Show all"), everything)
        return EmptyState(_("Nothing matches"), _("No record meets the search and the filters."), action)
    add = next(iter(adding(screen)), None)
    about = screen.entry.resource.about or _("There are no records of this kind so far.")
    return EmptyState(_("Nothing here yet"), str(about), add)
