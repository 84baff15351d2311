"""The addresses of reports: some below every resource, with its permission to read; the rest below `/reports/`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, abort, redirect, request
from flask_babel import gettext as _

from app.data import db
from app.host import Entry, Registry
from app.identity.access import access
from app.reports.asking import parse
from app.reports.exporting import FORMATS, write_result
from app.reports.pages.records import records_page
from app.reports.pages.report import report_page
from app.reports.pages.screen import DATASETS, ReportScreen, screen_of, screen_of_entry
from app.reports.running import Unanswerable, run
from app.screens.paper.letterhead import file_name
from app.screens.views import filter_panel, finding
from app.screens.views.screen import all_arguments, with_query
from app.transfer.pages.exports import as_download
from app.transfer.writing import MIMES

Answer = Callable[[ReportScreen], Any]

blueprint = Blueprint("reports", __name__, template_folder="../templates")


def report_file(screen: ReportScreen) -> Any:
    """The result as CSV or XLSX, for whoever may export the records."""
    if not screen.source.records.may("export"):
        abort(403)
    kind = request.args.get("format", "csv")
    if kind not in FORMATS:
        abort(404)
    pairs = [pair for pair in all_arguments() if pair[0] != "format"]
    try:
        result = run(parse(screen.source, pairs))
    except Unanswerable:  # the page says why
        return redirect(with_query(screen.list_href, pairs), 303)
    out = tempfile.SpooledTemporaryFile(max_size=2_000_000)  # noqa: SIM115  (the response closes it)
    write_result(db.session(), result, kind, out)  # type: ignore[arg-type]
    out.seek(0)
    return as_download(out, file_name(kind, screen.plural, str(_("Report"))), MIMES[kind])


_BELOW: dict[str, Answer] = {"": report_page, "/filters": filter_panel.filter_panel, "/file": report_file}


def add_routes(app: Flask, registry: Registry) -> None:
    """Give every resource that can be read its report, and every dataset its own."""
    for entry in registry.entries.values():
        if "read" in entry.verbs:
            for path, answer in _BELOW.items():
                name = f"report_{entry.key.replace('.', '_')}{path.replace('/', '_')}"
                app.add_url_rule(f"{entry.path}/report{path}", name, _of_entry(entry, answer))
    app.register_blueprint(blueprint)


def _of_entry(entry: Entry, answer: Answer) -> Callable[[], Any]:
    @access(f"{entry.key}.read")
    def view() -> Any:
        return answer(screen_of_entry(entry))

    return view


@blueprint.get(f"{DATASETS}/<key>")
@access("signed-in")
def dataset(key: str) -> Any:
    """The report on a plugin's dataset."""
    return report_page(screen_of(key))


@blueprint.get(f"{DATASETS}/<key>/filters")
@access("signed-in")
def dataset_filters(key: str) -> Any:
    """Its filter panel."""
    return filter_panel.filter_panel(screen_of(key))


@blueprint.get(f"{DATASETS}/<key>/pick/<name>")
@access("signed-in")
def dataset_pick(key: str, name: str) -> Any:
    """What its filters can choose from."""
    return finding.pick(screen_of(key), name)


@blueprint.get(f"{DATASETS}/<key>/file")
@access("signed-in")
def dataset_file(key: str) -> Any:
    """Its result as a file."""
    return report_file(screen_of(key))


@blueprint.get(f"{DATASETS}/<key>/records")
@access("signed-in")
def dataset_records(key: str) -> Any:
    """The records behind one of its figures."""
    return records_page(_of_facts(key))


def _of_facts(key: str) -> ReportScreen:
    screen = screen_of(key)
    if not screen.is_of_facts:
        abort(404)
    return screen
