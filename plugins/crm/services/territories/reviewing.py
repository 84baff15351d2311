"""All leads looked at again: first a job counts what would move from where to where, then, when somebody says so,
another one moves them. Both go on where they stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.sdk import Job, JobRun, _, _l, enqueue, session
from plugins.crm.models import Lead, TerritoryReview
from plugins.crm.services.conditions import with_details
from plugins.crm.services.open_leads import is_open
from plugins.crm.services.territories.finding import find, place
from plugins.crm.services.territories.known import Territories, known

COUNT, MOVE = "crm.territories_count", "crm.territories_move"
CHUNK = 500
MOST_WAYS = 200
_LEAD: Any = Lead
Way = tuple[UUID | None, UUID | None]


def jobs() -> list[Job]:
    return [
        Job(COUNT, count, _l("Count which leads would change their territory"), timeout=3600),
        Job(MOVE, move, _l("Find the territories of leads anew"), timeout=3600),
    ]


def begin(row: Any, is_new: bool) -> None:
    """A review that is added looks at the leads at once; it moves none."""
    if is_new:
        enqueue(COUNT, str(row.id))


def count_again(rows: Sequence[Any]) -> None:
    """Look once more: rules or leads have changed since."""
    for row in _those(rows, "ready", "done"):
        row.state = "counting"
        enqueue(COUNT, str(row.id))


def start(rows: Sequence[Any]) -> str:
    """Move the leads, by the rules as they are when that happens."""
    for row in _those(rows, "ready"):
        row.state = "moving"
        enqueue(MOVE, str(row.id))
    return _("They are being moved. This page says when it is done.")


def _those(rows: Sequence[Any], *states: str) -> Sequence[Any]:
    if any(row.state not in states for row in rows):
        raise ValueError(_("This is at work, or has to look at the leads first."))
    return rows


def is_ready(row: TerritoryReview) -> bool:
    return row.state == "ready"


def is_at_rest(row: TerritoryReview) -> bool:
    return row.state in ("ready", "done")


def count(run: JobRun, key: str) -> dict[str, int]:
    """The job that counts and changes no lead."""
    row: Any = session.get(TerritoryReview, UUID(key))
    if row is None or row.state != "counting":
        return {}
    territories, ways, by_hand = known(), Counter[Way](), 0
    total, seen = _number(row.which), 0
    for leads in _chunks(row.which):
        by_hand += sum(lead.territory_by_hand for lead in leads)
        free = [lead for lead in leads if not lead.territory_by_hand]
        for lead in with_details(free, territories.details):
            ways[lead.territory_id, find(lead, territories)] += 1
        seen += len(leads)
        run.progress(seen, total)
    row = session.get_one(TerritoryReview, UUID(key))
    moves = {way: number for way, number in ways.items() if way[0] != way[1]}
    row.state, row.seen, row.by_hand, row.would_move, row.moved = "ready", seen, by_hand, sum(moves.values()), 0
    row.moves = _named(moves, territories)
    return {"seen": seen, "would_move": row.would_move}


def _named(moves: dict[Way, int], territories: Territories) -> list[dict[str, Any]]:
    """The most frequent ways, with the names as they are now."""
    ordered = sorted(moves.items(), key=lambda one: (-one[1], str(one[0])))[:MOST_WAYS]
    return [
        {"from": territories.path(left) or None, "to": territories.path(to) or None, "leads": number}
        for (left, to), number in ordered
    ]


def facts(row: TerritoryReview) -> list[tuple[str, str]]:
    """What would move from where to where, for the page of a review."""
    nowhere = _("no territory")
    return [
        (
            _("%(before)s → %(after)s", before=one["from"] or nowhere, after=one["to"] or nowhere),
            _("%(count)s leads", count=f"{one['leads']:,}"),
        )
        for one in row.moves or ()
    ]


def move(run: JobRun, key: str) -> dict[str, int]:
    """The job that moves. Commits in steps; taken up again it finds those done already where they belong."""
    row: Any = session.get(TerritoryReview, UUID(key))
    if row is None or row.state != "moving":
        return {}
    which, total, seen = row.which, _number(row.which), 0
    for leads in _chunks(which, lock=True):
        territories = known()
        free = [lead for lead in leads if not lead.territory_by_hand]
        moved = sum(place(lead, territories) for lead in with_details(free, territories.details))
        seen += len(leads)
        row = session.get_one(TerritoryReview, UUID(key))
        row.moved += moved
        session.commit()
        run.progress(seen, total)
    row = session.get_one(TerritoryReview, UUID(key))
    row.state = "done"
    return {"seen": seen, "moved": row.moved}


def _number(which: str) -> int:
    return session.scalar(select(func.count()).select_from(Lead).where(*_wanted(which))) or 0


def _wanted(which: str) -> list[Any]:
    return is_open() if which == "open" else [Lead.is_live()]


def _chunks(which: str, *, lock: bool = False) -> Iterator[Sequence[Any]]:
    last = UUID(int=0)
    while True:
        wanted = select(Lead).where(*_wanted(which), Lead.id > last).order_by(Lead.id).limit(CHUNK)
        leads = session.scalars(wanted.with_for_update() if lock else wanted).all()
        if not leads:
            return
        last = leads[-1].id
        yield leads
