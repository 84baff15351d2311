"""The report page: choose what to count and how to show it, see chart and table, go on to the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import pgettext as _p

from app.host import registry
from app.reports.asking import CHARTS, Offered, ReportRequest, opening_pairs, parse, within_filter
from app.reports.charts import Chart, draw
from app.reports.drilling import Drill
from app.reports.pages.saved import title_and_settings
from app.reports.pages.screen import ReportScreen
from app.reports.result import Result
from app.reports.running import Unanswerable, run
from app.reports.table import Table, table_of
from app.screens.page import ActionButton, ActiveFilter, Link, Option
from app.screens.reading import ListRequest
from app.screens.views.asking import REPORT
from app.screens.views.conditions import active_filters
from app.screens.views.screen import all_arguments, with_query
from app.screens.views.surfaces import surfaces

TOPS = (5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Select:
    """A choice on the form; two may have the same name."""

    id: str
    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class ReportPage:
    """What is asked, and what came out; without `table` the problems say why nothing did."""

    title: str
    trail: tuple[Link, ...]
    words: str
    actions: tuple[ActionButton, ...]
    surfaces: tuple[Link, ...]
    scope_label: str
    scopes: tuple[Link, ...]
    filters: tuple[ActiveFilter, ...]
    clear_href: str
    filters_href: str
    here: str
    kept: tuple[tuple[str, str], ...]
    controls: tuple[Select, ...]
    figures: tuple[Option, ...]
    chart: Chart | None
    table: Table | None
    problems: tuple[str, ...]


def report_page(screen: ReportScreen) -> str:
    """The page at a source's report address."""
    asked = parse(screen.source, all_arguments() or opening_pairs(screen.source))
    title, settings_href = title_and_settings(screen, asked.query)
    actions = (ActionButton(_("This report"), settings_href, icon="settings"),) if settings_href else ()
    problems = _for_reader(asked.problems) if title else list(asked.problems)
    result: Result | None = None
    try:
        result = run(asked)
    except Unanswerable as reason:
        problems.append(str(reason))
    page = _page(screen, asked, result, tuple(problems), title or _ready_title(screen), actions)
    return render_template("reports/report.html", page=page)


def _for_reader(problems: Sequence[str]) -> list[str]:
    """What is left out of a saved report, for who did not write its question."""
    words = _("Part of this report is left out: you may not see it, or it is not there any more.")
    return [words] if problems else []


def _page(
    screen: ReportScreen,
    asked: ReportRequest,
    result: Result | None,
    problems: tuple[str, ...],
    title: str,
    actions: tuple[ActionButton, ...],
) -> ReportPage:
    offered = Offered.by(screen.source)
    heading = title or _("Report: %(what)s", what=screen.source.title)
    drill = Drill(asked, result, screen.records_href) if result is not None else None
    found = active_filters(screen, _besides_scope(screen, asked), asked.pairs, screen.list_href)
    own = [pair for pair in asked.pairs if pair[0] in REPORT]
    return ReportPage(
        title=heading,
        trail=screen.trail(),
        words=_summary(screen),
        actions=(*actions, *_exports(screen, asked, result)),
        surfaces=() if screen.is_of_facts else surfaces(screen, "report", asked.asked),
        scope_label=screen.source.within.words if screen.source.within is not None else "",
        scopes=_scopes(screen, asked),
        filters=found,
        clear_href=with_query(screen.list_href, own) if found else "",
        filters_href=with_query(screen.href("filters"), [*asked.pairs, *_marks()]),
        here=screen.list_href,
        kept=(*asked.asked.conditions, *_marks()),
        controls=tuple(_controls(asked, offered)),
        figures=_figures(asked, offered),
        chart=draw(result, asked.chart, drill, title=heading) if result and drill else None,
        table=table_of(result, drill.href) if result and drill else None,
        problems=problems,
    )


