"""Asking whoever saves a record about those that look like it, without telling of records they may not see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from flask_babel import gettext as _
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session, object_session

from app.data import Record, current_tenant_id, db
from app.host import Doubt, Entry, registry
from app.host.custom_fields import PREFIX
from app.merging.likeness.rules import ASKED_FROM, Counted, counted
from app.merging.likeness.scoring import Looks, likeness, look, looks_of, score
from app.screens.reading import Surface
from app.screens.views.authors import author_names
from app.search.index import custom_token
from app.search.likeness import key_token
from app.tenancy.models import Membership

MOST = 3
_CANDIDATES = 30
NEWEST = UUID(int=2**128 - 1)
"""No key comes after it."""
_SHARING = text(
    "SELECT DISTINCT wanted.token, found.record_id"
    " FROM json_array_elements_text(CAST(:tokens AS json)) AS wanted(token)"
    " CROSS JOIN LATERAL (SELECT record_id FROM search_token WHERE tenant_id = :tenant_id AND kind = :kind"
    " AND token = wanted.token AND record_id < :before LIMIT :most) AS found"
)


def similar(row: Record) -> list[Doubt]:
    """Live records that look like this one, asked while it is new or something that counts changes: a doubt that was
    answered once does not come back with every edit."""
    entry = registry().by_model[type(row)]
    session = object_session(row) or db.session()
    clues = counted(session, entry)
    if not clues or not _touches(row, clues):
        return []
    mine = look(row.id, clues, {one.clue.path: _values(row, one) for one in clues})
    likely = _likely(session, entry, clues, mine)
    surface = Surface(entry, session)
    return [_doubt(surface, row, one) for one in likely[:MOST]]


def _touches(row: Record, clues: Sequence[Counted]) -> bool:
    state = inspect(row)
    if not state.persistent:
        return True
    for one in clues:
        if one.clue.path.startswith(PREFIX):
            attribute = "custom_fields"
        else:
            attribute = one.field.name if one.field.kind == "has_many" else one.field.column
        if one.clue.leads and state.attrs[attribute].history.has_changes():
            return True
        if one.field.kind == "has_many":
            named = one.clue.path.partition(".")[2]
            if any(inspect(child).attrs[named].history.has_changes() for child in getattr(row, attribute)):
                return True
    return False


def _values(row: Record, one: Counted) -> list[Any]:
    path = one.clue.path
    if path.startswith(PREFIX):
        return [(row.custom_fields or {}).get(path.removeprefix(PREFIX))]
    if one.field.kind == "has_many":
        return [getattr(child, path.partition(".")[2]) for child in getattr(row, one.field.name)]
    return [getattr(row, one.field.column)]


def _likely(session: Session, entry: Entry, clues: Sequence[Counted], mine: Looks) -> list[UUID]:
    """The ids of those that have enough in common, the likeliest first."""
    tokens = _tokens(clues, mine)
    if not tokens:
        return []
    with session.no_autoflush:
        ids = {record_id for _token, record_id in session.execute(_SHARING, _sought(entry, tokens))} - {mine.id}
        others = looks_of(session, entry, clues, ids) if ids else {}
    scored = [(score(likeness(clues, mine, other)), other.id) for other in others.values()]
    return [record_id for points, record_id in sorted(scored, reverse=True) if points >= ASKED_FROM]


def _tokens(clues: Sequence[Counted], mine: Looks) -> list[str]:
    """What a record like this one would be found by."""
    return [
        custom_token(one.clue.path.removeprefix(PREFIX), key)
        if one.clue.path.startswith(PREFIX)
        else key_token(one.clue.path, key)
        for one in clues
        if one.clue.leads
        for key in mine.keys.get(one.clue.path, ())
    ]


def _sought(entry: Entry, tokens: Sequence[str], before: UUID = NEWEST) -> dict[str, Any]:
    values = {"tenant_id": current_tenant_id(), "kind": entry.key, "tokens": orjson.dumps(tokens).decode()}
    return {**values, "before": before, "most": _CANDIDATES}


def _doubt(surface: Surface, row: Record, other_id: UUID) -> Doubt:
    with surface.session.no_autoflush:
        other = surface.get(other_id)
        if other is None:
            return Doubt(hidden_words(surface, other_id), "duplicate")
        words = _("“%(name)s” may be the same: %(what)s.", name=str(other), what=surface.entry.resource.words)
        if inspect(row).persistent and surface.may("merge"):
            return Doubt(words, "duplicate", compare_path(surface.entry, [row.id, other_id]))
        return Doubt(words, "duplicate", f"{surface.entry.path}/{other_id}")


def compare_path(entry: Entry, ids: Sequence[UUID]) -> str:
    """Where records are looked at side by side, inside the tenant."""
    return f"/merging/new?resource={entry.key}" + "".join(f"&id={one}" for one in ids)


def hidden_words(surface: Surface, record_id: UUID) -> str:
    """That there is one like it already, and whom to ask: nothing else of it."""
    name = owner_name(surface, record_id)
    if name:
        return str(_("One like this exists already; a colleague looks after it. Please ask %(name)s.", name=name))
    return str(_("One like this exists already; a colleague looks after it. Please ask an admin."))


def owner_name(surface: Surface, record_id: UUID) -> str:
    """Who looks after a record, or made it, when they are members."""
    model: Any = surface.model
    owner = surface.entry.resource.owner_field
    columns = [model.created_by, *([getattr(model, f"{owner}_id")] if owner else [])]
    found = surface.session.execute(select(*columns).where(model.id == record_id)).one_or_none()
    if found is None:
        return ""
    if owner and found[1] is not None:
        return surface.session.scalar(select(Membership.name).where(Membership.id == found[1])) or ""
    return author_names(surface.session, [found[0]]).get(found[0], "")


def alike(session: Session, rows: Sequence[Record], before: UUID) -> dict[UUID, set[UUID]]:
    """The same for many new records at once, as imports ask it: by the id of each the ids of stored ones like it, of
    those that are older than `before` (keys follow creation)."""
    entry = registry().by_model[type(rows[0])] if rows else None
    clues = counted(session, entry) if entry is not None else ()
    if entry is None or not clues:
        return {}
    looks = {row.id: look(row.id, clues, {one.clue.path: _values(row, one) for one in clues}) for row in rows}
    askers: dict[str, set[UUID]] = {}
    for mine in looks.values():
        for token in _tokens(clues, mine):
            askers.setdefault(token, set()).add(mine.id)
    with session.no_autoflush:
        hits = session.execute(_SHARING, _sought(entry, list(askers), before)).all() if askers else []
        others = looks_of(session, entry, clues, {record_id for _token, record_id in hits}) if hits else {}
    found: dict[UUID, set[UUID]] = {}
    for token, record_id in hits:
        for asker in askers[token] if record_id in others else ():
            if score(likeness(clues, looks[asker], others[record_id])) >= ASKED_FROM:
                found.setdefault(asker, set()).add(record_id)
    return found
