"""Looking through all records of a kind for pairs that may be the same.

Records are compared with those alone that share a key with them: the keys are tokens, so one walk along their index
gives all groups of records that do. A group of many (a common name) is divided by the other clues before it is looked
at in pairs, so the work grows with the records and not with their square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.data import current_tenant_id, db, utcnow
from app.host import Entry, JobRun
from app.host.custom_fields import PREFIX
from app.merging.likeness.rules import LISTED_FROM, Counted, counted, kinds_with_clues
from app.merging.likeness.scoring import Looks, Reasons, likeness, looks_of, score
from app.search.likeness import key_range
from app.search.rebuild import rebuild

BATCH = 1_000
"""Groups that are looked at in one transaction."""
GROUP = 40
"""Records that are compared each with each; a larger group is divided first."""
LARGEST = 5_000
"""Of a group of more records, so many are looked at: nobody is told from others by what they all share."""

_GROUPS = text(
    f"SELECT token, (array_agg(record_id ORDER BY record_id))[1\\:{LARGEST}] FROM search_token"
    " WHERE tenant_id = :tenant_id AND kind = :kind AND token > :after AND token < :high"
    " GROUP BY token HAVING count(*) > 1 ORDER BY token LIMIT :batch"
)
_NOTE = text(
    "INSERT INTO duplicate_pair AS known (tenant_id, kind, first_id, second_id, score, reasons, seen_at)"
    " SELECT :tenant_id, :kind, first_id, second_id, score, reasons, :now"
    " FROM json_to_recordset(CAST(:rows AS json)) AS r(first_id uuid, second_id uuid, score int, reasons jsonb)"
    " ON CONFLICT (tenant_id, kind, first_id, second_id) DO UPDATE"
    " SET score = excluded.score, reasons = excluded.reasons, seen_at = excluded.seen_at"
)
_FORGET = text(
    "DELETE FROM duplicate_pair"
    " WHERE tenant_id = :tenant_id AND kind = :kind AND dismissed_at IS NULL AND seen_at < :since"
)
"""What was listed and is alike no more. What somebody has decided is remembered."""

_HAS_KEYS = text(
    "SELECT EXISTS (SELECT FROM search_token"
    " WHERE tenant_id = :tenant_id AND kind = :kind AND token >= '~' AND token < '~~')"
)

Pair = tuple[UUID, UUID]


def find_all(run: JobRun, kinds: Sequence[str]) -> dict[str, int]:
    """The job: the number of pairs that are listed of each kind. Commits after each batch; may be begun again."""
    found: dict[str, int] = {}
    for entry in kinds_with_clues():
        if not kinds or entry.key in kinds:
            found[entry.key] = find(run, db.session(), entry)
    return found


def find(run: JobRun, session: Session, entry: Entry) -> int:
    """List the pairs of one kind anew."""
    begun, listed = utcnow(), 0
    clues = counted(session, entry)
    _ensure_keys(run, session, entry)
    for one in clues:
        if not one.clue.leads:
            continue
        for groups in _batches(session, entry, one):
            pairs = _likely(session, entry, clues, groups)
            _keep(session, entry, pairs, begun)
            session.commit()
            listed += len(pairs)
            run.progress(listed, words=entry.resource.plural_words)
    session.execute(_FORGET, {"tenant_id": current_tenant_id(), "kind": entry.key, "since": begun})
    return _listed(session, entry)


def _ensure_keys(run: JobRun, session: Session, entry: Entry) -> None:
    """Records from before there were clues have no keys yet: their tokens are written again, once."""
    values = {"tenant_id": current_tenant_id(), "kind": entry.key}
    if session.execute(_HAS_KEYS, values).scalar_one():
        return
    for _done in rebuild(session, entry.key, restart=True):
        run.check()


def _batches(session: Session, entry: Entry, one: Counted) -> Iterator[list[Sequence[UUID]]]:
    """Groups of records that share a key of a clue, in the order of the keys."""
    low, high = _range_of(one)
    while True:
        values = {"tenant_id": current_tenant_id(), "kind": entry.key, "after": low, "high": high}
        rows = session.execute(_GROUPS, {**values, "batch": BATCH}).all()
        if rows:
            yield [ids for _token, ids in rows]
        if len(rows) < BATCH:
            return
        low = rows[-1][0]


def _range_of(one: Counted) -> tuple[str, str]:
    path = one.clue.path
    if path.startswith(PREFIX):
        key = path.removeprefix(PREFIX)
        return f"={key}:", f"={key};"
    return key_range(path)


def _likely(
    session: Session, entry: Entry, clues: Sequence[Counted], groups: Iterable[Sequence[UUID]]
) -> dict[Pair, Reasons]:
    """The pairs in these groups that have enough in common."""
    groups = list(groups)
    looks = looks_of(session, entry, clues, {one for group in groups for one in group})
    found: dict[Pair, Reasons] = {}
    for group in groups:
        there = [looks[one] for one in group if one in looks]
        for first, second in _pairs(there, clues):
            reasons = likeness(clues, first, second)
            if score(reasons) >= LISTED_FROM:
                found[first.id, second.id] = reasons
    return found


def _pairs(group: Sequence[Looks], clues: Sequence[Counted]) -> Iterator[tuple[Looks, Looks]]:
    """Each with each, or, in a large group, with those that share something else too."""
    if len(group) <= GROUP:
        yield from combinations(sorted(group, key=lambda one: one.id), 2)
        return
    for one in clues:
        divided: dict[str, list[Looks]] = {}
        for looks in group:
            for key in looks.keys.get(one.clue.path, ()):
                divided.setdefault(key, []).append(looks)
        for part in divided.values():
            if 1 < len(part) <= GROUP:
                yield from combinations(sorted(part, key=lambda each: each.id), 2)


def _keep(session: Session, entry: Entry, pairs: dict[Pair, Reasons], now: datetime) -> None:
    if pairs:
        rows: list[dict[str, Any]] = [
            {"first_id": first, "second_id": second, "score": score(reasons), "reasons": reasons}
            for (first, second), reasons in sorted(pairs.items())
        ]
        values = {"tenant_id": current_tenant_id(), "kind": entry.key, "now": now}
        session.execute(_NOTE, {**values, "rows": orjson.dumps(rows).decode()})


_COUNT = text(
    "SELECT count(*) FROM duplicate_pair WHERE tenant_id = :tenant_id AND kind = :kind AND dismissed_at IS NULL"
)


def _listed(session: Session, entry: Entry) -> int:
    return int(session.execute(_COUNT, {"tenant_id": current_tenant_id(), "kind": entry.key}).scalar_one())
