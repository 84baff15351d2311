"""Looking up many values at once by an index, whatever the planner believes of the table.

While a tenant is being filled the statistics are those of an empty one, and `= ANY(array)` is planned as a scan of the
whole table. A lateral probe costs one descent of the index for each value, today and with a million rows. Such
statistics make all indexes of a table look alike, too: a range of one value, in its order, fits the right one alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.data import current_tenant_id
from app.data.session import EXPLICIT

MOST_HITS = 20
"""Rows of one value that are returned: whoever asks wants to know one from several."""


def probe(
    session: Session,
    columns: Sequence[Column[Any]],
    values: Collection[tuple[Any, ...]],
    wanted: Sequence[Column[Any]],
    *where: ColumnElement[bool],
    lower: bool = False,
    hits: int = MOST_HITS,
) -> Sequence[Any]:
    """The `wanted` columns of rows whose `columns` (all of one table) have one of the values.

    With `lower` the database lower-cases the values as it did the stored ones. At most `hits` rows of each value.
    """
    if not values:
        return []
    table = columns[0].table
    names = [f"v{place}" for place in range(len(columns))]
    arrays = [
        cast(list(part), ARRAY(column.type)) for column, part in zip(columns, zip(*values, strict=True), strict=True)
    ]
    given = func.unnest(*arrays).table_valued(*names).render_derived(name="given")
    sought = [func.lower(given.c[name]) if lower else given.c[name] for name in names]
    same = [column == value for column, value in zip(columns[:-1], sought, strict=False)]
    same.append(columns[-1].between(sought[-1], sought[-1]))
    mine = select(*wanted).where(table.c.tenant_id == current_tenant_id(), *same, *where)
    found = mine.order_by(columns[-1]).limit(hits).lateral("hits")
    statement = select(*[found.c[column.name] for column in wanted]).select_from(given.join(found, true()))
    return session.execute(statement, execution_options={EXPLICIT: True}).all()
