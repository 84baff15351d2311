"""The board's page, further cards of a lane, and its totals."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from flask_babel import gettext as _

from app.screens.page import ActionButton, BoardPage, Card, EmptyState, Lane, LanePage, LaneTotal, Link, TotalsPage
from app.screens.reading import Count
from app.screens.reading.listing import select_rows
from app.screens.reading.surface import as_uuid
from app.screens.views.asking import Asked, ask
from app.screens.views.board.cards import Cards
from app.screens.views.board.lane_records import LaneOf
from app.screens.views.board.lanes import CHOSEN, LaneSet, lane_set
from app.screens.views.board.totals import ALL, lane_totals, measures
from app.screens.views.conditions import active_filters
from app.screens.views.counting import count_words
from app.screens.views.listing import page_actions
from app.screens.views.saved import apply_view
from app.screens.views.screen import Pairs, Screen, with_query
from app.screens.views.surfaces import surfaces, tools


def board_page(screen: Screen) -> str:
    """One statement for the lanes, one for all cards and counts. With `totals=1` the totals are there at once;
    otherwise a script asks for them."""
    view = apply_view(screen)
    asked = ask(screen.surface, view.pairs)
    found = lane_set(screen)
    cards = Cards(screen, found, select_rows(screen.surface, asked.request).where)
    first = cards.first()
    shown = [lane for lane in found.lanes if first[lane][1].value or not lane.fleeting]
    summed = {one.value: one for one in lane_totals(screen, found, cards.where)} if "totals" in request.args else {}
    pairs = _pairs(asked, found)
    here = screen.href("board")
    chips = active_filters(screen, asked.request, [*asked.lasting, *_scope(found)], here)
    page = BoardPage(
        title=screen.plural,
        lanes=tuple(_lane(screen, asked, found, lane, *first[lane], summed) for lane in shown),
        move_href=screen.href("board", "{id}") if _may_move(screen, found) else "",
        tools=tools(screen, "board", asked, view),
        actions=page_actions(screen),
        surfaces=surfaces(screen, "board", asked),
        filters=chips,
        clear_href=with_query(here, [*asked.bare, *_scope(found)]) if chips else "",
        scope_label=found.scope_label,
        scopes=found.links(here, asked.lasting) if len(found.scopes) > 1 else (),
        totals_href=with_query(screen.href("board", "totals"), pairs) if measures(screen) and not summed else "",
        totals_page_href=with_query(here, [*asked.lasting, *_scope(found), ("totals", "1")]),
        total=summed.get(ALL),
        empty=None if shown else _no_lanes(screen, found),
    )
    return render_template("resource/board.html", page=page)


def lane_page(screen: Screen) -> str:
    """`?lane=<key>&after=<id>`: the next cards of one lane."""
    asked = ask(screen.surface)
    found = lane_set(screen)
    lane = found.find(request.args.get("lane", ""))
    if lane is None:
        abort(404)
    cards = Cards(screen, found, select_rows(screen.surface, asked.request).where)
    shown, more = cards.after(lane, as_uuid(request.args.get("after", "")))
    page = LanePage(
        title=f"{screen.plural}: {lane.label}",
        lane=lane.key,
        cards=tuple(shown),
        may_move=_may_move(screen, found),
        next_href=_next(screen, asked, found, lane, shown) if more else "",
        back_href=with_query(screen.href("board"), _pairs(asked, found)),
    )
    return render_template("resource/lane.html", page=page)


def totals(screen: Screen) -> str:
    """What the lanes come to, over everything that meets the filters."""
    asked = ask(screen.surface)
    found = lane_set(screen)
    where = select_rows(screen.surface, asked.request).where
    back = with_query(screen.href("board"), _pairs(asked, found))
    labels = {lane.key: lane.label for lane in found.lanes} | {ALL: _("All together")}
    page = TotalsPage(screen.plural, tuple((labels[one.value], one) for one in lane_totals(screen, found, where)), back)
    return render_template("resource/totals.html", page=page)


def _may_move(screen: Screen, found: LaneSet) -> bool:
    return screen.may("update") and found.field.name in screen.surface.editable(is_new=False)


def _scope(found: LaneSet) -> Pairs:
    return [(CHOSEN, str(found.chosen))] if found.chosen is not None else []


def _pairs(asked: Asked, found: LaneSet) -> Pairs:
    """What says which cards are meant, and which lanes."""
    return [*asked.conditions, *_scope(found)]


def _lane(
    screen: Screen, asked: Asked, found: LaneSet, lane: LaneOf, cards: list[Card], count: Count,
    summed: dict[str, LaneTotal],
) -> Lane:  # fmt: skip
    field = found.field
    condition = (f"{field.name}.is", lane.key) if lane.value is not None else (f"{field.name}.empty", "true")
    has_more = (count.value or 0) > len(cards)
    return Lane(
        value=lane.key,
        label=lane.label,
        tone=lane.tone,
        count=count_words(count),
        cards=tuple(cards),
        more_href=with_query(screen.list_href, [*asked.conditions, condition]) if has_more else "",
        next_href=_next(screen, asked, found, lane, cards) if has_more else "",
        number="" if count.capped else str(count.value),
        total=summed.get(lane.key),
    )


def _next(screen: Screen, asked: Asked, found: LaneSet, lane: LaneOf, shown: list[Card]) -> str:
    pairs: list[tuple[str, Any]] = [*_pairs(asked, found), ("lane", lane.key)]
    return with_query(screen.href("board", "lane"), [*pairs, ("after", shown[-1].id)] if shown else pairs)


def _no_lanes(screen: Screen, found: LaneSet) -> EmptyState:
    target = screen.surface.target(found.field)
    title = _("There are no lanes yet")
    if target is None or not target.may("create"):
        return EmptyState(title, _("Somebody who may set them up has to make the first one."))
    link = Link(_("New: %(what)s", what=target.entry.resource.words), screen.outside(target.entry.path + "/add"))
    return EmptyState(title, "", ActionButton(link.label, link.href, style="primary", icon="plus"))
