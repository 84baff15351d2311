"""The pairs that are listed, as one person may see them, and what is decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, select

from app.audit import note
from app.data import Record, utcnow
from app.data.scope import current_scope
from app.merging.likeness.rules import counted
from app.merging.likeness.warning import hidden_words
from app.merging.models import DuplicatePair
from app.screens.reading import Surface

PAGE = 25


@dataclass(frozen=True, slots=True)
class Listed:
    """A pair: two records, or the one that this person may see and whom to ask about the other."""

    id: UUID
    records: tuple[Record, ...]
    score: int
    reasons: tuple[str, ...]
    hidden: str = ""
    is_dismissed: bool = False


def listed(surface: Surface, *, dismissed: bool = False, after: UUID | None = None) -> tuple[list[Listed], UUID | None]:
    """A page of pairs, the likeliest first, and after which pair the next one goes on. Both records are live, and at
    least one of them is within this person's reach."""
    rows = surface.session.execute(_page(surface, dismissed, after).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    records = _records(surface, {one for row in shown for one in (row.first_id, row.second_id)})
    words = {one.clue.path: one.words for one in counted(surface.session, surface.entry)}
    found = [_listed(surface, row, records, words, dismissed) for row in shown]
    return found, shown[-1].id if len(rows) > PAGE else None


def _page(surface: Surface, dismissed: bool, after: UUID | None) -> Any:
    pair, model = DuplicatePair, surface.model
    ids, reached = (pair.first_id, pair.second_id), surface.conditions()
    state = pair.dismissed_at.is_not(None) if dismissed else pair.dismissed_at.is_(None)
    where = [pair.kind == surface.entry.key, state, *(_is_there(model, one, [model.is_live()]) for one in ids)]
    if not surface.is_plain(reached):
        where.append(or_(*(_is_there(model, one, reached) for one in ids)))
    before = surface.session.execute(select(pair.score, pair.id).where(pair.id == after)).one_or_none()
    if before is not None:
        where.append(or_(pair.score < before.score, and_(pair.score == before.score, pair.id < before.id)))
    columns = pair.id, pair.first_id, pair.second_id, pair.score, pair.reasons
    return select(*columns).where(*where).order_by(pair.score.desc(), pair.id.desc())


def _is_there(model: Any, record_id: Any, where: list[Any]) -> Any:
    """Is there such a record? Probed pair by pair: the LIMIT keeps the planner from reading all records."""
    probe = select(literal(True)).where(model.id == record_id, *where).limit(1)
    return func.coalesce(probe.correlate(DuplicatePair).scalar_subquery(), literal(False))


def _records(surface: Surface, ids: set[UUID]) -> dict[UUID, Record]:
    return {row.id: row for row in surface.session.scalars(surface.rows().where(surface.model.id.in_(ids)))}


def _listed(surface: Surface, row: Any, records: dict[UUID, Record], words: dict[str, str], dismissed: bool) -> Listed:
    seen = tuple(records[one] for one in (row.first_id, row.second_id) if one in records)
    hidden = [one for one in (row.first_id, row.second_id) if one not in records]
    reasons = [] if hidden else [words[path] for path, _points in row.reasons if path in words]
    return Listed(
        row.id, seen, row.score, tuple(reasons), hidden_words(surface, hidden[0]) if hidden else "", dismissed
    )


def pair_for(surface: Surface, pair_id: UUID) -> DuplicatePair | None:
    """A pair of two records that this person reaches both, locked."""
    found = surface.session.scalars(
        select(DuplicatePair)
        .where(DuplicatePair.id == pair_id, DuplicatePair.kind == surface.entry.key)
        .with_for_update()
    ).one_or_none()
    if found is None or len(_records(surface, {found.first_id, found.second_id})) < 2:
        return None
    return found


def decide(surface: Surface, pair: DuplicatePair, *, dismissed: bool) -> None:
    """They are two different ones, which is remembered; or they may be one after all. Flushes; the edge commits."""
    pair.dismissed_at = utcnow() if dismissed else None
    pair.dismissed_by = current_scope().actor_id if dismissed else None
    record = surface.session.get(surface.model, pair.first_id)
    verb = "not_a_duplicate" if dismissed else "duplicate_again"
    note(f"{surface.entry.key}.{verb}", record, {"other": str(pair.second_id)}, session=surface.session)
    surface.session.flush()
