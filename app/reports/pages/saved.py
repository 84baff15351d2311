"""Saving a report, opening it, renaming, sharing, deleting."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.identity.access import access
from app.identity.principal import principal
from app.reports import saved
from app.reports.models import NAME_LIMIT, SavedReport
from app.reports.pages.screen import ReportScreen, screen_of
from app.screens.page import FieldView, Problem, SaveViewPage
from app.screens.reading import BadArguments
from app.screens.saved_views import may_share
from app.screens.views.screen import with_query

blueprint = Blueprint("saved_reports", __name__, url_prefix="/reports/saved", template_folder="../templates")
READ = "reports.saved_report.read"


@blueprint.route("/new", methods=["GET", "POST"])
@access(READ)
def new() -> Any:
    """Keep a report as it stands under a name."""
    screen = screen_of(request.values.get("source", ""))
    query = request.values.get("query", "")
    if request.method == "GET":
        return _form(screen, None, query)
    return _save(screen, SavedReport(source=screen.source.key, query=query, audience="private"), query)


@blueprint.get("/<uuid:report_id>")
@access(READ)
def show(report_id: UUID) -> Any:
    """The report, where it runs for whoever opens it."""
    report = _found(report_id)
    return redirect(_address(screen_of(report.source), report), 303)


@blueprint.route("/<uuid:report_id>/settings", methods=["GET", "POST"])
@access(READ)
def settings(report_id: UUID) -> Any:
    """Its name, who sees it, and whether it shall ask what the page asks now."""
    report = _changeable(report_id)
    screen = screen_of(report.source)
    query = request.values.get("query", "") or report.query
    if request.method == "GET":
        return _form(screen, report, query)
    return _save(screen, report, query if request.form.getlist("replace")[-1:] == ["1"] else report.query)


@blueprint.post("/<uuid:report_id>/delete")
@access(READ)
def delete(report_id: UUID) -> Any:
    """Remove it; the records stay."""
    report = _changeable(report_id)
    name = report.name
    db.session.delete(report)
    db.session.commit()
    flash(_("The report “%(name)s” is deleted.", name=name), "success")
    return redirect(f"{request.script_root}/reports/all/", 303)


def title_and_settings(screen: ReportScreen, query: str) -> tuple[str, str]:
    """The name of the saved report that the address speaks of, and where it is changed; empty for none."""
    given = request.args.get("saved", "")
    report = saved.saved_report(db.session(), given) if given else None
    if report is None or report.source != screen.source.key:
        return "", ""
    may_change = saved.may_change(report, principal())
    address = screen.outside(f"reports/saved/{report.id}/settings")
    return report.name, with_query(address, [("query", query)]) if may_change else ""


def _save(screen: ReportScreen, report: SavedReport, query: str) -> Any:
    wants_shared = request.form.getlist("shared")[-1:] == ["1"]
    changes = {"name": request.form.get("name", ""), "query": query}
    person = principal()
    if person is not None and may_share(person):
        changes["audience"] = "shared" if wants_shared else "private"
    try:
        saved.keep(db.session(), report, changes)
    except BadArguments as error:
        db.session.rollback()
        problem = Problem(" ".join(error.errors.values()), "name", _("Name"))
        return _form(screen, None, query, problem), 422
    target, name = _address(screen, report), report.name
    db.session.commit()
    flash(_("The report “%(name)s” is saved.", name=name), "success")
    return redirect(target, 303)


def _address(screen: ReportScreen, report: SavedReport) -> str:
    return with_query(screen.list_href, [*parse_qsl(report.query), ("saved", report.id)])


def _form(screen: ReportScreen, report: SavedReport | None, query: str, problem: Problem | None = None) -> str:
    name = report.name if report is not None else request.form.get("name", "")
    errors = (problem.words,) if problem else ()
    fields = [FieldView("name", _("Name"), "text", name, required=True, max_length=NAME_LIMIT, errors=errors)]
    person = principal()
    if person is not None and may_share(person):
        is_shared = report is not None and report.audience == "shared"
        help_text = _("Whoever opens it sees the numbers of the records that they may read themselves.")
        fields.append(
            FieldView("shared", _("Everybody here sees it"), "flag", "1" if is_shared else "0", help=help_text)
        )
    if report is not None:
        fields.append(FieldView("replace", _("Keep the question as the page asks it now"), "flag", "1"))
    here = screen.outside(f"reports/saved/{report.id}/settings" if report is not None else "reports/saved/new")
    page = SaveViewPage(
        title=_("The report “%(name)s”", name=report.name) if report is not None else _("Save this report"),
        action_href=here,
        cancel_href=f"{screen.list_href}?{query}",
        fields=tuple(fields),
        problems=(problem,) if problem else (),
        hidden=(("query", query), ("source", screen.source.key)),
        submit_label=_("Save"),
        delete_href=here.removesuffix("settings") + "delete" if report is not None else "",
    )
    return render_template("reports/save.html", page=page)


def _found(report_id: UUID) -> SavedReport:
    report = saved.saved_report(db.session(), report_id)
    if report is None:
        abort(404)
    return report


def _changeable(report_id: UUID) -> SavedReport:
    report = _found(report_id)
    if not saved.may_change(report, principal()):
        abort(403)
    return report
