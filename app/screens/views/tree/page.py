"""The tree's page, and what is below one record, as a page of its own or as a fragment."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask import abort, render_template
from flask_babel import gettext as _

from app.data import Field
from app.screens.page import ActionButton, BranchPage, Level, Link, Node, TreePage
from app.screens.reading import Count
from app.screens.reading.listing import Line
from app.screens.views.asking import Asked, ask
from app.screens.views.conditions import active_filters
from app.screens.views.counting import count_words
from app.screens.views.listing import adding, nothing, page_actions
from app.screens.views.saved import apply_view
from app.screens.views.screen import Screen, with_query
from app.screens.views.surfaces import surfaces, tools
from app.screens.views.tree.above import Above, above, way_up
from app.screens.views.tree.levels import Found, Levels
from app.screens.views.tree.sought import Sought, seek


def tree_page(screen: Screen) -> str:
    """What is on top; with a search or filters what matches, below what is above it."""
    link = _link(screen)
    view = apply_view(screen)
    asked = ask(screen.surface, view.pairs)
    levels = Levels(screen, link, asked.request)
    here = screen.href("tree")
    level = _sought(levels, asked, here) if asked.conditions else _level(levels, asked, levels.on_top(), here)
    chips = active_filters(screen, asked.request, asked.without(), here)
    page = TreePage(
        title=screen.plural,
        level=level,
        tools=tools(screen, "tree", asked, view),
        actions=page_actions(screen),
        surfaces=surfaces(screen, "tree", asked),
        filters=chips,
        clear_href=with_query(here, asked.bare) if chips else "",
        problems=(*view.problems, *asked.problems),
        empty=None if level.nodes else nothing(screen, asked, here),
    )
    return render_template("resource/tree.html", page=page)


def branch_page(screen: Screen, record_id: UUID) -> str:
    """What is directly below one record, whatever is searched for elsewhere."""
    link = _link(screen)
    asked = ask(screen.surface)
    levels = Levels(screen, link, asked.request)
    record = screen.snapshot(record_id)
    known = above(screen.surface.session, screen.surface.model, link, levels.reached, [record_id])
    level = _level(levels, asked, levels.below(record_id), screen.href("tree", record_id))
    top = Link(screen.plural, with_query(screen.href("tree"), asked.lasting))
    page = BranchPage(
        title=str(record),
        level=level,
        trail=(top, *_way(levels, asked, known, record_id)),
        href=screen.href(record_id),
        actions=_adding_below(screen, link, record_id),
    )
    return render_template("resource/branch.html", page=page)


def _link(screen: Screen) -> Field:
    """The field that the tree goes by, where this person sees it."""
    found = screen.surface.fields.get(screen.entry.resource.tree or "")
    if found is None:
        abort(404)
    return found


def _level(levels: Levels, asked: Asked, found: Found, here: str) -> Level:
    ids = [line.id for line in found.lines]
    counts = levels.counts(ids)
    levels.ask_beside(ids)
    nodes = tuple(_node(levels, asked, line, counts.get(line.id)) for line in found.lines)
    return Level(nodes, levels.columns, _next(asked, found.cursor, here))


def _sought(levels: Levels, asked: Asked, here: str) -> Level:
    sought = seek(levels)
    levels.ask_beside([line.id for lines in sought.below.values() for line in lines])
    nodes = tuple(_opened(levels, asked, sought, line) for line in sought.below[None])
    return Level(nodes, levels.columns, _next(asked, sought.cursor, here))


def _next(asked: Asked, cursor: str | None, here: str) -> str:
    return with_query(here, [*asked.lasting, ("cursor", cursor)]) if cursor else ""


def _opened(levels: Levels, asked: Asked, sought: Sought, line: Line) -> Node:
    nodes = tuple(_opened(levels, asked, sought, one) for one in sought.below.get(line.id, ()))
    return _node(levels, asked, line, sought.counts.get(line.id), nodes, is_sought=line.id in sought.matches)


def _node(
    levels: Levels,
    asked: Asked,
    line: Line,
    count: Count | None,
    nodes: tuple[Node, ...] = (),
    *,
    is_sought: bool = True,
) -> Node:
    number = count_words(count) if count is not None else ""
    href = with_query(levels.screen.href("tree", line.id), asked.lasting) if number else ""
    is_whole = count is None or (count.value == len(nodes) and not count.capped)
    more = Link(_("All %(count)s below", count=number), href) if nodes and not is_whole else None
    title, rows = levels.title(line), levels.screen.rows_href
    return Node(str(line.id), f"{rows}{line.id}", title, levels.values(line), number, href, nodes, more, is_sought)


def _way(levels: Levels, asked: Asked, known: Above, record_id: UUID) -> Iterable[Link]:
    ids = way_up(known, record_id)
    titles = {line.id: levels.title(line) for line in levels.these(ids)}
    for one in reversed(ids):
        yield Link(titles[one], with_query(levels.screen.href("tree", one), asked.lasting))


def _adding_below(screen: Screen, link: Field, record_id: UUID) -> tuple[ActionButton, ...]:
    """The button for a new record below this one."""
    if link.name not in screen.surface.editable(is_new=True):
        return adding(screen)
    given = [(link.name, record_id)]
    return tuple(
        ActionButton(one.label, with_query(one.href, given), style=one.style, icon=one.icon) for one in adding(screen)
    )
