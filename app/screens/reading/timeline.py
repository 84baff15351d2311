"""One timeline of a record out of everything that plugins know to tell about it, newest first, a page at a time.

All timelines are asked in one statement. When that fails, each is asked alone, so that the one at fault can be named
and the others are still shown. Nothing is written here, so a failed transaction is simply given up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, text, tuple_, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.data import Record
from app.features.gate import is_open
from app.host import Timeline, registry
from app.screens.reading.surface import Surface, as_uuid

log = logging.getLogger(__name__)

SIZE = 20
TOGETHER_MS, ALONE_MS = 3_000, 1_000
"""How long the database may take for all timelines, and for a single one."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a timeline: the moment and id of an entry."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id.hex}"

    @classmethod
    def read(cls, words: str) -> Mark | None:
        """The place these words name; None for words that name none."""
        moment, _tilde, key = words.partition("~")
        try:
            at, found = datetime.fromisoformat(moment), as_uuid(key)
        except ValueError:
            return None
        return cls(at, found) if found is not None and at.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry, as its timeline read it."""

    told_by: Timeline
    at: datetime
    id: UUID
    by: UUID | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Entries, newest first; where the next page begins; the timelines that could not be asked."""

    entries: tuple[Happening, ...]
    next: Mark | None
    failed: tuple[Timeline, ...]
    known: tuple[Timeline, ...]
    """All that know this kind of record."""


def timeline_rows(model: type[Record], at: Any, **facts: Any) -> Select[Any]:
    """The select of a `Timeline`: rows of a model at a moment, with facts by name. It is narrowed by `.where(...)`."""
    named = [part for name, column in facts.items() for part in (literal(name), column)]
    return select(
        at.label("at"), model.id, model.created_by.label("by"), func.jsonb_build_object(*named).label("facts")
    )


def read_timeline(surface: Surface, record: Record, before: Mark | None = None, kind: str = "") -> TimelinePage:
    """A page of the record's timeline, of one timeline alone where `kind` names it. The caller has found the record
    within the person's reach."""
    parts, failed = _parts(surface, record)
    known = (*parts, *failed)
    wanted = {one: rows for one, rows in parts.items() if kind in ("", one.name)}
    rows, broken = _read(surface.session, wanted, before) if wanted else ([], [])
    entries = tuple(rows[:SIZE])
    last = entries[-1] if len(rows) > SIZE else None
    failed = [one for one in (*failed, *broken) if kind in ("", one.name)]
    return TimelinePage(entries, Mark(last.at, last.id) if last else None, tuple(failed), known)


def adding_actions(surface: Surface) -> list[str]:
    """The names of the kind's own actions that stand above its timelines, as far as this person may read those."""
    return [
        name
        for one in registry().timelines.values()
        if one.actions and surface.entry.resource.timeline and _is_open(surface, one)
        for name in one.actions_on(surface.entry.key)
    ]


def _parts(surface: Surface, record: Record) -> tuple[dict[Timeline, Select[Any]], list[Timeline]]:
    """What each timeline would ask for, as far as this person may read it; those that cannot even say it."""
    parts: dict[Timeline, Select[Any]] = {}
    failed = []
    for one in registry().timelines.values():
        if not _is_open(surface, one):
            continue
        try:
            rows = one.rows(record)
            if rows is not None:
                parts[one] = rows.where(*_reach(surface, one.model, record))
        except Exception:
            log.exception("The timeline %s cannot say what it knows.", one.name)
            failed.append(one)
    return parts, failed


def _is_open(surface: Surface, one: Timeline) -> bool:
    entry = registry().by_model.get(one.model)
    if entry is not None and not Surface(entry, surface.session, surface.person).may("read"):
        return False
    person = surface.person
    return person is None or (person.tenant is not None and is_open(one.name, person.tenant, person).allowed)


def _reach(surface: Surface, model: Any, record: Record) -> Iterator[Any]:
    """The rows this person reaches. What hangs on a record is within reach when the record is: no more is asked."""
    if "target_id" in model.__fields__:
        yield from (model.target_type == surface.entry.key, model.target_id == record.id)
    entry = registry().by_model.get(model)
    if entry is not None:
        yield model.is_live()
        yield from Surface(entry, surface.session, surface.person).row_rules()


def _read(
    session: Session, parts: Mapping[Timeline, Select[Any]], before: Mark | None
) -> tuple[list[Happening], list[Timeline]]:
    timelines = list(parts)
    try:
        return _ask(session, timelines, [parts[one] for one in timelines], before, TOGETHER_MS), []
    except DBAPIError:
        session.rollback()
    found: list[Happening] = []
    failed = []
    for one in timelines:
        try:
            found += _ask(session, [one], [parts[one]], before, ALONE_MS)
        except DBAPIError:
            log.exception("The timeline %s cannot be read.", one.name)
            session.rollback()
            failed.append(one)
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[: SIZE + 1], failed


def _ask(
    session: Session, timelines: Sequence[Timeline], parts: Sequence[Select[Any]], before: Mark | None, patience: int
) -> list[Happening]:
    session.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": str(patience)})
    pages = [_page(at, rows, before) for at, rows in enumerate(parts)]
    together = union_all(*pages).subquery()
    newest = select(together).order_by(together.c.at.desc(), together.c.id.desc()).limit(SIZE + 1)
    return [Happening(timelines[row.told_by], row.at, row.id, row.by, row.facts) for row in session.execute(newest)]


def _page(at: int, rows: Select[Any], before: Mark | None) -> Any:
    """The newest rows of one timeline before the mark."""
    inner = rows.subquery()
    page = select(literal(at).label("told_by"), inner.c.at, inner.c.id, inner.c.by, inner.c.facts)
    if before is not None:
        page = page.where(tuple_(inner.c.at, inner.c.id) < tuple_(literal(before.at), literal(before.id)))
    return select(page.order_by(inner.c.at.desc(), inner.c.id.desc()).limit(SIZE + 1).subquery())
