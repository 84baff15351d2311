"""Settings, Layouts: the kinds of records, the layouts of one kind in their order, arranging one, looking before it is
published."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.console.layouts.checking import obstacle
from app.console.layouts.editing import arranged_from, changed
from app.console.layouts.offering import (
    block_lines,
    column_lines,
    kinds_here,
    languages,
    section_cards,
    sort_options,
    view_options,
    whole,
)
from app.data import db
from app.data.record import words_of
from app.host import Entry
from app.host.layouts import EVERYBODY, Arranged, Layout, arranged_of, as_stored
from app.identity.access import access
from app.screens.laying import as_declared
from app.screens.page import Option
from app.screens.views.detail import relations_of, sections_of
from app.screens.views.form_page import Draft, form_page
from app.screens.views.relations import relation_labels
from app.screens.views.screen import Screen

blueprint = Blueprint("layouts", __name__, url_prefix="/console/layouts", template_folder="../templates")
ROLE = Layout.__fields__["role"]
MAY = "console.layout.update"
STEP = 10


@blueprint.get("/")
@access(MAY)
def kinds() -> str:
    """Every kind of record, with the roles that have a layout of their own."""
    rows = _rows()
    made: dict[str, list[str]] = {}
    for row in rows:
        made.setdefault(row.resource, []).append(role_words(row.role))
    groups: dict[str, list[tuple[Entry, list[str]]]] = {}
    for entry in kinds_here():
        groups.setdefault(str(entry.plugin.title), []).append((entry, made.get(entry.key, [])))
    return render_template("console/layouts/kinds.html", title=_("Layouts"), groups=groups)


@blueprint.get("/<kind>")
@access(MAY)
def one_kind(kind: str) -> str:
    """The layouts of a kind of record in the tenant's order."""
    entry, rows = _entry(kind), _rows(kind)
    taken = {row.role for row in rows}
    return render_template(
        "console/layouts/kind.html",
        title=_("Layouts: %(what)s", what=entry.resource.plural_words),
        entry=entry,
        rows=[(row, role_words(row.role)) for row in rows],
        free=[Option(one.value, one.words) for one in ROLE.offered if one.value not in taken],
        several=len([row for row in rows if row.role != EVERYBODY]) > 1,
        is_everybody=EVERYBODY in taken,
    )


@blueprint.post("/<kind>")
@access(MAY)
def change_kind(kind: str) -> Response:
    """Begin a layout for a role, or move one up or down."""
    _entry(kind)
    rows = _rows(kind)
    deed, _blank, role = request.form.get("do", "").partition(" ")
    if deed in ("up", "down"):
        _reorder(rows, role, -1 if deed == "up" else 1)
        db.session.commit()
        return redirect(url_for("layouts.one_kind", kind=kind), 303)
    role = request.form.get("role", "")
    if role not in [one.value for one in ROLE.offered]:
        abort(404)
    return redirect(url_for("layouts.edit", kind=kind, role=role), 303)


def _reorder(rows: list[Layout], role: str, step: int) -> None:
    roles = [row.role for row in rows if row.role != EVERYBODY]
    if role in roles and 0 <= (to := roles.index(role) + step) < len(roles):
        roles.insert(to, roles.pop(roles.index(role)))
    for row in rows:
        place = (roles.index(row.role) + 1) * STEP if row.role in roles else (len(roles) + 1) * STEP
        if row.position != place:
            row.position = place


@blueprint.get("/<kind>/<role>")
@access(MAY)
def edit(kind: str, role: str) -> str:
    """Arrange a layout: the draft, what is published, else what the plugin declares."""
    entry, row = _entry(kind), _row(kind, role)
    screen = Screen(entry)
    stored = (row.draft or row.published) if row is not None else None
    return _editor(screen, role, row, arranged_of(stored) if stored else as_declared(screen.surface))


@blueprint.post("/<kind>/<role>")
@access(MAY)
def arrange(kind: str, role: str) -> str | Response | tuple[str, int]:
    """What a button asks of what was arranged: to move something, to keep it as a draft and look at it, to publish."""
    entry, row = _entry(kind), _row(kind, role)
    screen = Screen(entry)
    arranged = arranged_from(request.form, languages())
    deed = request.form.get("do", "")
    if deed == "reset":
        return _editor(screen, role, row, as_declared(screen.surface), _("This is as the plugin declares it."))
    if deed == "copy":
        other = _row(kind, request.form.get("from", ""))
        stored = (other.published or other.draft) if other is not None else None
        return _editor(screen, role, row, arranged_of(stored) if stored else arranged)
    if deed not in ("look", "publish"):
        return _editor(screen, role, row, changed(arranged, deed))
    words = obstacle(screen.surface, as_stored(arranged)) if deed == "publish" else ""
    if words:
        return _editor(screen, role, row, arranged, problem=words), 422
    _keep(row, kind, role, arranged, is_published=deed == "publish")
    if deed == "look":
        return redirect(url_for("layouts.look", kind=kind, role=role), 303)
    flash(_("The layout is published. It holds from the next page on."), "success")
    return redirect(url_for("layouts.one_kind", kind=kind), 303)


