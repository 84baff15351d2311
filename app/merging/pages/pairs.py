"""Possible duplicates: pairs to be merged, or to be left alone for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from app.data import db
from app.features import can
from app.host import Entry
from app.identity.access import access
from app.jobs import enqueue
from app.merging.jobs import FIND
from app.merging.likeness.pairs import Listed, decide, listed, pair_for
from app.merging.likeness.rules import LISTED_FROM, counted, kinds_with_clues
from app.merging.pages.asked import href
from app.merging.pages.compare import compare_href
from app.screens.page import ActionButton, Link
from app.screens.reading import Surface
from app.screens.reading.surface import as_uuid
from app.screens.views.screen import with_query
from app.transfer.pages.asked import list_link, surface_for

blueprint = Blueprint("duplicates", __name__, url_prefix="/merging/duplicates", template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Card:
    """One pair."""

    id: str
    records: tuple[Link, ...]
    score: str
    reasons: tuple[str, ...]
    hidden: str
    merge_href: str
    decide_href: str


@dataclass(frozen=True, slots=True)
class PairsPage:
    title: str
    tabs: tuple[Link, ...]
    states: tuple[Link, ...]
    actions: tuple[ActionButton, ...]
    cards: tuple[Card, ...]
    is_dismissed: bool
    counts: tuple[tuple[str, int], ...]
    rules_href: str
    threshold: int
    next_href: str
    resource: str


@blueprint.get("")
@access("merging.merge.read")
def show() -> str:
    """The pairs of one kind of records."""
    kinds = [one for one in kinds_with_clues() if can(one.key, "merge") and one.is_mergeable]
    if not kinds:
        abort(404)
    surface = surface_for(request.args.get("resource", "") or kinds[0].key, "merge")
    dismissed = request.args.get("state") == "dismissed"
    found, after = listed(surface, dismissed=dismissed, after=as_uuid(request.args.get("after", "")))
    return render_template("merging/pairs.html", page=_page(surface, kinds, found, after, dismissed))


def _page(surface: Surface, kinds: list[Entry], found: list[Listed], after: UUID | None, dismissed: bool) -> PairsPage:
    key, base = surface.entry.key, list_link(surface.entry).href
    find = ActionButton(
        _("Look now"), with_query(href("duplicates", "find"), [("resource", key)]), "post", icon="search"
    )
    states = ((_("To be decided"), ""), (_("Not duplicates"), "dismissed"))
    here = "dismissed" if dismissed else ""
    return PairsPage(
        title=_("Possible duplicates"),
        tabs=tuple(Link(one.resource.plural_words, _address(one.key, here), one.key == key) for one in kinds),
        states=tuple(Link(label, _address(key, state), state == here) for label, state in states),
        actions=(find,),
        cards=tuple(_card(surface, one, base) for one in found),
        is_dismissed=dismissed,
        counts=tuple((one.words, one.clue.points) for one in counted(surface.session, surface.entry)),
        rules_href=f"{href('rule')}/" if can("merging.rule", "read") else "",
        threshold=LISTED_FROM,
        next_href=_address(key, here, after=after) if after else "",
        resource=key,
    )


def _address(resource: str, state: str, **more: Any) -> str:
    pairs = [("resource", resource), *([("state", state)] if state else []), *more.items()]
    return with_query(href("duplicates"), pairs)


def _card(surface: Surface, one: Listed, base: str) -> Card:
    ids = [row.id for row in one.records]
    return Card(
        id=str(one.id),
        records=tuple(Link(str(row), f"{base}{row.id}") for row in one.records),
        score=_("%(score)s points", score=one.score),
        reasons=one.reasons,
        hidden=one.hidden,
        merge_href=compare_href(surface.entry.key, ids) if not one.hidden else "",
        decide_href=href("duplicates", one.id, "open" if one.is_dismissed else "dismiss") if not one.hidden else "",
    )


@blueprint.post("/find")
@access("merging.merge.read")
def find() -> Any:
    """Look for duplicates now, as a job."""
    surface = surface_for(request.args.get("resource", ""), "merge")
    enqueue(FIND, surface.entry.key)
    db.session.commit()
    flash(_("A job looks for duplicates now. Come back in a moment."), "success")
    return redirect(_address(surface.entry.key, ""), 303)


@blueprint.post("/<uuid:pair_id>/<any(dismiss, open):verb>")
@access("merging.merge.read")
def settle(pair_id: UUID, verb: str) -> Any:
    """Not a duplicate, or one after all."""
    surface = surface_for(request.form.get("resource", ""), "merge")
    pair = pair_for(surface, pair_id)
    if pair is None:
        abort(404)
    decide(surface, pair, dismissed=verb == "dismiss")
    db.session.commit()
    flash(_("Noted: they are not the same.") if verb == "dismiss" else _("The pair is listed again."), "success")
    return redirect(_address(surface.entry.key, "dismissed" if verb == "open" else ""), 303)
