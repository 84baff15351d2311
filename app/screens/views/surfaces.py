"""The same records as a list, a board, a calendar or a report."""

from __future__ import annotations

from flask_babel import gettext as _

from app.screens.page import Link
from app.screens.views.asking import Asked
from app.screens.views.screen import Screen, with_query


def surfaces(screen: Screen, current: str, asked: Asked) -> tuple[Link, ...]:
    """The ways to look at the records, each keeping search and filters. The report's page is of `app.reports`."""
    resource = screen.entry.resource
    found = [("list", _("List"), f"{screen.base}/")]
    if resource.board and resource.board in screen.surface.fields:
        found.append(("board", _("Board"), f"{screen.base}/board"))
    if resource.calendar and resource.calendar in screen.surface.fields:
        found.append(("calendar", _("Calendar"), f"{screen.base}/calendar"))
    found.append(("report", _("Report"), f"{screen.base}/report"))
    return tuple(
        Link(label, with_query(address, asked.conditions), name == current, name) for name, label, address in found
    )
