"""The search box of every page: a page of results without scripts, and the same as data for the box's own list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.host import Hit, registry
from app.host.asking import answers
from app.host.guarding import SHOW
from app.identity import access
from app.identity.principal import Principal, principal
from app.screens.page import Link
from app.screens.palette import commands
from app.screens.searching import Group, search_everywhere

blueprint = Blueprint("search", __name__)
PAGE_SIZE = 10
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One section: a kind of record, or the commands."""

    title: str
    links: tuple[tuple[Link, str], ...]
    """Each with its hint."""
    more: Link | None = None


@blueprint.get("/search")
@access("signed-in")
def page() -> Any:
    """`/search?q=`: all that was found, by kind."""
    person, words = _person(), _words()
    sections = _sections(person, words, PAGE_SIZE) if words else []
    return render_template("search/page.html", title=_("Search"), words=words, sections=sections)


@blueprint.get("/search/suggest")
@access("signed-in")
def suggest() -> Response:
    """The same for the box, `{groups: [{title, items: [{label, hint, href}], more: {label, href}}]}`; without words,
    where to go."""
    sections = _sections(_person(), _words())
    groups = [
        {
            "title": one.title,
            "items": [{"label": link.label, "hint": hint, "href": link.href} for link, hint in one.links],
            "more": {"label": one.more.label, "href": one.more.href} if one.more else None,
        }
        for one in sections
    ]
    return jsonify(groups=groups)


def _person() -> Principal:
    """Whoever asks, inside a tenant: elsewhere there is nothing to search in."""
    person = principal()
    if person is None or person.tenant is None:
        abort(404)
    return person


def _words() -> str:
    return request.args.get("q", "").replace("\x00", " ").strip()[:LONGEST]


def _sections(person: Principal, words: str, size: int = 5) -> list[Found]:
    offered = tuple((link, "") for link in commands(person, words))
    found = [_section(group, words) for group in search_everywhere(db.session(), words, size=size)] if words else []
    found += _contributed(words) if words else []
    return [*found, Found(_("Go to"), offered)] if offered else found


def _contributed(words: str) -> list[Found]:
    """What plugins found beside records, each within its time; one that fails is left out."""
    said = answers("search_hits", {"words": words}, seconds=SHOW, read=_links, apart=True)
    titles = {one.name: str(one.title) for one in registry().plugins}
    return [Found(titles[plugin], links) for plugin, links in said if links]


def _links(hits: Sequence[Hit]) -> tuple[tuple[Link, str], ...]:
    first = islice(hits, PAGE_SIZE)
    return tuple((Link(str(one.label), request.script_root + one.path), str(one.hint)) for one in first)


def _section(group: Group, words: str) -> Found:
    address = f"{request.script_root}{group.entry.path}/?{urlencode({'q': words})}"
    more = Link(_("Show all in %(what)s", what=group.title), address) if group.more else None
    return Found(group.title, tuple((Link(hit.label, hit.href), hit.hint) for hit in group.hits), more)
