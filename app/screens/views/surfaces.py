"""The same records as list, board, calendar, tree or report, with the same search, filters and saved views."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import pgettext as _p

from app.screens.laying import opening_view
from app.screens.page import Link, Tools
from app.screens.views.asking import Asked
from app.screens.views.saved import ALL, AppliedView, tabs
from app.screens.views.screen import Screen, with_query


def surfaces(screen: Screen, current: str, asked: Asked) -> tuple[Link, ...]:
    """The ways to look at the records, each keeping search, filters and view. The report's page is of `app.reports`."""
    plain = asked.lasting or ([("view", ALL)] if opening_view(screen.surface) else [])
    found = [("list", _("List"), f"{screen.base}/", plain)]
    if screen.has("board"):
        found.append(("board", _("Board"), f"{screen.base}/board", asked.lasting))
    if screen.has("calendar"):
        found.append(("calendar", _("Calendar"), f"{screen.base}/calendar", asked.lasting))
    if screen.has("gallery"):
        found.append(("gallery", _("Gallery"), f"{screen.base}/gallery", asked.lasting))
    if screen.has("tree"):
        found.append(("tree", _p("records", "Tree"), f"{screen.base}/tree", asked.lasting))
    found.append(("report", _("Report"), f"{screen.base}/report", asked.conditions))
    return tuple(
        Link(label, with_query(address, pairs), name == current, name) for name, label, address, pairs in found
    )


def tools(screen: Screen, current: str, asked: Asked, view: AppliedView) -> Tools:
    """What chooses the records on a board or calendar, as over a list."""
    home = screen.href(current)
    found = tabs(screen, view, current)
    return Tools(
        home_href=home,
        tabs=found.tabs,
        save_view_href=found.save_href,
        view_settings_href=found.settings_href,
        search=asked.request.search if screen.entry.resource.search else None,
        kept=tuple(asked.without("q")),
        filters_href=with_query(screen.href("filters"), [*asked.lasting, ("on", current)]),
    )
