"""What a report can be grouped by: which SQL makes the groups, and which filter means the rows of one group."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, ColumnElement, Date, case, cast, func, literal

from app.data import Field
from app.host.custom_fields import PREFIX
from app.screens.kinds import reader
from app.screens.reading.branches import AT_OR_BELOW
from app.screens.reading.periods import UNITS, first_weekday, later
from app.screens.reading.request import MAX_TEXT
from app.screens.reading.stored import currency_of, id_of, tags_of, text_of

Pairs = list[tuple[str, str]]
TIMES = ("day", "moment")
_KINDS = frozenset({"choice", "flag", "tags", "text", "money", *TIMES})
_CUSTOM = frozenset({"choice", "flag", "day", "money", "tags"})
"""Custom fields whose tokens tell every value from every other."""
_GRAINS = {
    "day": _l("%(field)s by day"),
    "week": _l("%(field)s by week"),
    "month": _l("%(field)s by month"),
    "quarter": _l("%(field)s by quarter"),
    "year": _l("%(field)s by year"),
    AT_OR_BELOW: _l("%(field)s, with those below"),
}
FEW = frozenset({"flag", "money", *TIMES})
"""Kinds that make few groups, or groups that follow each other: none of them is put under “others”."""


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """A field to group by; a time with its grain (day, week, month, quarter, year). A relation to the records of a tree
    with the grain `at_or_below`: each of them stands for itself and all below it, so a row is in several groups."""

    field: Field
    grain: str = ""
    apart: Field | None = None
    """Of a time: the choices that stand beside its periods (`Dataset.apart`)."""

    @property
    def key(self) -> str:
        """As addresses name it: `stage`, `created_at.month`."""
        return f"{self.field.name}.{self.grain}" if self.grain else self.field.name

    @property
    def label(self) -> str:
        if self.grain:
            return str(_GRAINS[self.grain]) % {"field": self.field.words}
        return _("%(field)s: currency", field=self.field.words) if self.field.kind == "money" else self.field.words

    @property
    def is_time(self) -> bool:
        return self.grain in UNITS

    @property
    def is_rolled_up(self) -> bool:
        return self.grain == AT_OR_BELOW

    @property
    def is_many(self) -> bool:
        """Can a row be in several groups? Then groups never add up to their total."""
        return self.is_rolled_up or self.field.kind == "tags"

    @property
    def marks(self) -> Mapping[str, date]:
        """The choices that stand beside the periods, each with a day before all times that is its key in SQL."""
        choices = self.apart.choices if self.apart is not None and self.is_time else ()
        return {one.value: date.min + timedelta(days=at) for at, one in enumerate(choices)}

    def told(self, key: Any) -> Any:
        """The key of a group as the database gives it: of those beside the periods their choice."""
        return next((value for value, mark in self.marks.items() if mark == key), key)

    def is_apart(self, key: Any) -> bool:
        """Does this group stand beside the periods?"""
        return self.is_time and isinstance(key, str)

    def is_wide(self, top: int) -> bool:
        """May it have more groups than shall stand for themselves?"""
        if self.field.kind == "choice" and not self.field.open:
            return len(self.field.choices) > top
        return self.field.kind not in FEW

    def pairs(self, key: Any) -> Pairs | None:
        """The filter that means the rows of one group; None when no filter can say it."""
        name = self.field.name
        if key is None:
            return [(f"{name}.empty", "true")]
        if self.apart is not None and self.is_apart(key):
            return [(f"{self.apart.name}.is", key)]
        if self.is_time:
            beside = [(f"{self.apart.name}.empty", "true")] if self.apart is not None else []
            return [(f"{name}.between", f"{key},{self.last_day(key)}"), *beside]
        if self.is_rolled_up:
            return [(f"{name}.{AT_OR_BELOW}", str(key))]
        operator = {"tags": "has", "money": "currency"}.get(self.field.kind, "is")
        text = ("true" if key else "false") if isinstance(key, bool) else str(key)
        return [(f"{name}.{operator}", text)] if self._is_spoken(text) else None

    def other_pairs(self, keys: Sequence[Any]) -> Pairs | None:
        """The filter that means the rows of none of these groups, which are not empty."""
        name, texts = self.field.name, [str(key) for key in keys if key is not None]
        if not all(map(self._is_spoken, texts)) or self.is_many:
            return None
        return [*((f"{name}.none_of", text) for text in texts), (f"{name}.empty", "false")]

    def _is_spoken(self, text: str) -> bool:
        known = {one.value for one in self.field.choices}
        return len(text) <= MAX_TEXT and text == text.strip() and (not known or self.field.open or text in known)

    def last_day(self, first: date) -> date:
        """The last day of the group that begins on this one."""
        return later(self.grain, first, 1) - timedelta(days=1)


def dimensions(
    fields: Mapping[str, Field], trees: Container[str] = (), apart: Mapping[str, Field] = MappingProxyType({})
) -> dict[str, Dimension]:
    """All ways to group by these fields, by key; `trees` are those that lead to the records of a tree, `apart` what
    stands beside the periods of times."""
    return {one.key: one for name, field in fields.items() for one in _of_field(field, name in trees, apart.get(name))}


def _of_field(field: Field, is_tree: bool, apart: Field | None) -> Iterator[Dimension]:
    if not field.picks and field.kind not in (_CUSTOM if field.name.startswith(PREFIX) else _KINDS):
        return
    if field.kind in TIMES:
        yield from (Dimension(field, grain, apart) for grain in UNITS)
    else:
        yield Dimension(field)
    if is_tree:
        yield Dimension(field, AT_OR_BELOW)


@dataclass(frozen=True, slots=True)
class Grouping:
    """The SQL of a dimension: the key of a row's group, and the text it is called by where that is another."""

    key: ColumnElement[Any]
    label: ColumnElement[Any] | None = None