def _besides_scope(screen: ReportScreen, asked: ReportRequest) -> ListRequest:
    """What is asked, without the filter that the switch shows."""
    shown = within_filter(screen.source, asked.asked) if _scopes(screen, asked) else ()
    return replace(asked.asked.request, filters=tuple(one for one in asked.asked.request.filters if one not in shown))


def _scopes(screen: ReportScreen, asked: ReportRequest) -> tuple[Link, ...]:
    """The switch between the records of which one is looked at at a time; none where the filters say more than one."""
    chosen = within_filter(screen.source, asked.asked)
    if len(chosen) != 1 or chosen[0].operator != "is" or len(screen.source.scopes) < 2:
        return ()
    name = f"{chosen[0].field.name}.is"
    rest = [*(pair for pair in asked.pairs if pair[0] != name), *_marks()]
    return tuple(
        Link(one.label, with_query(screen.list_href, [*rest, (name, one.id)]), one.id in chosen[0].operands)
        for one in screen.source.scopes
    )


def _marks() -> list[tuple[str, str]]:
    """Which report the page began as; carried along while its question is changed."""
    return [(name, value) for name in ("saved", "ready") if (value := request.args.get(name, ""))]


def _ready_title(screen: ReportScreen) -> str:
    placed = registry().figures.reports.get(request.args.get("ready", ""))
    return str(placed.report.title) if placed is not None and placed.of == screen.source.key else ""


def _summary(screen: ReportScreen) -> str:
    placed = getattr(screen.source, "placed", None)
    return str(placed.dataset.summary) if placed is not None else ""


def _exports(screen: ReportScreen, asked: ReportRequest, result: Result | None) -> list[ActionButton]:
    query = [("source", screen.source.key), ("query", asked.query)]
    found = [ActionButton(_("Save report"), with_query(screen.outside("reports/saved/new"), query), icon="bookmark")]
    if result is not None and screen.source.records.may("export"):
        for kind in ("csv", "xlsx"):
            address = with_query(screen.href("file"), [*asked.pairs, ("format", kind)])
            found.append(ActionButton(kind.upper(), address, icon="download"))
    return found


def _controls(asked: ReportRequest, offered: Offered) -> list[Select]:
    groups = [(key, one.label) for key, one in offered.dimensions.items()]
    chosen = [one.key for one in asked.by] + ["", ""]
    orders = [("", _("as it suits")), ("by", _("by name or time")), ("-by", _("by name or time, backwards"))]
    for one in asked.figures:
        orders.append((f"-{one.key}", _("%(figure)s, greatest first", figure=one.label)))
        orders.append((one.key, _("%(figure)s, least first", figure=one.label)))
    tops = [(str(top), str(top)) for top in sorted({*TOPS, asked.top})]
    return [
        _select("by", _("Group by"), [("", _("nothing")), *groups], chosen[0]),
        _select("by", _("then by"), [("", _("nothing")), *groups], chosen[1], "then"),
        _select(
            "chart", _("Chart"), [("", _("what suits")), *((one, chart_words(one)) for one in CHARTS)], asked.chart
        ),
        _select("order", _("Order"), orders, asked.order),
        _select("top", _("Groups shown alone"), tops, str(asked.top)),
    ]


def chart_words(chart: str) -> str:
    """A kind of chart in the reader's language."""
    words: dict[str, Callable[[], Any]] = {
        "bar": lambda: _("Bars"),
        "stacked": lambda: _("Stacked bars"),
        "line": lambda: _p("chart", "Lines"),
        "donut": lambda: _("Ring"),
        "funnel": lambda: _("Funnel"),
        "number": lambda: _("Number"),
    }
    return str(words[chart]())


def _select(name: str, label: str, options: list[tuple[str, str]], chosen: str, key: str = "") -> Select:
    return Select(key or name, name, label, tuple(Option(value, words, value == chosen) for value, words in options))


def _figures(asked: ReportRequest, offered: Offered) -> tuple[Option, ...]:
    chosen = {one.key for one in asked.figures}
    return tuple(Option(key, one.label, key in chosen) for key, one in offered.figures.items())
