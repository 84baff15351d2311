"""Asking for an export, watching it, fetching its file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, send_file
from flask_babel import gettext as _
from flask_babel import ngettext

from app.data import db
from app.files.models import FileObject
from app.files.stores import store
from app.host import registry
from app.identity.access import access
from app.identity.principal import principal
from app.screens.page import ActionButton, Badge, Link, Option
from app.screens.paper.letterhead import file_name
from app.screens.reading import Surface
from app.screens.views.actions import MAX_TICKED
from app.screens.views.counting import number_words, size_words
from app.transfer import exporting
from app.transfer.exporting import Wanted
from app.transfer.models import EXPORT_STATES, Export
from app.transfer.pages.asked import export_of, href, list_link, owner_only, surface_for
from app.transfer.pages.imports import cancel
from app.transfer.pages.progress import Progress, done_so_far
from app.transfer.running import Stopped
from app.transfer.writing import FORMATS, MIMES, TooMany

blueprint = Blueprint("exports", __name__, url_prefix="/transfer/exports", template_folder="../templates")


@dataclass(frozen=True, slots=True)
class ExportPage:
    """What can be chosen."""

    title: str
    trail: tuple[Link, ...]
    here: str
    hidden: tuple[tuple[str, str], ...]
    count: str
    formats: tuple[Option, ...]
    columns: tuple[Option, ...]
    cancel_href: str
    archive_href: str
    error: str


@dataclass(frozen=True, slots=True)
class DownloadPage(Progress):
    """An export as it stands."""

    words: str
    facts: tuple[tuple[str, Any], ...]


@blueprint.route("/new", methods=["GET", "POST"])
@access("signed-in")
def new() -> Any:
    """Choose columns and format; a small file comes at once, a large one is made by a job."""
    surface = surface_for(request.values.get("resource", ""), "export")
    if request.method == "GET":
        return render_template("transfer/export_new.html", page=_page(surface))
    wanted = Wanted.of(
        {
            "query": request.form.get("query", "")[:4000],
            "columns": exporting.chosen(surface, request.form.getlist("columns")),
            "kind": request.form.get("format", ""),
            "ids": _ticked(),
        }
    )
    if not wanted.columns:
        return render_template(
            "transfer/export_new.html", page=_page(surface, _("Please choose at least one column."))
        ), 422
    if exporting.count(surface, wanted, wanted.at_once) > wanted.at_once:
        record = exporting.ask_for(db.session(), surface, wanted)
        db.session.commit()
        return redirect(href("exports", record.id), 303)
    try:
        return _sent_now(surface, wanted)
    except (Stopped, TooMany) as error:
        db.session.rollback()
        return render_template("transfer/export_new.html", page=_page(surface, str(error))), 422


@blueprint.post("/ticked")
@access("signed-in")
def ticked() -> str:
    """The same form for the rows that somebody ticked in a list, or for all that match it."""
    surface = surface_for(request.values.get("resource", ""), "export")
    return render_template("transfer/export_new.html", page=_page(surface))


def _ticked() -> list[str]:
    return [] if request.form.get("all") == "1" else request.form.getlist("id")[:MAX_TICKED]


@blueprint.route("/archive", methods=["GET", "POST"])
@access("signed-in")
def archive() -> Any:
    """Everything of the tenant, packed by a job: the owner's to ask for."""
    owner_only()
    person = principal()
    if request.method == "GET" or person is None:
        return render_template(
            "transfer/archive.html", title=_("Archive of everything"), here=href("exports", "archive")
        )
    record = exporting.ask_for_archive(db.session(), person.tenant)
    db.session.commit()
    return redirect(href("exports", record.id), 303)


def _sent_now(surface: Surface, wanted: Wanted) -> Response:
    """Written whole before the answer begins: a person never gets half a file that looks like a whole one."""
    out = tempfile.SpooledTemporaryFile(max_size=2_000_000)  # noqa: SIM115  (the response closes it)
    exporting.write_now(surface, wanted, out)
    out.seek(0)
    return as_download(out, file_name(wanted.kind, surface.entry.resource.plural_words), MIMES[wanted.kind])


