"""The table of tokens: what a record is found by, in an index that row-level security cannot slow down.

A prefix is a range of texts, so the list's search box, pickers, tag and custom-field filters are all range scans.
Tokens of words are plain; those of tags begin with `#`, those of custom fields with `=key:`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Index,
    PrimaryKeyConstraint,
    ScalarSelect,
    String,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    intersect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.data import TenantTable, current_tenant_id
from app.data.bounded import Bounded
from app.data.reading import Prepared
from app.search.tokens import fold

RARE = 10_000
"""A term with at most this many hits is looked up first (4 ms); a commoner one is probed row by row, which finds a page
soon."""
RARE_TOGETHER = 40_000
"""Of several terms even the rarest may be common, and their company rare: then lists of so many ids are intersected."""
COUNTABLE = 2_000
"""So many hits may be counted with every page."""


class SearchToken(TenantTable):
    """One thing by which one record is found. `kind` is the resource's key."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "kind", "token", "record_id", name="pk_search_token"),
        Index("ix_search_token_record_id", "tenant_id", "record_id", "token"),
    )

    kind: Mapped[str] = mapped_column(String(100))
    token: Mapped[str] = mapped_column(Text(collation="C"))
    record_id: Mapped[UUID] = mapped_column(Uuid)
    fields: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The names of the fields it comes from: who may see none of them must not find the record by it."""


class SearchRebuild(TenantTable):
    """How far the tokens of one kind have been written again: after which record it goes on."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "kind", name="pk_search_rebuild"),)

    kind: Mapped[str] = mapped_column(String(100))
    after: Mapped[UUID | None] = mapped_column(Uuid)
    done: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def tag_token(tag: str) -> str:
    """The token of a tag, whatever its case or accents."""
    return "#" + fold(tag)[:60]


def custom_token(key: str, value: str) -> str:
    """The token of a custom field's value in its sortable form."""
    return f"={key}:{value}"[:200]


Hidden = frozenset[str]
"""Names of fields that the reader may not see."""
NOTHING: Hidden = frozenset()


def term_range(low: str, high: str, kind: str, hidden: Hidden = NOTHING) -> ColumnElement[bool]:
    """Tokens of a kind in the half-open range."""
    token = SearchToken
    return and_(
        token.tenant_id == current_tenant_id(), token.kind == kind, token.token >= low, token.token < high,
        *is_seen(token.fields, hidden),
    )  # fmt: skip


def is_seen(fields: Any, hidden: Hidden) -> list[ColumnElement[bool]]:
    """A token counts when it comes from at least one field that the reader may see. What its fields are is not known
    of a token of the first hour, so it does not count either until it is written again."""
    if not hidden:
        return []
    return [~func.string_to_array(fields, " ").op("<@")(cast(sorted(hidden), ARRAY(Text)))]


def has_token(record_id: Any, low: str, high: str, hidden: Hidden = NOTHING) -> ColumnElement[bool]:
    """Does the record have a token in the range? Probed row by row: the LIMIT keeps the planner from joining
    everything. A record is of one kind; to name it would only tempt the planner to the other index, in which each probe
    reads the whole range."""
    probe = select(literal(True)).where(
        SearchToken.tenant_id == current_tenant_id(),
        SearchToken.record_id == record_id,
        SearchToken.token >= low,
        SearchToken.token < high,
        *is_seen(SearchToken.fields, hidden),
    )
    return func.coalesce(probe.limit(1).correlate_except(SearchToken).scalar_subquery(), literal(False))


Range = tuple[str, str]
"""A half-open range of tokens."""


def records_with(kind: str, ranges: Sequence[Range], hidden: Hidden = NOTHING) -> ColumnElement[Any]:
    """The ids of the records with a token in every range, as one array: looked up once, before the list is read."""
    token = select(SearchToken.record_id)
    found = [token.where(term_range(low, high, kind, hidden)).correlate(None) for low, high in ranges]
    ids = found[0] if len(found) == 1 else intersect(*found)
    return func.array(ids.scalar_subquery())


def exactly(token: str) -> Range:
    """The range that holds one token alone."""
    return token, token + "\x01"


