"""The addresses of a resource's screens, and the Flask-AppBuilder view that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.baseviews import expose

from app.host import Action, Entry
from app.identity import access
from app.identity.views import PlainView
from app.screens.views import (
    actions,
    board,
    bulk_edit,
    calendar,
    detail,
    filter_panel,
    finding,
    form,
    gallery,
    history,
    inline,
    listing,
    paper,
    pictures,
    preview,
    related,
    removal,
    saved,
    timeline,
    tree,
    undoing,
)
from app.screens.views.screen import Screen

GET = ("GET",)
POST = ("POST",)
BOTH = ("GET", "POST")
ONE = "/<uuid:record_id>"
VIEW = "/views/<uuid:view_id>"


@dataclass(frozen=True, slots=True)
class Route:
    """One address: its name (part of the endpoint), path below the resource, the verb it needs, and what answers."""

    name: str
    path: str
    methods: tuple[str, ...]
    verb: str
    answer: Callable[..., Any]


ROUTES = (
    Route("list", "/", GET, "read", listing.list_page),
    Route("filters", "/filters", GET, "read", filter_panel.filter_panel),
    Route("columns", "/columns", BOTH, "read", filter_panel.column_chooser),
    Route("new_view", "/views/new", BOTH, "read", saved.new_view),
    Route("edit_view", VIEW, BOTH, "read", saved.edit_view),
    Route("delete_view", VIEW + "/delete", POST, "read", saved.delete_view),
    Route("pick", "/pick/<name>", GET, "read", finding.pick),
    Route("pick_in", "/pick/<group>/<name>", GET, "read", finding.pick_in),
    Route("quick", "/quick", POST, "create", finding.quick_create),
    Route("add", "/add", BOTH, "create", form.add_page),
    Route("list_pdf", "/pdf", GET, "export", paper.list_pdf),
    Route("show", ONE, GET, "read", detail.detail_page),
    Route("preview", ONE + "/preview", GET, "read", preview.preview_pane),
    Route("related", ONE + "/related/<name>", GET, "read", related.related_fragment),
    Route("print", ONE + "/print", GET, "read", paper.print_page),
    Route("record_pdf", ONE + "/pdf", GET, "read", paper.record_pdf),
    Route("timeline", ONE + "/timeline", GET, "read", timeline.timeline_fragment),
    Route("history", ONE + "/history", GET, "read", history.history_fragment),
    Route("restore_version", ONE + "/history/<uuid:entry_id>", POST, "update", history.restore_version),
    Route("edit", ONE + "/edit", BOTH, "update", form.edit_page),
    Route("field", ONE + "/field/<name>", BOTH, "update", inline.edit_field),
    Route("delete", ONE + "/delete", BOTH, "delete", removal.delete_page),
    Route("bulk_delete", "/bulk-delete", POST, "delete", actions.bulk_delete),
    Route("bulk_edit", "/bulk-edit", POST, "update", bulk_edit.bulk_edit),
    Route("trash", "/trash", GET, "delete", removal.trash_page),
    Route("restore", "/trash/<uuid:record_id>/restore", POST, "delete", removal.restore_record),
    Route("purge", "/trash/<uuid:record_id>/purge", BOTH, "delete", removal.purge_page),
    Route("undo", "/undo", POST, "read", undoing.undo_change),
    Route("board", "/board", GET, "read", board.board_page),
    Route("lane", "/board/lane", GET, "read", board.lane_page),
    Route("totals", "/board/totals", GET, "read", board.totals),
    Route("move", "/board/<uuid:record_id>", POST, "update", board.move_card),
    Route("calendar", "/calendar", GET, "read", calendar.calendar_page),
    Route("picture", "/pictures/<name>/<key>/<size>", GET, "read", pictures.show_picture),
    Route("upload", "/pictures/<name>", POST, "read", pictures.upload_picture),
    Route("gallery", "/gallery", GET, "read", gallery.gallery_page),
    Route("tree", "/tree", GET, "read", tree.tree_page),
    Route("branch", "/tree/<uuid:record_id>", GET, "read", tree.branch_page),
)
_TRASH = frozenset({"trash", "restore", "purge"})
_HISTORY = frozenset({"history", "restore_version", "undo"})
_PICTURES = frozenset({"picture", "upload"})
_NEEDS = {
    "board": ("board",),
    "lane": ("board",),
    "totals": ("board", "board_totals"),
    "move": ("board",),
    "calendar": ("calendar",),
    "gallery": ("gallery",),
    "tree": ("tree",),
    "branch": ("tree",),
    "timeline": ("timeline",),
    "quick": ("quick_create",),
}
"""What the resource must declare for an address to exist."""


def routes_of(entry: Entry) -> Iterator[Route]:
    """The addresses a resource has: nothing for verbs it leaves out, one for each action."""
    resource = entry.resource
    for route in ROUTES:
        if route.verb not in entry.verbs:
            continue
        if route.name in _TRASH and not resource.model.__soft_delete__:
            continue
        if route.name in _HISTORY and not resource.model.__audited__:
            continue
        if route.name in _PICTURES and not any(one.kind == "image" for one in entry.fields.values()):
            continue
        if all(getattr(resource, need) for need in _NEEDS.get(route.name, ())):
            yield route
    for action in resource.actions:
        yield Route(f"action_{action.name}", f"/actions/{action.name}", POST, action.name, _runner(action))


def _runner(action: Action) -> Callable[..., Any]:
    return lambda screen: actions.action_page(screen, action)


def view_class(entry: Entry) -> type[PlainView]:
    """The view of a resource. Name, address and permissions carry the plugin's name, so no two plugins collide."""
    body: dict[str, Any] = {
        "route_base": entry.path,
        "class_permission_name": entry.key,
        "default_view": "list",
        "__doc__": f"The screens of {entry.key}.",
    }
    for route in routes_of(entry):
        body[route.name] = _method(entry, route)
    return type(f"{entry.key.replace('.', '_')}_view", (PlainView,), body)


def _method(entry: Entry, route: Route) -> Callable[..., Any]:
    """Each view has functions of its own, because the permission is marked on the function."""

    def answer(self: PlainView, **arguments: Any) -> Any:
        return route.answer(Screen(entry), **arguments)

    answer.__name__ = route.name
    answer.__doc__ = route.answer.__doc__
    answer._permission_name = route.verb  # type: ignore[attr-defined]
    marked = access(f"{entry.key}.{route.verb}")(answer)
    exposed: Callable[..., Any] = expose(route.path, methods=route.methods)(marked)
    return exposed