def as_download(stream: Any, name: str, mime: str) -> Response:
    """Always a download, kept by nobody in between."""
    response = send_file(stream, mime, as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(surface: Surface, error: str = "") -> ExportPage:
    query, ids = request.values.get("query", "")[:4000], _ticked()
    wanted = Wanted.of({"query": query, "ids": ids})
    found = exporting.count(surface, wanted)
    number = number_words(min(found, exporting.AT_ONCE)) + ("+" if found > exporting.AT_ONCE else "")
    ticked = set(request.values.getlist("columns") or exporting.usual_columns(surface))
    return ExportPage(
        title=_("Export: %(what)s", what=surface.entry.resource.plural_words),
        trail=(list_link(surface.entry),),
        here=href("exports", "new"),
        hidden=(("resource", surface.entry.key), ("query", query), *(("id", one) for one in ids)),
        count=ngettext(
            "%(count)s record, as the list shows it now",
            "%(count)s records, as the list shows them now",
            found,
            count=number,
        ),
        formats=tuple(Option(kind, kind.upper(), kind == request.values.get("format", "csv")) for kind in FORMATS),
        columns=tuple(_columns(surface, ticked)),
        cancel_href=list_link(surface.entry).href,
        archive_href=href("exports", "archive") if _is_owner() else "",
        error=error,
    )


def _is_owner() -> bool:
    person = principal()
    return person is not None and person.is_owner and person.scopes is None


def _columns(surface: Surface, ticked: set[str]) -> list[Option]:
    found = [Option("id", _("Id"), "id" in ticked)]
    for name, field in surface.fields.items():
        if name == "deleted_at" or (field.kind == "has_many" and name not in surface.entry.resource.inlines.split()):
            continue
        found.append(Option(name, field.words, name in ticked))
        if field.picks:
            found.append(Option(f"{name}.id", _("%(field)s (id)", field=field.words), f"{name}.id" in ticked))
    return found


@blueprint.get("/<uuid:export_id>")
@access("signed-in")
def show(export_id: UUID) -> str:
    """How an export stands."""
    return render_template("transfer/export.html", page=_status(export_of(export_id)))


def _status(record: Export) -> DownloadPage:
    state = next(one for one in EXPORT_STATES if one.value == record.state)
    is_busy = record.state in ("waiting", "running")
    is_there = exporting.is_available(record)
    actions: list[ActionButton] = []
    if is_busy:
        actions.append(ActionButton(_("Cancel"), href("exports", record.id, "cancel"), "post", "danger"))
    if is_there:
        actions.append(
            ActionButton(_("Download"), href("exports", record.id, "file"), style="primary", icon="download")
        )
    done = record.done or done_so_far(record.job_id, record.total)
    return DownloadPage(
        title=record.file_name,
        trail=(Link(_("Exports"), f"{href('export')}/"),),
        badge=Badge(state.words, state.colour or "grey"),
        is_busy=is_busy,
        here=href("exports", record.id),
        done=done,
        total=max(record.total, done, 1),
        progress=ngettext(
            "%(done)s of %(total)s record",
            "%(done)s of %(total)s records",
            record.total,
            done=number_words(done),
            total=number_words(record.total),
        ),
        error=record.error or "",
        words=_("The file was removed. Please export again.") if record.state == "expired" else "",
        facts=_facts(record) if is_there else (),
        actions=tuple(actions),
    )


def _facts(record: Export) -> tuple[tuple[str, Any], ...]:
    """What the file is: label and value."""
    entry = registry().entries.get(record.resource)
    return (
        (_("Kind of record"), entry.resource.plural_words if entry else _("Archive of everything")),
        (_("Records"), number_words(record.done)),
        (_("Size"), size_words(record.size)),
        (_("Available until"), record.expires_at),
    )


@blueprint.get("/<uuid:export_id>/file")
@access("signed-in")
def file(export_id: UUID) -> Response:
    """The file, until it expires."""
    record = export_of(export_id)
    if not exporting.is_available(record):
        abort(404, description=_("The file was removed. Please export again."))
    kept = db.session.get(FileObject, record.file_id)
    if kept is None:
        abort(404)
    response = as_download(store().open(kept.storage_key), record.file_name, kept.mime)
    response.content_length = kept.size
    return response


@blueprint.post("/<uuid:export_id>/cancel")
@access("signed-in")
def stop(export_id: UUID) -> Any:
    """Ask the job to end."""
    record = export_of(export_id)
    cancel(record)
    db.session.commit()
    return redirect(href("exports", export_id), 303)