def hits(session: Session, kind: str, ranges: Sequence[Range], cap: int) -> list[int]:
    """How many tokens lie in each range, counted up to `cap` + 1, in one statement."""
    values: dict[str, Any] = {"kind": kind, "most": cap + 1}
    for at, (low, high) in enumerate(ranges):
        values |= {f"low{at}": low, f"high{at}": high}
    return list(_count_hits(len(ranges)).rows(session, **values)[0])


@lru_cache
def _count_hits(ranges: int) -> Prepared:
    """Every search begins with it, and to put it together from expressions takes longer than to run it."""
    counts: list[Any] = [_capped_count(f"low{at}", f"high{at}") for at in range(ranges)]
    return Prepared(select(*counts))


def _capped_count(low: str, high: str) -> ScalarSelect[int]:
    token = SearchToken
    bounds = token.token >= bindparam(low), token.token < bindparam(high)
    some = select(literal(1).label("one")).where(token.kind == bindparam("kind"), *bounds).limit(bindparam("most"))
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


_common: Bounded[tuple[UUID, str, Range], float] = Bounded(20_000)
"""Until when a range lately found to hold more than `RARE` hits is taken to hold them still."""
_COMMON_SECONDS = 60.0


def _capped_hits(session: Session, kind: str, ranges: Sequence[Range]) -> list[int]:
    """Hits up to `RARE` + 1. What is common is not counted again at once: that takes longest, and changes least."""
    tenant_id, now = current_tenant_id(), time.monotonic()
    asked = [one for one in ranges if _common.get((tenant_id, kind, one), 0.0) < now]
    counted = dict(zip(asked, hits(session, kind, asked, RARE) if asked else (), strict=True))
    for one in asked:
        if counted[one] > RARE:
            _common[tenant_id, kind, one] = now + _COMMON_SECONDS
    return [counted.get(one, RARE + 1) for one in ranges]


def matches(
    session: Session, kind: str, record_id: Any, ranges: Sequence[Range], hidden: Hidden = NOTHING
) -> tuple[list[ColumnElement[bool]], bool]:
    """The conditions that a record has a token in every range, and whether the hits are few enough to count.

    Ranges with few hits are looked up together, so the time depends on the hits and not on the size of the tenant.
    """
    cap = RARE
    counts = _capped_hits(session, kind, ranges)
    if len(ranges) > 1 and min(counts) > cap:
        cap = RARE_TOGETHER
        counts = hits(session, kind, ranges, cap)
    rare = [one for one, count in zip(ranges, counts, strict=True) if count <= cap]
    conditions = [record_id == any_(records_with(kind, rare, hidden))] if rare else []
    conditions += [has_token(record_id, low, high, hidden) for low, high in ranges if (low, high) not in rare]
    return conditions, min(counts) <= COUNTABLE


INSERT_TOKENS = text(
    "INSERT INTO search_token (tenant_id, kind, token, fields, record_id) SELECT :tenant_id, * FROM unnest("
    "CAST(:kinds AS text[]), CAST(:tokens AS text[]), CAST(:fields AS text[]), CAST(:ids AS uuid[]))"
    " ON CONFLICT DO NOTHING"
)
DELETE_TOKENS = text(
    "DELETE FROM search_token t USING unnest(CAST(:kinds AS text[]), CAST(:ids AS uuid[])) AS gone(kind, id)"
    " WHERE t.tenant_id = :tenant_id AND t.kind = gone.kind AND t.record_id = gone.id"
)


Tokens = dict[str, str]
"""Token -> the names of the fields it comes from, with blanks between them."""


def write_tokens(session: Session, wanted: dict[tuple[str, UUID], Tokens], fresh: set[tuple[str, UUID]]) -> None:
    """Replace the tokens of records; those in `fresh` have none yet. Two statements, however many records."""
    tenant_id = current_tenant_id()
    stale = [key for key in wanted if key not in fresh]
    if stale:
        kinds, ids = zip(*stale, strict=True)
        session.execute(DELETE_TOKENS, {"tenant_id": tenant_id, "kinds": list(kinds), "ids": list(ids)})
    rows = [
        (kind, token, fields, record_id)
        for (kind, record_id), tokens in wanted.items()
        for token, fields in tokens.items()
    ]
    if rows:
        columns = zip(("kinds", "tokens", "fields", "ids"), map(list, zip(*rows, strict=True)), strict=True)
        session.execute(INSERT_TOKENS, {"tenant_id": tenant_id, **dict(columns)})