def _keep(row: Layout | None, kind: str, role: str, arranged: Arranged, *, is_published: bool) -> None:
    if row is None:
        last = max((one.position for one in _rows(kind)), default=0)
        row = Layout(resource=kind, role=role, position=min(last + STEP, 10_000))
        db.session.add(row)
    if is_published:
        row.published, row.draft = as_stored(arranged), None
    else:
        row.draft = as_stored(arranged)
    db.session.commit()


@blueprint.get("/<kind>/<role>/look")
@access(MAY)
def look(kind: str, role: str) -> str:
    """The draft at work: the form of a new record, and the page of the newest one."""
    entry, row = _entry(kind), _row(kind, role)
    if row is None or not (row.draft or row.published):
        abort(404)
    screen = Screen(entry)
    arranged = arranged_of(row.draft or row.published)
    screen.surface.tried_layout = arranged
    return render_template(
        "console/layouts/look.html",
        title=_("Before it is published: %(what)s, %(role)s", what=entry.resource.plural_words, role=role_words(role)),
        form=form_page(screen, Draft()),
        sections=_sections(screen),
        kind=kind,
        role=role,
        is_draft=row.draft is not None,
        problem=obstacle(screen.surface, as_stored(arranged)),
    )


def _sections(screen: Screen) -> tuple[Any, ...]:
    """Of the newest record that the reader reaches; nothing where there is none."""
    newest = screen.surface.rows().order_by(screen.surface.model.id.desc()).limit(1)
    record = db.session.scalars(newest).one_or_none()
    if record is None:
        return ()
    labels = relation_labels(db.session(), relations_of(screen, record))
    return tuple(sections_of(screen, record, labels, ()))


@blueprint.post("/<kind>/<role>/publish")
@access(MAY)
def publish(kind: str, role: str) -> Response:
    """Let the draft hold."""
    entry, row = _entry(kind), _row(kind, role)
    if row is None or row.draft is None:
        abort(404)
    words = obstacle(Screen(entry).surface, row.draft)
    if words:
        flash(words, "error")
        return redirect(url_for("layouts.edit", kind=kind, role=role), 303)
    row.published, row.draft = row.draft, None
    db.session.commit()
    flash(_("The layout is published. It holds from the next page on."), "success")
    return redirect(url_for("layouts.one_kind", kind=kind), 303)


@blueprint.post("/<kind>/<role>/remove")
@access("console.layout.delete")
def remove(kind: str, role: str) -> Response:
    """Do without: everybody's layout holds for the role again; without everybody's, what the plugin declares."""
    _entry(kind)
    row = _row(kind, role)
    if row is None:
        abort(404)
    db.session.delete(row)
    db.session.commit()
    flash(_("The layout is removed."), "success")
    return redirect(url_for("layouts.one_kind", kind=kind), 303)


def _editor(
    screen: Screen, role: str, row: Layout | None, arranged: Arranged, note: str = "", problem: str = ""
) -> str:
    shown = whole(screen.surface, arranged)
    others = [one for one in _rows(screen.entry.key) if one.role != role]
    return render_template(
        "console/layouts/edit.html",
        title=_("Layout: %(what)s, %(role)s", what=screen.plural, role=role_words(role)),
        kind=screen.entry.key,
        role=role,
        row=row,
        note=note,
        problem=problem,
        cards=list(section_cards(screen.surface, shown)),
        blocks=block_lines(screen, shown),
        columns=column_lines(screen.surface, shown),
        sorts=sort_options(screen.surface, shown),
        views=view_options(screen, shown),
        others=[Option(one.role, role_words(one.role)) for one in others],
        rules=url_for("form_rules.rules"),
        plural=screen.plural,
        history=f"{request.script_root}/console/layout/{row.id}" if row is not None else "",
    )


def role_words(role: str) -> str:
    return words_of(ROLE, role)


def _entry(kind: str) -> Entry:
    found = next((one for one in kinds_here() if one.key == kind), None)
    return found if found is not None else abort(404)


def _rows(kind: str = "") -> list[Layout]:
    """In the tenant's order, everybody's last: it holds where no role has one."""
    wanted = select(Layout).order_by(Layout.role == EVERYBODY, Layout.position, Layout.id)
    return list(db.session.scalars(wanted.where(Layout.resource == kind) if kind else wanted))


def _row(kind: str, role: str) -> Layout | None:
    if role not in [one.value for one in ROLE.choices]:
        abort(404)
    return next((row for row in _rows(kind) if row.role == role), None)
