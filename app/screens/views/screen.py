"""`Screen`: one resource in one request, as the views need it: rows, words and addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import abort, flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.data import Record, db
from app.host import Entry
from app.identity.replies import safe_target
from app.screens.page import Link
from app.screens.reading import Surface
from app.screens.reading.snapshot import Snapshot, read_snapshot

Pairs = list[tuple[str, str]]
Found = TypeVar("Found")
SURFACES = ("board", "calendar", "gallery", "tree")
"""Ways to look at the records besides the list, each declared by the field that it goes by."""


@dataclass
class Screen:
    """Made per request. `base` is the address of the resource's list, tenant prefix included."""

    entry: Entry

    @cached_property
    def surface(self) -> Surface:
        return Surface(self.entry, db.session())

    @cached_property
    def base(self) -> str:
        return request.script_root + self.entry.path

    @property
    def list_href(self) -> str:
        return self.base + "/"

    @property
    def rows_href(self) -> str:
        """What a row's address begins with: its page here, or the better place that the resource names."""
        return self.outside(self.entry.resource.row_path) if self.entry.resource.row_path else self.list_href

    def outside(self, path: str) -> str:
        """An address of the tenant's that is not below this resource."""
        return f"{request.script_root}/{path.lstrip('/')}"

    def href(self, *parts: object) -> str:
        """An address below the resource: `href(id, "edit")`."""
        return "/".join([self.base, *(str(part) for part in parts)])

    @property
    def title(self) -> str:
        return self.entry.resource.words

    @property
    def plural(self) -> str:
        return self.entry.resource.plural_words

    def may(self, verb: str) -> bool:
        return self.surface.may(verb)

    def has(self, surface: str) -> bool:
        """Are the records shown as a board, calendar, gallery or tree, to this person too?"""
        field: str | None = getattr(self.entry.resource, surface)
        return field is not None and field in self.surface.fields

    @property
    def home(self) -> str:
        """Where a panel leads back to: the list, or the surface it was opened on (`on=board`)."""
        on = request.values.get("on", "")
        return self.href(on) if on in SURFACES and self.has(on) else self.list_href

    def record(self, record_id: UUID, *, trash: bool = False, lock: bool = False) -> Record:
        """The record, or a 404 that looks the same whether it never existed or is out of reach."""
        return self._or_not_found(self.surface.get(record_id, trash=trash, lock=lock), record_id)

    def snapshot(self, record_id: UUID) -> Snapshot:
        """The record as it is stored, for showing alone; a 404 as from `record`."""
        return self._or_not_found(read_snapshot(self.surface, record_id), record_id)

    def _or_not_found(self, found: Found | None, record_id: UUID) -> Found:
        """A record that was merged leads to the one that stayed."""
        return found if found is not None else self._refuse(record_id)

    def _refuse(self, record_id: UUID) -> NoReturn:
        survivor = self.surface.survivor_of(record_id)
        if survivor is not None and request.method == "GET" and self.surface.get(survivor) is not None:
            flash(_("This record was merged: here is the one that stayed."), "info")
            abort(redirect(self.href(survivor), 302))
        if survivor is not None:
            abort(410, description=_("This record was merged into another one."))
        abort(404, description=_("This record does not exist (any more), or it is not yours to see."))

    def trail(self, *links: Link) -> tuple[Link, ...]:
        """The way here from the list."""
        return (Link(self.plural, self.list_href), *links)

    def leave(self, words: str, target: str, category: str = "success", *, undo: range | None = None) -> Response:
        """Say what was done and go on, so that reloading the next page does nothing again. `undo` are the entries of
        the log that the reader may take back."""
        taking_back = {"words": words, "undo": self.href("undo"), "first": undo.start, "last": undo[-1]} if undo else {}
        flash(taking_back or words, category)  # type: ignore[arg-type]
        return redirect(target, 303)


def with_query(address: str, pairs: Iterable[tuple[str, Any]]) -> str:
    """The address with these arguments."""
    query = "&".join([_pair(name, str(value)) for name, value in pairs])
    return f"{address}?{query}" if query else address


@lru_cache(maxsize=10_000)
def _pair(name: str, value: str) -> str:
    """One argument as addresses spell it. A list page writes its filters into some twenty links."""
    return urlencode(((name, value),))


def all_arguments(*dropped: str) -> Pairs:
    """The arguments of this request's address in their order, without some."""
    return [(name, value) for name, value in request.args.items(multi=True) if name not in dropped]


def next_target(default: str) -> str:
    """Where to go after a change: `next` of form or address when it is a path of ours."""
    return safe_target(request.form.get("next") or request.args.get("next")) or default
