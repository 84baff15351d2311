"""All reports that a reader may open: saved ones, those that plugins bring, and everything that can be reported on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.features import can
from app.host import registry
from app.host.figures import PlacedReport
from app.identity.access import access
from app.identity.principal import principal
from app.reports import saved
from app.reports.asking import pairs_of
from app.reports.pages.saved import READ
from app.reports.pages.screen import DATASETS, screen_of
from app.reports.source import may_show
from app.screens.views.screen import with_query

blueprint = Blueprint("report_hub", __name__, url_prefix="/reports", template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Listed:
    """A report in the list."""

    label: str
    href: str
    words: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    title: str
    reports: tuple[Listed, ...]


@blueprint.get("/all/")
@access(READ)
def all_reports() -> str:
    """Saved reports first, then those of each plugin, then the data."""
    shelves = [_saved(), *_ready(), *_data()]
    found = [one for one in shelves if one.reports]
    cards_href = f"{request.script_root}/reports/cards/"
    return render_template("reports/hub.html", title=_("Reports"), shelves=found, cards_href=cards_href)


@blueprint.get("/ready/<key>")
@access("signed-in")
def ready(key: str) -> Any:
    """A report that a plugin brings."""
    placed = registry().figures.reports.get(key)
    if placed is None or not (may_read(placed.of) and may_show(key)):
        abort(404)
    return redirect(ready_address(placed), 303)


def ready_address(placed: PlacedReport) -> str:
    """Where a declared report is shown."""
    pairs = [*pairs_of(placed.report), ("ready", placed.key)]
    return with_query(screen_of(placed.of).list_href, pairs)


def may_read(key: str) -> bool:
    """May the reader read the records that this resource or dataset is about?"""
    dataset = registry().figures.datasets.get(key)
    entry = dataset.entry if dataset is not None else registry().entries.get(key)
    return entry is not None and "read" in entry.verbs and can(entry.key, "read").allowed


def _saved() -> Shelf:
    person = principal()
    found = []
    for report in saved.saved_reports(db.session()):
        if may_read(report.source) and may_show(report.source):
            mine = person is not None and report.created_by == person.uid
            note = "" if report.audience == "private" else _("shared") if mine else _("shared by others")
            found.append(Listed(report.name, f"{request.script_root}/reports/saved/{report.id}", note=note))
    return Shelf(_("Saved reports"), tuple(found))


def _ready() -> list[Shelf]:
    figures = registry().figures
    shelves = []
    for plugin in registry().plugins:
        found = [
            Listed(str(one.report.title), f"{request.script_root}/reports/ready/{one.key}", str(one.report.summary))
            for one in figures.reports.values()
            if one.key.partition(".")[0] == plugin.name and may_read(one.of) and may_show(one.key)
        ]
        shelves.append(Shelf(str(plugin.title), tuple(found)))
    return shelves


def _data() -> list[Shelf]:
    """Datasets of plugins, then the records of every plugin."""
    datasets = [
        Listed(str(one.dataset.title), f"{request.script_root}{DATASETS}/{one.key}", str(one.dataset.summary))
        for one in registry().figures.datasets.values()
        if may_read(one.key) and may_show(one.key)
    ]
    records = [
        Listed(entry.resource.plural_words, f"{request.script_root}{entry.path}/report")
        for entry in registry().entries.values()
        if entry.resource.menu and may_read(entry.key)
    ]
    return [Shelf(_("Prepared data"), tuple(datasets)), Shelf(_("Report on"), tuple(records))]
