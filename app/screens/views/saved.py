"""Saved views on a list: the tabs, the form that saves the list as it stands, the settings of a view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import abort, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.data import db
from app.identity.principal import Principal, principal
from app.screens.page import FieldView, Problem, SavedViewTab, SaveViewPage
from app.screens.saved_views import SavedView, View, default_view, make_only_default, may_change, may_share, views_for
from app.screens.views.screen import Pairs, Screen, all_arguments, with_query

ALL = "all"
_FLEETING = ("view", "cursor", "count", "next", "apply", "on", "month", "lanes", "totals")


@dataclass(frozen=True, slots=True)
class AppliedView:
    """The arguments a list is read with, and the views there are."""

    pairs: Pairs
    current: View | None
    views: Sequence[View]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tabs:
    tabs: tuple[SavedViewTab, ...] = ()
    save_href: str = ""
    settings_href: str = ""


def apply_view(screen: Screen) -> AppliedView:
    """The address rules; a bare address opens the default view."""
    person = _person()
    views = (*_declared(screen), *views_for(screen.surface.session, person, screen.entry.key))
    pairs = all_arguments()
    chosen = request.args.get("view")
    if not pairs and (default := default_view(views, person)) is not None:
        return AppliedView([*parse_qsl(default.query), ("view", str(default.id))], default, views)
    if chosen in (None, ALL):
        return AppliedView(pairs, None, views)
    current = next((view for view in views if str(view.id) == chosen), None)
    if current is None:
        return AppliedView(all_arguments("view"), None, views, (_("This saved view does not exist (any more)."),))
    return AppliedView(pairs, current, views)


def _declared(screen: Screen) -> Iterator[View]:
    """The views that the list has from the start, without those by fields that are hidden from this person."""
    declared = screen.entry.resource.views
    known = screen.surface.filterable().keys() if declared else ()
    for one in declared:
        if one.fields.issubset(known):
            yield View(one.name, str(one.title), one.query, "", is_default=False, created_by=None)


def tabs(screen: Screen, applied: AppliedView, on: str = "") -> Tabs:
    """All records, the declared views, then those that were saved, by name; saving and settings at the end. `on` is the
    surface, where it is no list."""
    home, beside = (screen.href(on), [("on", on)]) if on else (screen.list_href, [])
    everything = with_query(home, [("view", ALL)] if any(v.is_default for v in applied.views) else [])
    found = [SavedViewTab(_("All"), everything, applied.current is None)]
    for view in applied.views:
        note = _("shared") if view.audience == "shared" else ""
        address = with_query(home, [*parse_qsl(view.query), ("view", view.id)])
        found.append(SavedViewTab(view.name, address, view is applied.current, note))
    query = _lasting(applied.pairs)
    save = with_query(screen.href("views", "new"), [("query", query), *beside]) if query else ""
    settings = ""
    if applied.current is not None and may_change(applied.current, _person()):
        settings = with_query(screen.href("views", applied.current.id), [("query", query), *beside])
    return Tabs(tuple(found), save, settings)


def new_view(screen: Screen) -> str | Response | tuple[str, int]:
    """GET asks for a name; POST keeps the list as it stood under it."""
    query = request.values.get("query", "")[:4000]
    if request.method == "GET":
        return _form(screen, None, query)
    view = SavedView(resource=screen.entry.key, query=_lasting(parse_qsl(query)))
    return _save(screen, view, query, _("The view “%(name)s” is saved."))


def edit_view(screen: Screen, view_id: UUID) -> str | Response | tuple[str, int]:
    """GET shows the settings of a view; POST changes them and, when asked to, its filters and columns."""
    view = _changeable(screen, view_id)
    query = request.values.get("query", "")[:4000]
    if request.method == "GET":
        return _form(screen, view, query)
    if request.form.getlist("replace")[-1:] == ["1"]:
        view.query = _lasting(parse_qsl(query))
    return _save(screen, view, query, _("The view “%(name)s” is changed."))


def delete_view(screen: Screen, view_id: UUID) -> Response:
    """Remove a view; the records it showed stay."""
    view = _changeable(screen, view_id)
    name = view.name
    db.session.delete(view)
    db.session.commit()
    return screen.leave(_("The view “%(name)s” is deleted.", name=name), with_query(screen.list_href, [("view", ALL)]))


def _save(screen: Screen, view: SavedView, query: str, words: str) -> str | Response | tuple[str, int]:
    name = request.form.get("name", "").replace("\x00", " ").strip()
    if not name or len(name) > 60:
        db.session.rollback()
        problem = Problem(_("Please give it a name of at most 60 characters."), "name", _("Name"))
        return _form(screen, None, query, problem), 422
    wants_shared = request.form.getlist("shared")[-1:] == ["1"]
    view.name = name
    view.audience = "shared" if wants_shared and may_share(_person()) else "private"
    view.is_default = request.form.getlist("default")[-1:] == ["1"]
    db.session.add(view)
    db.session.flush()
    if view.is_default:
        make_only_default(db.session(), view)
    target = with_query(screen.home, [*parse_qsl(view.query), ("view", view.id)])
    db.session.commit()
    return screen.leave(words % {"name": name}, target)


def _form(screen: Screen, view: SavedView | None, query: str, problem: Problem | None = None) -> str:
    typed = request.form.get("name", "")
    errors = (problem.words,) if problem else ()
    name = view.name if view else typed
    fields = [FieldView("name", _("Name"), "text", name, required=True, max_length=60, errors=errors)]
    if may_share(_person()):
        shared = view is not None and view.audience == "shared"
        fields.append(FieldView("shared", _("Everybody here sees it"), "flag", "1" if shared else "0"))
    is_default = "1" if view is not None and view.is_default else "0"
    fields.append(FieldView("default", _("Open the list with this view"), "flag", is_default))
    if view is not None:
        fields.append(FieldView("replace", _("Keep the filters, order and columns as they are now"), "flag", "1"))
    here = screen.href("views", view.id) if view else screen.href("views", "new")
    page = SaveViewPage(
        title=_("The view “%(name)s”", name=view.name) if view else _("Save this view"),
        action_href=here,
        cancel_href=with_query(screen.home, parse_qsl(query)),
        fields=tuple(fields),
        problems=(problem,) if problem else (),
        hidden=(("query", query), ("on", request.values.get("on", ""))),
        submit_label=_("Save"),
        delete_href=here + "/delete" if view else "",
    )
    return render_template("resource/save_view.html", page=page)


def _changeable(screen: Screen, view_id: UUID) -> SavedView:
    view = db.session.get(SavedView, view_id)
    if view is None or view.resource != screen.entry.key or not may_change(view, _person()):
        abort(404)
    return view


def _lasting(pairs: Pairs) -> str:
    return urlencode([pair for pair in pairs if pair[0] not in _FLEETING and pair[1]])


def _person() -> Principal:
    person = principal()
    if person is None:
        abort(401)
    return person
