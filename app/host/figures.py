"""Datasets, reports and cards of all plugins: asked, checked, and kept by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.host.claims import ClaimError
from app.host.declarations import NAME
from app.host.reporting import Card, Dataset, Ratio, Report

if TYPE_CHECKING:
    from app.data import Field, Record
    from app.host.asked import Asked
    from app.host.entry import Entry

_HOWS = frozenset({"count", "sum", "avg", "median", "min", "max", "distinct"})
_STAMPS = frozenset({"created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class PlacedDataset:
    """A dataset in its place: `entry` is the resource that its facts are about."""

    key: str
    entry: Entry
    dataset: Dataset
    columns: Mapping[str, Field]
    """The columns by name; each knows its own."""


@dataclass(frozen=True, slots=True)
class PlacedReport:
    """A report in its place. `of` is the key of a resource or of a dataset."""

    key: str
    of: str
    report: Report


@dataclass(frozen=True, slots=True)
class PlacedCard:
    """A card in its place. `of` is the key of a report, or that of the resource whose records it lists."""

    key: str
    of: str
    card: Card


@dataclass(frozen=True)
class Figures:
    """Frozen once built; all by key (`crm.forecast`), in the order of the plugins."""

    datasets: Mapping[str, PlacedDataset] = field(default_factory=dict)
    reports: Mapping[str, PlacedReport] = field(default_factory=dict)
    cards: Mapping[str, PlacedCard] = field(default_factory=dict)


def gather(plugins: Sequence[Asked], entries: Mapping[str, Entry]) -> Figures:
    """Ask every plugin in turn. Raises ClaimError for what cannot work."""
    by_model: dict[type[Record], str] = {}
    for entry in entries.values():
        by_model.setdefault(entry.model, entry.key)
    datasets: dict[str, PlacedDataset] = {}
    reports: dict[str, PlacedReport] = {}
    cards: dict[str, PlacedCard] = {}
    for asked in plugins:
        with asked.blame():
            own = _Own(asked, by_model)
            for dataset in asked.all("datasets"):
                key = own.key(dataset, datasets, entries)
                _check_dataset(key, dataset)
                entry = entries[own.resource(key, dataset.records)]
                columns = {name: column.named(name, column.required) for name, column in dataset.columns.items()}
                guarded = asked.guard.dataset(dataset) if asked.guard else dataset
                datasets[key] = PlacedDataset(key, entry, guarded, MappingProxyType(columns))
            for report in asked.all("reports"):
                key = own.key(report, reports)
                reports[key] = PlacedReport(key, own.subject(key, report.of, datasets), report)
                _check_report(reports[key], entries, datasets)
            for card in asked.all("cards"):
                key = own.key(card, cards)
                cards[key] = PlacedCard(key, own.subject_of_card(key, card, reports), card)
    return Figures(MappingProxyType(datasets), MappingProxyType(reports), MappingProxyType(cards))


@dataclass(frozen=True, slots=True)
class _Own:
    """What one plugin calls its own."""

    asked: Asked
    by_model: Mapping[type[Record], str]

    @property
    def plugin(self) -> str:
        return self.asked.name

    def key(self, declared: Any, *taken: Mapping[str, Any]) -> str:
        key = f"{self.plugin}.{declared.name}"
        if not NAME.fullmatch(declared.name) or any(key in group for group in taken):
            kind = type(declared).__name__.lower()
            raise ClaimError(f"{self.plugin}: the {kind} “{declared.name}” is not well-formed or its name is taken.")
        return key

    def resource(self, key: str, model: type[Record]) -> str:
        if model not in self.by_model:
            raise ClaimError(f"{key}: {model.__name__} has no resource.")
        return self.by_model[model]

    def subject(self, key: str, of: type[Record] | str, datasets: Mapping[str, PlacedDataset]) -> str:
        if not isinstance(of, str):
            return self.resource(key, of)
        if f"{self.plugin}.{of}" not in datasets:
            raise ClaimError(f"{key}: the plugin declares no dataset “{of}”.")
        return f"{self.plugin}.{of}"

    def subject_of_card(self, key: str, card: Card, reports: Mapping[str, PlacedReport]) -> str:
        if (card.records is None) == (not card.report):
            raise ClaimError(f"{key}: a card shows a report or a list of records, one of the two.")
        if card.records is not None:
            return self.resource(key, card.records)
        if f"{self.plugin}.{card.report}" not in reports:
            raise ClaimError(f"{key}: the plugin declares no report “{card.report}”.")
        return f"{self.plugin}.{card.report}"


def _check_dataset(key: str, dataset: Dataset) -> None:
    for name, column in dataset.columns.items():
        if not NAME.fullmatch(name) or name == "record_id" or column.kind in ("has_many", "tags", "json", "record_id"):
            raise ClaimError(f"{key}: “{name}” cannot be a column of a dataset.")
    if dataset.within and getattr(dataset.columns.get(dataset.within), "kind", "") != "belongs_to":
        raise ClaimError(f"{key}: “{dataset.within}” is no column that leads to a record.")
    for time, beside in dataset.apart.items():
        kinds = tuple(getattr(dataset.columns.get(name), "kind", "") for name in (time, beside))
        if kinds not in (("day", "choice"), ("moment", "choice")):
            raise ClaimError(f"{key}: “{beside}” cannot stand apart from the periods of “{time}”.")
    known: set[str] = set()
    for measure in dataset.measures:
        if isinstance(measure, Ratio):
            sound = {measure.part, measure.whole} <= known
        else:
            sound = measure.how in _HOWS and (measure.of in dataset.columns or measure.how == "count")
        if not NAME.fullmatch(measure.name) or measure.name in known or not sound:
            raise ClaimError(f"{key}: the measure “{measure.name}” is not well-formed, taken, or of nothing.")
        known.add(measure.name)
    _check_words(key, dataset.by, dataset.show, set(dataset.columns), known)


def _check_report(placed: PlacedReport, entries: Mapping[str, Entry], datasets: Mapping[str, PlacedDataset]) -> None:
    report = placed.report
    if placed.of in datasets:
        dataset = datasets[placed.of].dataset
        fields, measures = set(dataset.columns), {one.name for one in dataset.measures}
    else:
        fields, measures = set(entries[placed.of].fields) | _STAMPS, set()
    _check_words(placed.key, report.by, report.measures, fields, measures)


def _check_words(key: str, by: str, measures: str, fields: set[str], named: set[str]) -> None:
    for word in by.split():
        if word.partition(".")[0] not in fields:
            raise ClaimError(f"{key}: there is no field “{word}” to group by.")
    if len(by.split()) > 2:
        raise ClaimError(f"{key}: at most two fields to group by.")
    for word in measures.split():
        how, _dot, of = word.partition(".")
        if word not in named and word != "count" and (how not in _HOWS or of not in fields):
            raise ClaimError(f"{key}: there is no measure “{word}”.")