def grouping(dimension: Dimension, columns: Any) -> Grouping:
    """How rows with these columns are grouped. Empty texts and missing values are one group."""
    field = dimension.field
    if field.kind == "money":
        return Grouping(currency_of(columns, field))
    if field.name.startswith(PREFIX):
        return Grouping(_custom(dimension, columns))
    column = getattr(columns, field.column)
    if field.kind == "text":
        # Grouped as the list's filter compares: without regard to case where the field is sortable.
        key = getattr(columns, field.sort_column) if field.sortable else column
        return Grouping(func.nullif(key, ""), column)
    return Grouping(_bucket_or_mark(dimension, columns, column) if dimension.is_time else column)


def _bucket_or_mark(dimension: Dimension, columns: Any, column: Any) -> ColumnElement[Any]:
    """The period of a time; or the choice that the row stands apart by."""
    period = bucket(dimension, column)
    if dimension.apart is None:
        return period
    beside = getattr(columns, dimension.apart.column)
    return case(*((beside == value, literal(mark, Date)) for value, mark in dimension.marks.items()), else_=period)


def _custom(dimension: Dimension, columns: Any) -> ColumnElement[Any]:
    if dimension.field.kind == "tags":
        return tags_of(columns, dimension.field)
    if dimension.field.picks:
        return id_of(columns, dimension.field)
    text = text_of(columns, dimension.field)
    if dimension.field.kind == "flag":
        return cast(text, Boolean)
    return bucket(dimension, cast(text, Date)) if dimension.is_time else text  # type: ignore[no-any-return]


def bucket(dimension: Dimension, column: Any) -> ColumnElement[Any]:
    """The first day of the period that a time lies in, on the reader's clock."""
    if dimension.field.kind == "moment":
        column = func.timezone(literal(reader().zone.key), column)
    if dimension.grain == "day":
        return cast(column, Date)
    if dimension.grain != "week":
        return cast(func.date_trunc(dimension.grain, column), Date)
    shift = (7 - first_weekday()) % 7  # PostgreSQL's weeks begin on Monday
    return cast(func.date_trunc("week", cast(column, Date) + shift), Date) - shift
