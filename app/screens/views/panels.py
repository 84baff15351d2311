"""Panels of a record: facts that other plugins know of it, fetched when their block is opened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext as _

from app.data import db
from app.features import can
from app.host.extending import is_here
from app.host.extensions import PlacedPanel
from app.host.guarding import SHOW, HookFailed, run_hook
from app.screens.page import PanelFragment
from app.screens.views.screen import Screen

OUTWARD = ("tel:", "mailto:", "https://", "http://")


def panels_of(screen: Screen) -> Iterator[PlacedPanel]:
    """The panels of plugins that are on here, if this person may see them."""
    for placed in screen.entry.panels:
        resource, _dot, verb = placed.panel.permission.rpartition(".")
        if is_here(placed.plugin) and (not verb or can(resource, verb)):
            yield placed


def panel_fragment(screen: Screen, record_id: UUID, placed: PlacedPanel) -> str:
    """The facts. What breaks in a panel, or takes too long, is its plugin's, noted, and said in its place alone."""
    model = type(screen.record(record_id))
    problem = ""
    facts: tuple[tuple[str, str, str], ...] = ()

    def ask() -> tuple[tuple[str, str, str], ...]:
        with db.session.begin_nested():  # whatever it breaks in the database is taken back
            return tuple(_fact(*one) for one in placed.panel.facts(db.session.get_one(model, record_id)))

    try:
        facts = run_hook(placed.plugin, f"{screen.entry.key} panel {placed.panel.name}", SHOW, ask, apart=True)
    except HookFailed:
        problem = _("This could not be shown; the error was noted.")
    page = PanelFragment(str(placed.panel.title), facts, problem or _("None yet."), screen.href(record_id))
    return render_template("resource/panel.html", page=page)


def _fact(label: Any, words: Any, path: str = "") -> tuple[str, str, str]:
    return str(label), str(words), request.script_root + path if path.startswith("/") else _outward(path)


def _outward(address: str) -> str:
    """An address outside the house, of a kind that cannot run anything."""
    return address if address.startswith(OUTWARD) else ""
