"""`ReportScreen`: a source in one request, with its addresses. Filter panel and chips are those of lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flask import abort

from app.data import db
from app.host import Entry, registry
from app.reports.source import DatasetSource, Source, source_of, source_of_entry
from app.screens.page import Link
from app.screens.reading import Surface
from app.screens.views.screen import Screen

DATASETS = "/reports/data"


@dataclass
class ReportScreen(Screen):
    """A screen whose “list” is the report: the filter panel leads back to it."""

    source: Source

    @cached_property
    def surface(self) -> Surface:
        return self.source.surface

    @cached_property
    def is_of_facts(self) -> bool:
        return isinstance(self.source, DatasetSource)

    @property
    def stem(self) -> str:
        """What the addresses of this report begin with."""
        return self.outside(f"{DATASETS}/{self.source.key}") if self.is_of_facts else f"{self.base}/report"

    @property
    def list_href(self) -> str:
        return self.stem

    @property
    def records_href(self) -> str:
        """Where the records of a figure are listed."""
        return f"{self.stem}/records" if self.is_of_facts else f"{self.base}/"

    def href(self, *parts: object) -> str:
        stem = self.base if parts[:1] == ("pick",) and not self.is_of_facts else self.stem
        return "/".join([stem, *(str(part) for part in parts)])

    @property
    def plural(self) -> str:
        return self.source.title

    def trail(self, *links: Link) -> tuple[Link, ...]:
        return (Link(self.source.title, f"{self.base}/"), *links) if not self.is_of_facts else links


def screen_of_entry(entry: Entry) -> ReportScreen:
    """The report on the records of a resource."""
    return ReportScreen(entry, source_of_entry(entry, db.session()))


def screen_of(key: str) -> ReportScreen:
    """The report on a resource or dataset, for those who may read it; otherwise 404 or, as lists do, 403."""
    placed = registry().figures.datasets.get(key)
    entry = placed.entry if placed is not None else registry().entries.get(key)
    source = source_of(key, db.session())
    if entry is None or source is None:
        abort(404)
    return ReportScreen(entry, source)
