"""What a report counts: records, sums, averages, medians, extremes, different values, ratios of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func

from app.data import Field
from app.host.custom_fields import PREFIX
from app.host.reporting import How, Measure, Ratio
from app.screens.reading.stored import number_of

NUMBERS = frozenset({"integer", "decimal", "money"})
_ORDERED = NUMBERS | {"day", "moment"}
_TOLD_APART = frozenset({"belongs_to", "choice", "text", "email", "phone"})
_TITLES: Mapping[str, Any] = {
    "sum": _l("Sum of %(field)s"),
    "avg": _l("Average of %(field)s"),
    "median": _l("Median of %(field)s"),
    "min": _l("Least %(field)s"),
    "max": _l("Greatest %(field)s"),
    "distinct": _l("Different values of %(field)s"),
}
_TIME_TITLES: Mapping[str, Any] = {"min": _l("Earliest %(field)s"), "max": _l("Latest %(field)s")}


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One measure. `key` is what addresses call it: `count`, `sum.value`, or the name a dataset gave it."""

    key: str
    label: str
    how: How
    field: Field | None = None

    @property
    def is_money(self) -> bool:
        """Is it an amount for each currency?"""
        return self.field is not None and self.field.kind == "money" and self.how not in ("count", "distinct")

    @property
    def parts(self) -> tuple[Figure, ...]:
        """The figures it is computed from."""
        return (self,)


@dataclass(frozen=True, slots=True, eq=False)
class Quotient:
    """One figure as a percentage of another."""

    key: str
    label: str
    part: Figure
    whole: Figure

    @property
    def is_money(self) -> bool:
        return self.part.is_money and self.whole.is_money

    @property
    def parts(self) -> tuple[Figure, ...]:
        return (self.part, self.whole)


AnyFigure = Figure | Quotient


def count() -> Figure:
    """How many records there are."""
    return Figure("count", _("Count"), "count")


def figures(fields: Mapping[str, Field], named: Sequence[Measure | Ratio]) -> dict[str, AnyFigure]:
    """All that these fields, and the measures a dataset declares, can be asked for; by key, the declared ones first."""
    found: dict[str, AnyFigure] = {}
    for one in named:
        made = _declared(one, fields, found)
        if made is not None:
            found[one.name] = made
    found.setdefault("count", count())
    for field in fields.values():
        for figure in _of_field(field):
            found.setdefault(figure.key, figure)
    return found


def _declared(one: Measure | Ratio, fields: Mapping[str, Field], found: Mapping[str, AnyFigure]) -> AnyFigure | None:
    """None for a measure of something that is hidden from this reader."""
    title = str(one.title)
    if isinstance(one, Ratio):
        part, whole = found.get(one.part), found.get(one.whole)
        both = isinstance(part, Figure) and isinstance(whole, Figure)
        return Quotient(one.name, title, part, whole) if both else None  # type: ignore[arg-type]
    if one.how != "count" and one.of not in fields:
        return None
    return Figure(one.name, title, one.how, fields.get(one.of))


def _of_field(field: Field) -> Iterator[Figure]:
    is_custom = field.name.startswith(PREFIX)
    hows: list[How] = []
    if field.kind in NUMBERS:
        hows += ["sum", "avg", "median"]
    if field.kind in _ORDERED and not (is_custom and field.kind not in NUMBERS):
        hows += ["min", "max"]
    if field.kind in _TOLD_APART and not is_custom:
        hows.append("distinct")
    titles = {**_TITLES, **(_TIME_TITLES if field.kind not in NUMBERS else {})}
    for how in hows:
        yield Figure(f"{how}.{field.name}", str(titles[how]) % {"field": field.words}, how, field)


def value(figure: Figure, columns: Any) -> ColumnElement[Any] | None:
    """The value of one row that the figure is made of; None for a count of rows."""
    field = figure.field
    if field is None:
        return None
    if field.name.startswith(PREFIX):
        return number_of(columns, field)
    column: ColumnElement[Any] = getattr(columns, field.column)
    return func.nullif(column, "") if field.kind in ("text", "choice", "email", "phone") else column
