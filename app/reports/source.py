"""`Source`: what a report is made of, as one reader sees it: the records of a resource, or the facts of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.data import Field, Record
from app.features.gate import is_open
from app.host import Entry, registry
from app.host.figures import PlacedDataset
from app.host.reporting import Measure, Ratio
from app.identity.principal import principal
from app.screens.kinds import reader
from app.screens.reading import ListRequest, Surface
from app.screens.reading.branches import lineage_with_depth, tree_of
from app.screens.reading.conditions import column_condition
from app.screens.reading.listing import select_rows
from app.screens.reading.periods import today
from app.screens.views.board.lane_records import Scope, scopes_of


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of a report: columns by attribute, as a model has them, and what each row must meet."""

    columns: Any
    where: list[ColumnElement[bool]]

    @property
    def record_id(self) -> Any:
        """The id of the record that a fact is of."""
        return self.columns.id


class Source:
    """The records of a resource. `key` is that of the resource or dataset."""

    named: tuple[Measure | Ratio, ...] = ()
    """Measures that the dataset declares, beside the usual ones."""
    within: Field | None = None
    """The relation of which one record is looked at at a time."""
    scopes: tuple[Scope, ...] = ()
    """The records there are of it."""

    def __init__(self, key: str, title: str, surface: Surface) -> None:
        self.key = key
        self.title = title
        self.surface = surface

    @property
    def records(self) -> Surface:
        """The records that figures lead to."""
        return self.surface

    @property
    def fields(self) -> Mapping[str, Field]:
        """What this reader may group by, measure and filter: only what a list can be narrowed by, so that every figure
        leads to its records."""
        return self.surface.filterable()

    @cached_property
    def trees(self) -> Mapping[str, Surface]:
        """The records of a tree that a field leads to, by the field's name, where this reader sees that tree."""
        found = {name: tree_of(self.surface, field) for name, field in self.fields.items()}
        return {name: tree for name, tree in found.items() if tree is not None}

    @property
    def apart(self) -> Mapping[str, Field]:
        """The choices that stand beside the periods of a time, by the name of the time."""
        return {}

    def facts(self, asked: ListRequest) -> Facts:
        """The rows that the request means. May send a statement, to learn which of its search words is rare."""
        return Facts(self.surface.model, select_rows(self.surface, asked).where)


class DatasetSource(Source):
    """The facts of a plugin's dataset."""

    def __init__(self, placed: PlacedDataset, surface: FactSurface) -> None:
        super().__init__(placed.key, str(placed.dataset.title), surface)
        self.placed = placed
        self.named = placed.dataset.measures

    @property
    def within(self) -> Field | None:  # type: ignore[override]
        return self.fields.get(self.placed.dataset.within)

    @property
    def apart(self) -> Mapping[str, Field]:
        named = self.placed.dataset.apart.items()
        return {time: self.fields[beside] for time, beside in named if beside in self.fields}

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:  # type: ignore[override]
        return tuple(scopes_of(self.surface, self.within)) if self.within is not None else ()

    @cached_property
    def _records(self) -> Surface:
        return Surface(self.placed.entry, self.surface.session, self.surface.person)

    @property
    def records(self) -> Surface:
        return self._records

    def facts(self, asked: ListRequest) -> Facts:
        rows = self.placed.dataset.rows(Reader(self.surface)).subquery("fact")
        columns = _Columns(rows.c)
        where = [column_condition(self.surface, columns, one) for one in asked.filters]  # type: ignore[arg-type]
        return Facts(columns, [*where, *self._within_reach(columns)])

    def _within_reach(self, columns: _Columns) -> list[ColumnElement[bool]]:
        """Whatever the plugin selects, facts of records out of this reader's reach do not count."""
        conditions = self.records.row_rules()
        if not conditions:
            return []
        reached = select(self.records.model.id).where(*conditions)
        return [or_(columns.id.is_(None), columns.id.in_(reached))]


class _Columns:
    """Columns of a dataset's select as attributes, where a model's would be; `id` is the record's."""

    def __init__(self, columns: Any) -> None:
        self._columns = columns
        self.table = columns.record_id.table
        self.id = columns.record_id

    def __getattr__(self, name: str) -> Any:
        if name not in self._columns:
            raise LookupError(f"The select of the dataset has no column “{name}”.")
        return self._columns[name]


class FactSurface(Surface):
    """A dataset's columns in the place of a resource's fields: what stems from a hidden field is hidden."""

    def __init__(self, placed: PlacedDataset, session: Session) -> None:
        super().__init__(placed.entry, session)
        self.placed = placed

    @cached_property
    def fields(self) -> dict[str, Field]:
        stems = self.placed.dataset.stems
        hidden = self.access.hidden
        return {name: field for name, field in self.placed.columns.items() if stems.get(name, name) not in hidden}

    def filterable(self) -> dict[str, Field]:
        return self.fields

    def sortable(self) -> dict[str, Field]:
        return {}


class Reader:
    """The `Reach` that datasets are given."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def conditions(self, model: type[Record]) -> list[ColumnElement[bool]]:
        entry = registry().by_model.get(model)
        if entry is None:
            return [model.is_live()]
        return Surface(entry, self._surface.session, self._surface.person).readable()

    def lineage(self, model: type[Record]) -> Any:
        return lineage_with_depth(Surface(registry().by_model[model], self._surface.session, self._surface.person))

    @property
    def today(self) -> date:
        return today()

    @property
    def zone(self) -> str:
        return str(reader().zone.key)

    @property
    def currency(self) -> str:
        return reader().currency


def source_of_entry(entry: Entry, session: Session) -> Source:
    """The records of a resource as a source; whether they may be read is the caller's to ask."""
    return Source(entry.key, entry.resource.plural_words, Surface(entry, session))


def may_show(key: str) -> bool:
    """Whether the features that a card, report or dataset belongs to are on for the reader."""
    person = principal()
    return person is None or person.tenant is None or is_open(key, person.tenant, person).allowed


def source_of(key: str, session: Session) -> Source | None:
    """The source of this key, or None when there is none that this reader may read."""
    placed = registry().figures.datasets.get(key)
    entry = placed.entry if placed is not None else registry().entries.get(key)
    if entry is None or not Surface(entry, session).may("read") or not may_show(key):
        return None
    return (
        DatasetSource(placed, FactSurface(placed, session)) if placed is not None else source_of_entry(entry, session)
    )
