"""What cannot be moved as it is, because the survivor has one already: found before anything is moved.

A row that may be there only once stays with the merged record, where an undo finds it again. A mark that only one row
may carry (the default address, the primary number) is taken off the row that comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, func, literal_column, select
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.merging.catalogue import Reference, attribute_of


@dataclass(frozen=True)
class Uniqueness:
    """Rows of a table may share these columns only once for each record they refer to. `flag` is the mark that it is
    about, where there is one; `where` the condition under which it holds."""

    columns: tuple[str, ...]
    where: str = ""
    flag: str = ""


@cache
def uniqueness_of(reference: Reference) -> tuple[Uniqueness, ...]:
    """All that must be unique among the rows of one record."""
    table: Any = reference.model.__table__
    link = table.columns[_column(reference)].name
    found: list[Uniqueness] = []
    for one in [*table.indexes, *table.constraints]:
        is_unique = isinstance(one, UniqueConstraint) or (isinstance(one, Index) and one.unique)
        names = [getattr(column, "name", "") for column in getattr(one, "columns", ())]
        if is_unique and link in names:
            where = one.dialect_options["postgresql"]["where"] if isinstance(one, Index) else None
            words = "" if where is None else str(where)
            rest = tuple(name for name in names if name not in (link, "tenant_id"))
            found.append(Uniqueness(rest, words, words if words in table.columns else ""))
    return (*found, *_marks(reference.model))


def _marks(model: type[Any]) -> Iterator[Uniqueness]:
    """Flags that one row in each group may carry: `flag(extra={"one_per": ("kind",)})`."""
    for field in getattr(model, "__fields__", {}).values():
        if "one_per" in field.extra:
            yield Uniqueness(tuple(field.extra["one_per"]), field.name, field.name)


def _column(reference: Reference) -> str:
    return str(getattr(reference.model, reference.column).property.columns[0].name)


def rows_in_the_way(
    session: Session, reference: Reference, survivor: UUID, others: Sequence[UUID]
) -> tuple[set[UUID], dict[UUID, set[str]]]:
    """(rows that cannot come along, marks to be taken off rows that do)."""
    staying: set[UUID] = set()
    marks: dict[UUID, set[str]] = {}
    for rule in uniqueness_of(reference):
        found = _surplus(session, reference, rule, survivor, others)
        if rule.flag:
            for row_id in found:
                marks.setdefault(row_id, set()).add(attribute_of(reference.model, rule.flag))
        else:
            staying |= found
    return staying, marks


def _surplus(
    session: Session, reference: Reference, rule: Uniqueness, survivor: UUID, others: Sequence[UUID]
) -> set[UUID]:
    """Rows that come after another of their group; the survivor's own come first."""
    model: Any = reference.model
    link = getattr(model, reference.column)
    group = [getattr(model, attribute_of(model, name)) for name in rule.columns]
    order = (link != survivor, model.id)
    place = func.row_number().over(partition_by=group or [literal_column("1")], order_by=order).label("place")
    where: list[ColumnElement[bool]] = [reference.meets([survivor, *others]), *(one.is_not(None) for one in group)]
    if rule.where:
        where.append(sql_text(f"({rule.where})"))  # type: ignore[arg-type]
    ranked = select(model.id, place).where(and_(*where)).subquery()
    return set(session.scalars(select(ranked.c.id).where(ranked.c.place > 1)))


def twins(collection: Field, rows: Iterable[dict[str, Any]], survivor: UUID) -> list[tuple[dict[str, Any], UUID]]:
    """Inline rows that say what another one says already, each with the id of that one: the survivor's, or the first.

    What says the same is named by the model (`__same__`); rows of a model that names nothing are all kept.
    """
    model: type[Record] = collection.target()  # type: ignore[misc]
    names, link = model.__same__.split(), f"{collection.reverse}_id"
    first: dict[tuple[Any, ...], UUID] = {}
    found: list[tuple[dict[str, Any], UUID]] = []
    for row in sorted(rows, key=lambda one: (one[link] != survivor, one["id"])):
        said = tuple(_folded(row[name]) for name in names)
        if said in first and row[link] != survivor:
            found.append((row, first[said]))
        elif any(said):
            first.setdefault(said, row["id"])
    return found


def _folded(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value
