"""Uploading a file, watching an import, its errors, its undoing."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from app.data import db
from app.files.quota import Refused
from app.host import Entry
from app.identity.access import access
from app.jobs.steering import cancel as cancel_job
from app.screens.page import ActionButton, Badge, Link
from app.screens.reading import Surface
from app.screens.reading.links import names_of
from app.screens.reading.surface import as_uuid
from app.screens.views.counting import number_words
from app.transfer import services
from app.transfer.dialects import dialect_of
from app.transfer.errors_file import words_of, write_errors
from app.transfer.models import BUSY, IMPORT_STATES, Import, ImportChange, ImportLine
from app.transfer.pages.asked import href, import_of, list_link, surface_for
from app.transfer.pages.progress import Progress, done_so_far
from app.transfer.plan import Plan
from app.transfer.reading import Unreadable

blueprint = Blueprint("imports", __name__, url_prefix="/transfer/imports", template_folder="../templates")
SHOWN = 50
"""Failed lines on the page; all of them are in the file."""


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that was not imported, or a record that an undo left."""

    line: str
    words: str


@dataclass(frozen=True, slots=True)
class StatusPage(Progress):
    """An import as it stands."""

    notice: str
    figures: tuple[Figure, ...]
    problems: tuple[Refusal, ...]
    more_problems: str
    errors_href: str
    again_href: str
    kept: tuple[Refusal, ...]


@blueprint.route("/new", methods=["GET", "POST"])
@access("signed-in")
def new() -> Any:
    """Choose a file; what it is and where its columns go is on the next page."""
    surface = surface_for(request.values.get("resource", ""), "import")
    like = as_uuid(request.values.get("like", ""))
    error = ""
    if request.method == "POST":
        sent = request.files.get("file")
        try:
            if sent is None or not sent.filename:
                raise Unreadable(_("Please choose a file."))
            plan = Plan.of(import_of(like)[0].plan) if like is not None else None
            record = services.take_in(db.session(), surface, sent.stream, sent.filename, plan)
            db.session.commit()
            return redirect(href("imports", record.id, "plan"), 303)
        except (Unreadable, Refused) as refused:
            db.session.rollback()
            error = str(refused)
    title = _("Import: %(what)s", what=surface.entry.resource.plural_words)
    hidden = [("resource", surface.entry.key), *([("like", str(like))] if like else [])]
    limit = current_app.config["TENANTRY"].max_upload_mb
    page = render_template(
        "transfer/upload.html", title=title, trail=(list_link(surface.entry),), hidden=hidden, error=error, limit=limit,
        cancel_href=list_link(surface.entry).href, is_again=like is not None,
        address_book=surface.entry.key == "contacts.contact",
    )  # fmt: skip
    return page, 422 if error else 200


@blueprint.get("/<uuid:import_id>")
@access("signed-in")
def show(import_id: UUID) -> str:
    """How an import stands: its progress, its figures, its errors, what can be done."""
    record, surface = import_of(import_id)
    return render_template("transfer/import.html", page=_page(record, surface))


def _page(record: Import, surface: Surface) -> StatusPage:
    state = next(one for one in IMPORT_STATES if one.value == record.state)
    done = (
        done_so_far(record.job_id, record.total)
        if record.state == "undoing"
        else record.created + record.changed + record.unchanged + record.failed
    )
    problems, more = _problems(record)
    numbers = {"done": number_words(done), "total": number_words(record.total)}
    return StatusPage(
        title=record.file_name,
        trail=(list_link(surface.entry), Link(_("Imports"), f"{href('import')}/")),
        badge=Badge(state.words, state.colour or "grey"),
        is_busy=record.state in BUSY,
        here=href("imports", record.id),
        done=done,
        total=max(record.total, done, 1),
        progress=ngettext("%(done)s of %(total)s line", "%(done)s of %(total)s lines", record.total, **numbers)
        if record.is_staged
        else _("Reading the file"),
        error=record.error or "",
        notice=_notice(record),
        figures=_figures(record) if record.state not in ("draft", "waiting") else (),
        actions=tuple(_actions(record)),
        problems=problems,
        more_problems=more,
        errors_href=href("imports", record.id, "errors") if problems else "",
        again_href=_again(record, surface.entry) if problems and not record.is_dry else "",
        kept=_kept(record),
    )


def _notice(record: Import) -> str:
    if not record.is_dry or record.state != "checked":
        return ""
    words = [_("Nothing is stored yet: this is what an import would do.")]
    if _has_remarks(record) and dialect_of(Plan.of(record.plan).format.kind) is None:
        words.append(_("Some lines are like records that are there already; whether they are left out is a setting."))
    return " ".join(words)


def _has_remarks(record: Import) -> bool:
    noted = select(ImportLine.line).where(ImportLine.import_id == record.id, ImportLine.problems.is_not(None))
    return db.session.scalars(noted.where(~ImportLine.failed).limit(1)).first() is not None


