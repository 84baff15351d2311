"""What a report is asked for, read from its address: `?by=stage&by=created_at.month&measure=count&measure=sum.value`.

`by` groups (twice at most), `measure` counts, `chart` draws, `order` sorts (`-count`, `by`), `top` says how many groups
stand for themselves. Everything else is the grammar of lists: filters and `q`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.host.reporting import Dataset, Report
from app.reports.dimensions import Dimension, Pairs, dimensions
from app.reports.measures import AnyFigure, Quotient, figures
from app.reports.source import DatasetSource, Source
from app.screens.reading import BadArguments, Filter
from app.screens.views.asking import REPORT, Asked, ask

One = TypeVar("One")
CHARTS = ("bar", "stacked", "line", "donut", "funnel", "number")
MOST_DIMENSIONS = 2
MOST_FIGURES = 6
TOP = 20
MOST_TOP = 100
SERIES = 10
"""Groups of the second dimension that stand for themselves."""
MOST_CONDITIONS = 14
"""Of the filters that a list takes, so that a figure's link has room for its own."""


@dataclass(frozen=True)
class ReportRequest:
    """A report, fully asked for. `asked` says which records; `problems` are sentences on what was left out."""

    source: Source
    by: tuple[Dimension, ...]
    figures: tuple[AnyFigure, ...]
    asked: Asked
    chart: str = ""
    top: int = TOP
    order: str = ""
    problems: tuple[str, ...] = field(default=())

    @property
    def pairs(self) -> Pairs:
        """The arguments of its address, in a fixed order."""
        found = [("by", one.key) for one in self.by] + [("measure", one.key) for one in self.figures]
        found += [(name, value) for name, value in (("chart", self.chart), ("order", self.order)) if value]
        if self.top != TOP:
            found.append(("top", str(self.top)))
        return [*found, *self.asked.conditions]

    @property
    def query(self) -> str:
        return urlencode(self.pairs)


@dataclass(frozen=True, slots=True)
class Offered:
    """What this reader may ask a source for."""

    dimensions: Mapping[str, Dimension]
    figures: Mapping[str, AnyFigure]

    @classmethod
    def by(cls, source: Source) -> Offered:
        return cls(dimensions(source.fields, source.trees, source.apart), figures(source.fields, source.named))


def parse(source: Source, pairs: Pairs) -> ReportRequest:
    """Read the arguments. What cannot be understood is left out and said; never raises."""
    offered = Offered.by(source)
    reading = _Reading(MultiDict([pair for pair in pairs if pair[0] in REPORT]), {})
    asked = ask(source.surface, [pair for pair in pairs if pair[0] not in REPORT])
    if len(asked.request.filters) > MOST_CONDITIONS:
        reading.errors["filters"] = _("At most %(count)s filters.", count=MOST_CONDITIONS)
        asked = ask(source.surface, [])
    asked = _of_one(source, asked)
    by = reading.several("by", offered.dimensions, MOST_DIMENSIONS)
    if len(by) > 1 and {one.field.kind for one in by} == {"tags"}:
        by = by[:1]  # a record under two sets of tags at once would count without meaning
    chosen = reading.several("measure", offered.figures, MOST_FIGURES) or (offered.figures["count"],)
    return ReportRequest(
        source=source,
        by=by,
        figures=chosen,
        asked=asked,
        chart=reading.one_of("chart", CHARTS),
        top=reading.number("top"),
        order=reading.order(chosen),
        problems=(*asked.problems, *(f"{name}: {words}" for name, words in reading.errors.items())),
    )


def _of_one(source: Source, asked: Asked) -> Asked:
    """Figures that mean something for one record at a time (a pipeline) are of the first, where no filter says more."""
    if source.within is None or within_filter(source, asked) or len(source.scopes) < 2:
        return asked
    return ask(source.surface, [*asked.pairs, (f"{source.within.name}.is", str(source.scopes[0].id))])


def within_filter(source: Source, asked: Asked) -> tuple[Filter, ...]:
    """The filters on the relation of which one record is looked at at a time."""
    return tuple(one for one in asked.request.filters if source.within is not None and one.field == source.within)


def parse_strictly(source: Source, pairs: Pairs) -> ReportRequest:
    """The same for programs: raises BadArguments for what cannot be understood."""
    request = parse(source, pairs)
    if request.problems:
        names = [words.partition(":") for words in request.problems]
        raise BadArguments({name: words.strip() for name, _colon, words in names})
    return request


@dataclass(frozen=True, slots=True)
class _Reading:
    """The report's own arguments being read."""

    args: MultiDict[str, str]
    errors: dict[str, str]

    def several(self, name: str, known: Mapping[str, One], most: int) -> tuple[One, ...]:
        wanted = dict.fromkeys(word for word in self.args.getlist(name) if word)
        unknown = [word for word in wanted if word not in known]
        if unknown:
            self.errors[name] = _("There is no “%(name)s”.", name=unknown[0][:80])
        elif len(wanted) > most:
            self.errors[name] = _("At most %(count)s.", count=most)
        return tuple(known[word] for word in wanted if word in known)[:most]

    def one_of(self, name: str, known: tuple[str, ...]) -> str:
        word = self.args.get(name, "")
        if word and word not in known:
            self.errors[name] = _("Possible: %(list)s.", list=", ".join(known))
            return ""
        return word

    def number(self, name: str) -> int:
        word = self.args.get(name, "")
        if not word:
            return TOP
        if not (word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= MOST_TOP):
            self.errors[name] = _("A number from 1 to %(most)s.", most=MOST_TOP)
            return TOP
        return int(word)

    def order(self, chosen: tuple[AnyFigure, ...]) -> str:
        return self.one_of(
            "order", tuple(sign + key for key in ("by", *(one.key for one in chosen)) for sign in ("", "-"))
        )


def opening_pairs(source: Source) -> Pairs:
    """What a source opens with when nothing is asked for."""
    if isinstance(source, DatasetSource):
        dataset: Dataset = source.placed.dataset
        return _pairs(dataset.by, dataset.show or "count", dataset.chart)
    board = source.surface.entry.resource.board
    fields = source.fields
    by = board if board and board in fields else next((n for n, f in fields.items() if f.kind == "choice"), "")
    return _pairs(by or "created_at.month", "count", "")


def pairs_of(report: Report) -> Pairs:
    """The arguments of a declared report."""
    found = _pairs(report.by, report.measures, report.chart)
    found += [("order", report.order)] if report.order else []
    found += [("top", str(report.top))] if report.top else []
    return [*found, *parse_qsl(report.where)]


def _pairs(by: str, measures: str, chart: str) -> Pairs:
    found = [("by", one) for one in by.split()] + [("measure", one) for one in measures.split()]
    return [*found, ("chart", chart)] if chart else found


def without_groups(request: ReportRequest) -> ReportRequest:
    """The same figures over all."""
    return replace(request, by=())


def rank_figure(request: ReportRequest) -> AnyFigure:
    """The figure by which groups are greatest or least."""
    key = request.order.removeprefix("-")
    return next((one for one in request.figures if one.key == key), request.figures[0])


def all_parts(request: ReportRequest) -> list[AnyFigure]:
    """What the database is asked for: each figure once, quotients by their parts."""
    found: dict[str, AnyFigure] = {}
    for one in request.figures:
        for part in one.parts if isinstance(one, Quotient) else (one,):
            found.setdefault(part.key, part)
    return list(found.values())
