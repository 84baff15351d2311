"""The timeline of a record's page: fetched when the page is there, filtered by kind, and added to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext as _

from app.data import Record
from app.host import Timeline, registry
from app.screens.page import ActionButton, Link, TimelineEntryView, TimelineFragment, WriteBox
from app.screens.reading import Surface
from app.screens.reading.timeline import Happening, Mark, TimelinePage, read_timeline
from app.screens.views.actions import named_buttons
from app.screens.views.authors import author_names
from app.screens.views.screen import Screen, with_query

log = logging.getLogger(__name__)


def timeline_fragment(screen: Screen, record_id: UUID) -> str:
    """`?kind=<timeline>&before=<mark>`: a page of entries; the first one also says what can be added."""
    record = screen.record(record_id)
    before = Mark.read(request.args.get("before", ""))
    kind = request.args.get("kind", "")
    label = str(record)
    found = read_timeline(screen.surface, record, before, kind if kind in registry().timelines else "")
    entries, failed = _entries(screen, found)
    here = screen.href(record_id, "timeline")
    kept = [("kind", kind)] if kind else []
    page = TimelineFragment(
        label=_("Timeline: %(name)s", name=label),
        entries=tuple(entries),
        empty=_("Nothing has happened yet."),
        back_href=screen.href(record_id),
        kinds=_kinds(here, found.known, kind) if before is None else (),
        failed=tuple(_("“%(what)s” cannot be shown at the moment.", what=one.title) for one in failed),
        box=_box(screen, record_id, found.known) if before is None else None,
        adding=tuple(_adding(screen, record, found.known)) if before is None else (),
        older_href=with_query(here, [*kept, ("before", str(found.next))]) if found.next is not None else "",
    )
    return render_template("resource/timeline.html", page=page)


def _kinds(here: str, known: tuple[Timeline, ...], kind: str) -> tuple[Link, ...]:
    if len(known) < 2:
        return ()
    links = [Link(str(one.title), with_query(here, [("kind", one.name)]), one.name == kind, one.icon) for one in known]
    return (Link(_("All"), here, not kind), *links)


def _entries(screen: Screen, found: TimelinePage) -> tuple[list[TimelineEntryView], list[Timeline]]:
    """The entries in words; a timeline that fails at it is named, and its entries are left out."""
    names = author_names(screen.surface.session, [one.by for one in found.entries])
    failed = list(found.failed)
    entries = []
    for one in found.entries:
        try:
            entries.append(_entry(screen, one, names.get(one.by, "")))
        except Exception:
            log.exception("The timeline %s has no words for %s.", one.told_by.name, one.id)
            if one.told_by not in failed:
                failed.append(one.told_by)
    return entries, failed


def _entry(screen: Screen, one: Happening, who: str) -> TimelineEntryView:
    told_by = one.told_by
    body = told_by.body(one.facts) if told_by.body is not None else ""
    return TimelineEntryView(
        kind=str(told_by.title),
        icon=told_by.icon,
        words=str(told_by.words(one.facts)),
        when=one.at,
        who=who,
        href=_href(screen, one),
        body=body,
    )


def _href(screen: Screen, one: Happening) -> str:
    if one.told_by.href is not None:
        address = one.told_by.href(one.facts)
        return screen.outside(address) if address else ""
    entry = registry().by_model.get(one.told_by.model)
    return screen.outside(f"{entry.path}/{one.id}") if entry is not None else ""


def _box(screen: Screen, record_id: UUID, known: tuple[Timeline, ...]) -> WriteBox | None:
    """The first timeline that can be written to at once."""
    for one in known:
        surface = _creating(screen, one) if one.write else None
        if surface is not None:
            field = surface.entry.fields[one.write]
            return WriteBox(
                href=screen.outside(f"{surface.entry.path}/add"),
                name=one.write,
                label=_("New: %(what)s", what=surface.entry.resource.words),
                submit_label=_("Add"),
                max_length=field.max_length,
                hidden=(*_given(screen, one.model, record_id), ("next", screen.href(record_id))),
                help=str(field.help) if field.help is not None else "",
                mentions_href=_mentions(screen),
            )
    return None


def _mentions(screen: Screen) -> str:
    """Where colleagues are found while a name is typed after an @: among those whom the record may belong to."""
    owner = screen.entry.resource.owner_field
    return screen.href("pick", owner) if owner and owner in screen.surface.fields else ""


def _adding(screen: Screen, record: Record, known: tuple[Timeline, ...]) -> Iterator[ActionButton]:
    """Timeline by timeline the actions that add to it; where it has none for this record, the form of a new row."""
    for one in known:
        actions = named_buttons(screen, record, one.actions_on(screen.entry.key))
        address = "" if actions or one.write else _form(screen, record, one)
        if address:
            words = _("New: %(what)s", what=registry().by_model[one.model].resource.words)
            actions = [ActionButton(words, address, icon=one.icon)]
        yield from actions


def _form(screen: Screen, record: Record, one: Timeline) -> str:
    """The address of the form of a new row about the record; empty where this person has none."""
    entry = registry().by_model.get(one.model)
    if entry is None:
        return ""
    back = ("next", screen.href(record.id))
    if one.add is not None:
        address = one.add(record)
        return with_query(screen.outside(address), [back]) if address else ""
    own_page = entry.resource.add_path
    pairs = _given(screen, one.model, record.id) or _through(screen, one, record.id)
    if not pairs or not (_creating(screen, one) is not None or (own_page and screen.may("update"))):
        return ""
    return with_query(screen.outside(own_page or f"{entry.path}/add"), [*pairs, back])


def _creating(screen: Screen, one: Timeline) -> Surface | None:
    entry = registry().by_model.get(one.model)
    surface = Surface(entry, screen.surface.session, screen.surface.person) if entry is not None else None
    return surface if surface is not None and surface.may("create") else None


def _given(screen: Screen, model: type[Record], record_id: UUID) -> tuple[tuple[str, Any], ...]:
    """What names the record to rows that may hang on any."""
    if "target_id" not in model.__fields__:
        return ()
    return ("target_type", screen.entry.key), ("target_id", str(record_id))


def _through(screen: Screen, one: Timeline, record_id: UUID) -> tuple[tuple[str, Any], ...]:
    """What names the record to rows that belong to it."""
    for field in one.model.__fields__.values():
        leads_here = field.kind == "belongs_to" and field.target is not None and field.target() is screen.entry.model
        if leads_here and not field.readonly:
            return ((field.name, str(record_id)),)
    return ()
