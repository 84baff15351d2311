"""What the targets within reach add to each month, as facts of the forecast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, Select, String, Uuid, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.sdk import Member, Reach, Record, session
from plugins.crm.models import Territory
from plugins.crm.models.figures import SalesTarget
from plugins.crm.reports.columns import no_amount
from plugins.crm.services.target_parts import Part, Said, parts_of
from plugins.crm.services.target_scopes import Scope, Trees, Whose

_TARGET: Any = SalesTarget
Found = tuple[Part, str]
"""A part and its currency."""


def target_facts(reach: Reach) -> Select[Any]:
    """A row for each part: on the first of its month, its owner's, its pipeline's, its territory's."""
    parts = list(_parts(reach))
    columns = {
        "close": ([_first_of(part.month) for part, _currency in parts], Date()),
        "owner_id": ([_person(part) for part, _currency in parts], Uuid()),
        "pipeline_id": ([part.scope.pipeline for part, _currency in parts], Uuid()),
        "territory_id": ([part.scope.territory for part, _currency in parts], Uuid()),
        "amount": ([part.amount for part, _currency in parts], BigInteger()),
        "own": ([part.amount if _is_own(part) else None for part, _currency in parts], BigInteger()),
        "currency": ([currency for _part, currency in parts], String()),
    }
    arrays: list[Any] = [cast(literal(values, ARRAY(kind)), ARRAY(kind)) for values, kind in columns.values()]  # type: ignore[arg-type]
    found = func.unnest(*arrays).table_valued(*columns, name="target").render_derived().c
    return select(
        cast(null(), Uuid).label("record_id"),
        cast(found.close, Date).label("close"),
        cast(null(), String).label("standing"),
        cast(found.owner_id, Uuid).label("owner_id"),
        cast(found.pipeline_id, Uuid).label("pipeline_id"),
        cast(found.territory_id, Uuid).label("territory_id"),
        cast(null(), String).label("source"),
        cast(null(), Uuid).label("stage_id"),
        *(column for name in ("value", "weighted", "overdue", "undated", "won") for column in no_amount(name)),
        cast(found.amount, BigInteger).label("target_minor"),
        cast(found.currency, String).label("target_currency"),
        cast(found.own, BigInteger).label("own_target_minor"),
        cast(found.currency, String).label("own_target_currency"),
    )


def _parts(reach: Reach) -> Iterator[Found]:
    """All parts of all currencies. One statement reads the targets with who and what is above them."""
    said: dict[str, list[Said]] = defaultdict(list)
    members, territories = {}, {}
    for row in session.execute(_said(reach)):
        whose = None if row.owner_id is None else Whose(row.owner_id, row.covers == "branch")
        scope = Scope(whose, row.pipeline_id, row.territory_id)
        month = row.starts_on.year * 12 + row.starts_on.month - 1
        said[row.currency].append(Said(scope, row.period, month, row.amount))
        members[row.owner_id] = row.superiors or (row.owner_id,)
        territories[row.territory_id] = row.larger or (row.territory_id,)
    trees = Trees(members, territories)
    return ((part, currency) for currency, targets in said.items() for part in parts_of(targets, trees))


def _said(reach: Reach) -> Select[Any]:
    member, territory = _ways(reach, Member), _ways(reach, Territory)
    return (
        select(
            SalesTarget.period,
            SalesTarget.covers,
            SalesTarget.starts_on,
            _TARGET.owner_id,
            _TARGET.pipeline_id,
            _TARGET.territory_id,
            _TARGET.amount_minor.label("amount"),
            _TARGET.amount_currency.label("currency"),
            member.c.way.label("superiors"),
            territory.c.way.label("larger"),
        )
        .outerjoin(member, member.c.below == _TARGET.owner_id)
        .outerjoin(territory, territory.c.below == _TARGET.territory_id)
        .where(*reach.conditions(SalesTarget))
    )


def _ways(reach: Reach, tree: type[Record]) -> Any:
    """Each record with all that are above it in an array: itself first, the top last."""
    line = reach.lineage(tree)
    nearest_first: Any = aggregate_order_by(line.c.above, line.c.depth.desc())
    return select(line.c.below, func.array_agg(nearest_first).label("way")).group_by(line.c.below).subquery()


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _person(part: Part) -> Any:
    return part.scope.whose.person if part.scope.whose else None


def _is_own(part: Part) -> bool:
    return part.scope.whose is not None and not part.scope.whose.with_those_below
