"""What a plugin says of its figures: reports that are ready to look at, data that is no plain record, cards for the
start page. Every resource is a dataset by itself and needs no declaration.

    @hookimpl
    def reports():
        return [Report("by_owner", _l("Won"), Lead, by="owner", measures="count sum.value", where="state.is=won")]

    @hookimpl
    def cards():
        return [Card("won", _l("Won"), report="by_owner", show="number", period="closed_at.this_month")]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Select

from app.data import Field, Record

How = Literal["count", "sum", "avg", "median", "min", "max", "distinct"]
Chart = Literal["", "bar", "stacked", "line", "donut", "funnel", "number"]
"""How a report is drawn; nothing means what suits it. The table is always there."""


class Reach(Protocol):
    """The person a dataset is read for."""

    def conditions(self, model: type[Record]) -> list[ColumnElement[bool]]:
        """What every row of this model must meet that the person reaches: not in the trash, within their rows. Nobody
        reaches a row of a resource that they may not read."""
        ...

    def lineage(self, model: type[Record]) -> Any:
        """Each record of a tree (`Resource(model, tree=...)`) with itself and with each one above it: a table with the
        columns `below`, `above` and `depth`, which says how far down the one above stands, 1 being on top."""
        ...

    @property
    def today(self) -> date:
        """The day it is on the person's clock."""
        ...

    @property
    def zone(self) -> str:
        """The IANA name of the person's time zone, for `func.timezone(reach.zone, moment)`."""
        ...

    @property
    def currency(self) -> str:
        """The tenant's own currency."""
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a dataset: `Measure("won", _l("Won"), "sum", "won_value")`. `of` is a column; a count needs none."""

    name: str
    title: Any
    how: How = "count"
    of: str = ""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measure of the dataset as a percentage of another: `Ratio("rate", _l("Won rate"), "won", "all")`. Of money
    the two are of one currency. Nothing, where there is nothing to divide by."""

    name: str
    title: Any
    part: str
    whole: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Facts that are no plain record of one resource: each row of `rows(reach)` is one of them.

    `records` is the model the facts are about: whoever may read its resource may read the dataset. `columns` says what
    the select yields, by name, as `Action.parameters` does: a `belongs_to` column is labelled `<name>_id`, a `money`
    column is two, `<name>_minor` and `<name>_currency`, everything else is labelled as it is called. One more,
    `record_id`, is the id of the record that a fact is of, or null: figures lead to those records, and the core leaves
    out facts of records that the reader's row rules put out of reach. What is in the trash, and rows of other models,
    are the plugin's to leave out, by `reach.conditions(Model)`.

    `within` names a `belongs_to` column of which one record is looked at at a time (a funnel is of a pipeline): where
    no filter names one, the first in its own list is taken, and the page has a switch.

    `stems` names for a column the field of `records` that it is made of, where they are not called alike: hidden is
    hidden. `apart` names for a column of time the `choice` column whose values stand beside the periods: a fact of
    which it says something is in that line of its own (“Overdue”), while filters go by its time as of any other.

    The measures are offered beside the usual ones (count, sums, averages); `by`, `show` (names of measures)
    and `chart` are what the dataset opens with.
    """

    name: str
    title: Any
    records: type[Record]
    rows: Callable[[Reach], Select[Any]]
    columns: Mapping[str, Field]
    measures: tuple[Measure | Ratio, ...] = ()
    stems: Mapping[str, str] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)
    within: str = ""
    by: str = ""
    show: str = ""
    chart: Chart = ""
    summary: Any = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is there from the start.

    `of` is a model with a resource, or the name of a dataset of the plugin. `by` names up to two fields, a date with
    its grain (`created_at.month`), a relation to the records of a tree as it is or with those below
    (`owner.at_or_below`: each fact counts for its owner and for everybody above, and once in totals); `measures` are
    `count`, `sum.value`, `avg.value`, `median.`, `min.`, `max.`, `distinct.` and those of the dataset; `where` is a
    list's own query (`state.is=open&created_at.within=this_year`); `order` a measure (`-count` is descending) or `by`;
    `top` how many groups stand for themselves.
    """

    name: str
    title: Any
    of: type[Record] | str
    by: str = ""
    measures: str = "count"
    where: str = ""
    chart: Chart = ""
    top: int = 0
    order: str = ""
    summary: Any = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A card for the start page: a report of the plugin (`report` is its name), or a list of records.

    `show` is `number` (the report's first figure over all), `chart` or `table`. A number whose `period` names a field
    of time and a period (`created_at.this_month`) is compared with the period before. A list shows the first rows of
    `records` that `where` (a list's query, with `sort` if wanted) means. Who may not read the records has no such card.
    `usual` puts it on the page of those who have chosen nothing.
    """

    name: str
    title: Any
    report: str = ""
    show: Literal["number", "chart", "table"] = "chart"
    period: str = ""
    records: type[Record] | None = None
    where: str = ""
    size: Literal["small", "medium", "wide"] = "medium"
    usual: bool = True
    order: int = 100