def _figures(record: Import) -> tuple[Figure, ...]:
    """In the words of a forecast as long as nothing is stored."""
    labels = (
        (_("would be new"), _("would be changed"), _("stay as they are"), _("cannot be imported"))
        if record.is_dry
        else (_("new"), _("changed"), _("unchanged"), _("not imported"))
    )
    values = record.created, record.changed, record.unchanged, record.failed
    return tuple(Figure(label, number_words(value)) for label, value in zip(labels, values, strict=True))


def _actions(record: Import) -> list[ActionButton]:
    def post(label: str, verb: str, style: Any = "plain", confirm: str = "") -> ActionButton:
        return ActionButton(label, href("imports", record.id, verb), "post", style, confirm=confirm)

    match record.state:
        case "draft" | "checked":
            plan = ActionButton(_("Columns and settings"), href("imports", record.id, "plan"), icon="settings")
            return [post(_("Import now"), "run", "primary"), plan, post(_("Discard"), "discard", "danger")]
        case "waiting" | "checking" | "running" | "undoing":
            return [post(_("Cancel"), "cancel", "danger")]
        case "cancelled" | "failed":
            goes_on = [post(_("Go on"), "run", "primary")] if not record.is_dry or record.done_line == 0 else []
            change = (
                [ActionButton(_("Columns and settings"), href("imports", record.id, "plan"))]
                if not record.done_line
                else []
            )
            return [*goes_on, *change, *([] if record.is_dry else [_undo(post)])]
        case "done":
            return [_undo(post)]
    return []


def _undo(post: Any) -> ActionButton:
    words = _("Take the whole import back? New records are deleted, changed ones get their old values.")
    button: ActionButton = post(_("Undo this import"), "undo", "danger", words)
    return button


def _problems(record: Import) -> tuple[tuple[Refusal, ...], str]:
    columns = ImportLine.line, ImportLine.problems
    noted = select(*columns).where(ImportLine.import_id == record.id, ImportLine.problems.is_not(None))
    rows = db.session.execute(noted.order_by(ImportLine.line).limit(SHOWN + 1)).all()
    shown = tuple(Refusal(number_words(row.line), words_of(row.problems)) for row in rows[:SHOWN])
    return shown, _("More lines are in the file.") if len(rows) > SHOWN else ""


def _again(record: Import, entry: Entry) -> str:
    return f"{href('imports', 'new')}?resource={entry.key}&like={record.id}" if record.failed else ""


def _kept(record: Import) -> tuple[Refusal, ...]:
    if record.state not in ("undone", "done"):
        return ()
    left = select(ImportChange.kept, func.count()).where(
        ImportChange.import_id == record.id, ImportChange.kept.is_not(None)
    )
    rows = db.session.execute(left.group_by(ImportChange.kept)).all()
    return tuple(Refusal(number_words(count), words or "") for words, count in rows)


@blueprint.get("/<uuid:import_id>/kept")
@access("signed-in")
def kept(import_id: UUID) -> str:
    """The records that an undo left, each with the reason."""
    record, surface = import_of(import_id)
    left = select(ImportChange.record_id, ImportChange.kept).where(
        ImportChange.import_id == record.id, ImportChange.kept.is_not(None)
    )
    rows = db.session.execute(left.order_by(ImportChange.record_id).limit(1_000)).all()
    base, names = list_link(surface.entry).href, names_of(surface, [row.record_id for row in rows])
    links = [(Link(names.get(key, key.hex[-8:]), f"{base}{key}" if key in names else ""), words) for key, words in rows]
    trail = (list_link(surface.entry), Link(record.file_name, href("imports", record.id)))
    return render_template("transfer/kept.html", title=_("Left as they are"), trail=trail, rows=links)


@blueprint.get("/<uuid:import_id>/errors")
@access("signed-in")
def errors(import_id: UUID) -> Response:
    """The lines that failed with their reasons, to be corrected and sent in again."""
    record, _surface = import_of(import_id)
    out = BytesIO()
    write_errors(db.session(), record.id, out, only_failed=bool(record.failed))
    response = Response(out.getvalue(), mimetype="text/csv")
    name = f"{record.file_name.rpartition('.')[0] or record.file_name}-{_('errors')}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/<uuid:import_id>/<any(run, cancel, undo, discard):verb>")
@access("signed-in")
def act(import_id: UUID, verb: str) -> Any:
    """Run, cancel, undo or discard."""
    record, surface = import_of(import_id)
    session = db.session()
    target = list_link(surface.entry).href if verb == "discard" else href("imports", record.id)
    try:
        if verb == "run":
            services.start(session, record, dry=record.is_dry and record.state in ("cancelled", "failed"))
        elif verb == "undo":
            services.undo(session, record)
        elif verb == "discard":
            services.discard(session, record)
        else:
            cancel(record)
        session.commit()
    except services.NotNow as reason:
        session.rollback()
        flash(str(reason), "warning")
        target = href("imports", import_id)
    return redirect(target, 303)


def cancel(record: Any) -> None:
    """Ask the job to end; one that has not begun never does."""
    if record.job_id is not None:
        cancel_job(db.session(), [record.job_id])
    if record.state == "waiting":
        record.state = "cancelled"
