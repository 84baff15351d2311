"""Searching all kinds of records at once, for a time that depends on what is shown and not on how much is stored.

First the hits of each kind are counted, up to a cap; then each kind that has some is read from its rarest term on, in
the order of the tokens, until enough are found. Whole words therefore come before beginnings of longer ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Subquery, TextClause, func, literal, select, text
from sqlalchemy.orm import Session, aliased

from app.data import current_tenant_id
from app.search.index import NOTHING, Hidden, Range, SearchToken, is_seen, term_range

MOST = 2_000
"""So many hits of the rarest term are looked at; of commoner words the rest is left to the list of the kind. A term
with no more than these is looked up as a whole, a commoner one is probed for each candidate."""


def hits_by_kind(session: Session, kinds: Sequence[str], ranges: Sequence[Range]) -> dict[str, list[int]]:
    """How many tokens of each kind lie in each range, counted up to MOST + 1, in one statement; kinds without a hit in
    every range are left out."""
    values: dict[str, Any] = {"tenant_id": current_tenant_id(), "kinds": list(kinds), "most": MOST + 1}
    for at, (low, high) in enumerate(ranges):
        values |= {f"low{at}": low, f"high{at}": high}
    rows = session.execute(_count(len(ranges)), values)
    return {kind: counts for kind, *counts in rows if all(counts)}


@lru_cache
def _count(ranges: int) -> TextClause:
    counts = ", ".join(
        "(SELECT count(*) FROM (SELECT FROM search_token WHERE tenant_id = :tenant_id AND kind = k.kind"
        f" AND token >= :low{at} AND token < :high{at} LIMIT :most) AS hits)"
        for at in range(ranges)
    )
    kinds = "unnest(CAST(:kinds AS text[])) WITH ORDINALITY AS k(kind, at)"
    return text(f"SELECT k.kind, {counts} FROM {kinds} ORDER BY at")


def candidates(kind: str, lead: Range, rare: Sequence[Range], hidden: Hidden = NOTHING) -> Subquery:
    """Record ids by the tokens of a range, in their order, up to MOST tokens; only records in all the rare ranges."""
    token = SearchToken
    found = select(token.record_id, token.token).where(term_range(*lead, kind, hidden))
    for low, high in rare:
        other = aliased(SearchToken)
        also = select(other.record_id).where(
            other.tenant_id == current_tenant_id(), other.kind == kind, other.token >= low, other.token < high,
            *is_seen(other.fields, hidden),
        )  # fmt: skip
        found = found.where(token.record_id.in_(also))
    return found.order_by(token.token, token.record_id).limit(MOST).subquery("found")


def is_first(found: Subquery, lead: Range, hidden: Hidden = NOTHING) -> ColumnElement[bool]:
    """Not found by an earlier token already: each record comes once, however many of its words begin alike."""
    other = aliased(SearchToken)
    earlier = select(literal(True)).where(
        other.tenant_id == current_tenant_id(),
        other.record_id == found.c.record_id,
        other.token >= lead[0],
        other.token < found.c.token,
        *is_seen(other.fields, hidden),
    )
    # The LIMIT keeps the planner from joining everything: it is probed for the few that are looked at.
    return ~func.coalesce(earlier.limit(1).correlate(found).scalar_subquery(), literal(False))
