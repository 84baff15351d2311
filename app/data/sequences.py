"""Numbers people read: `T-2026-0001`. Per tenant, by pattern, never repeated, never cut short.

The counter is a row, locked by the statement that advances it: in the business transaction when the numbers must
have no
gaps (an aborted business takes its number back), in a short one of its own when throughput matters more than gaps.
"""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, PrimaryKeyConstraint, String, literal
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.data.ids import utcnow
from app.data.record import TenantTable
from app.data.scope import current_tenant_id
from app.data.session import EXPLICIT, TenantSession, db

_PLACEHOLDER = re.compile(r"\{(year|yy|month|day|0+)\}")


class NumberSequence(TenantTable):
    """The next number of one series in one period (`2026`, `2026-11`, or empty for a series that never restarts)."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "key", "period", name="pk_number_sequence"),)

    key: Mapped[str] = mapped_column(String(100))
    period: Mapped[str] = mapped_column(String(10), default="")
    next_value: Mapped[int] = mapped_column(BigInteger, default=1)


def next_number(
    session: Session, key: str, pattern: str = "{0000}", *, gapless: bool = True, at: datetime | None = None
) -> str:
    """The next number of the series `key`, formatted by `pattern`.

    `{0000}` is the counter, padded with zeros to at least that width and never truncated; `{year}`, `{yy}`, `{month}`
    and `{day}` come from `at` (the present by default; give it in the tenant's time zone) and restart the counter.
    With `gapless` the row stays locked until the caller's transaction ends. Raises ValueError for a bad pattern.
    """
    moment = at or utcnow()
    _check(pattern)
    period = _period(pattern, moment)
    value = _advance(session, key, period) if gapless else _advance_apart(key, period)
    return _format(pattern, moment, value)


def _check(pattern: str) -> None:
    if len([part for part in _PLACEHOLDER.findall(pattern) if part.startswith("0")]) != 1:
        raise ValueError(f"The pattern “{pattern}” needs exactly one counter, such as {{0000}}.")
    if "{" in _PLACEHOLDER.sub("", pattern) or "}" in _PLACEHOLDER.sub("", pattern):
        raise ValueError(f"The pattern “{pattern}” may hold {{year}}, {{yy}}, {{month}}, {{day}} and one {{0000}}.")


def _period(pattern: str, moment: datetime) -> str:
    names = set(_PLACEHOLDER.findall(pattern))
    if "day" in names:
        return moment.strftime("%Y-%m-%d")
    if "month" in names:
        return moment.strftime("%Y-%m")
    return moment.strftime("%Y") if names & {"year", "yy"} else ""


def _advance(session: Session, key: str, period: str) -> int:
    tenant_id: UUID = current_tenant_id()
    row = insert(NumberSequence.__table__).values(  # type: ignore[arg-type]
        tenant_id=tenant_id, key=key, period=period, next_value=literal(2)
    )
    row = row.on_conflict_do_update(
        index_elements=["tenant_id", "key", "period"],
        set_={"next_value": NumberSequence.__table__.c.next_value + 1},
    )
    taken = session.execute(
        row.returning(NumberSequence.__table__.c.next_value - 1), execution_options={EXPLICIT: True}
    )
    return int(taken.scalar_one())


def _advance_apart(key: str, period: str) -> int:
    with TenantSession(db) as apart:
        value = _advance(apart, key, period)
        apart.commit()
    return value


def _format(pattern: str, moment: datetime, value: int) -> str:
    def fill(match: re.Match[str]) -> str:
        part = match.group(1)
        formats = {"year": "%Y", "yy": "%y", "month": "%m", "day": "%d"}
        return moment.strftime(formats[part]) if part in formats else str(value).zfill(len(part))

    return _PLACEHOLDER.sub(fill, pattern)


def peek(session: Session, key: str, period: str = "") -> int:
    """The number that would come next, without taking it."""
    found = session.get(NumberSequence, (current_tenant_id(), key, period))
    return found.next_value if found else 1
