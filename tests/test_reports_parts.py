"""Parts of reports on their own: periods, drill-down conditions, what plugins may declare."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.contacts.models import Contact
from app.data import Field
from app.host import Card, Dataset, Measure, Ratio, Report
from app.host.claims import ClaimError
from app.host.discovery import Found
from app.host.registry import build
from app.reports.drilling import merge
from app.screens.reading import Filter, ListRequest, periods


@pytest.mark.parametrize(
    ("period", "span", "before"),
    [
        ("today", ("2026-02-28", "2026-02-28"), ("2026-02-27", "2026-02-27")),
        ("yesterday", ("2026-02-27", "2026-02-27"), ("2026-02-26", "2026-02-26")),
        ("this_week", ("2026-02-22", "2026-02-28"), ("2026-02-15", "2026-02-21")),
        ("next_month", ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        ("this_quarter", ("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31")),
        ("last_quarter", ("2025-10-01", "2025-12-31"), ("2025-07-01", "2025-09-30")),
        ("last_year", ("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31")),
        ("last_7_days", ("2026-02-22", "2026-02-28"), ("2026-02-15", "2026-02-21")),
    ],
)
def test_periods_and_the_ones_before_them(monkeypatch, period, span, before):
    monkeypatch.setattr(periods, "today", lambda: date(2026, 2, 28))
    monkeypatch.setattr(periods, "first_weekday", lambda: 6)
    assert tuple(map(str, periods.span_of(period))) == span
    assert tuple(map(str, periods.span_before(period))) == before


def test_every_period_ends_not_before_it_begins_and_follows_the_one_before(monkeypatch):
    for day in (date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31)):
        monkeypatch.setattr(periods, "today", lambda day=day: day)
        for name in periods.PERIODS:
            first, last = periods.span_of(name)
            assert first <= last
            assert (first - periods.span_before(name)[1]).days == 1


def filters(*conditions: tuple[str, str, tuple[str, ...]]) -> ListRequest:
    return ListRequest(filters=tuple(Filter(Field("text", name), how, texts, texts) for name, how, texts in conditions))


def test_conditions_of_a_figure_join_those_of_the_report():
    day = "at.between"
    assert merge(filters(("at", "between", ("2026-01-10", "2026-02-20"))), [(day, "2026-02-01,2026-02-28")]) == [
        (day, "2026-02-01"), (day, "2026-02-20"),
    ]  # fmt: skip
    assert merge(filters(("at", "between", ("2026-01-10", "2026-01-20"))), [(day, "2026-02-01,2026-02-28")]) is None
    moments = filters(("at", "between", ("2026-01-10T10:00", "2026-02-20")))
    assert merge(moments, [(day, "2026-02-01,2026-02-28")])[2:] == [
        ("at.after", "2026-01-31"), ("at.before", "2026-03-01"),
    ]  # fmt: skip
    assert merge(filters(("x", "is_not", ("a",))), [("x.none_of", "b")]) == [("x.none_of", "a"), ("x.none_of", "b")]
    assert merge(filters(), [("x.none_of", "a, b")]) == [("x.is_not", "a, b")]
    assert merge(filters(("x", "is", ("a",))), [("x.is", "a")]) == [("x.is", "a")]
    assert merge(filters(("t", "has", ("a",))), [("t.has", "b")]) == [("t.has", "a"), ("t.has", "b")]


def test_a_panel_offers_periods_and_puts_them_into_the_address(house):
    browser = house.browser("owner")
    panel = browser.go("/contacts/contact/filters?created_at.within=this_month").text
    assert re.search(r'value="within:this_month" data-takes="none" selected', panel)
    answer = browser.go("/contacts/contact/filters?apply=1&op.created_at=within%3Alast_7_days")
    assert answer.headers["Location"].endswith("/contacts/contact/?created_at.within=last_7_days")
    assert "is in</span> <b><bdi>the last 7 days" in browser.get(answer.headers["Location"]).text
    assert house.api("owner").get("/contacts/contact?created_at.within=soon").status_code == 422


def test_the_panel_of_a_report_leads_back_to_the_report(house):
    browser = house.browser("owner")
    answer = browser.go("/contacts/contact/report/filters?apply=1&by=source&measure=count&op.source=is&v.source=Web")
    assert answer.headers["Location"].endswith("/contacts/contact/report?by=source&measure=count&source.is=Web")
    assert browser.go("/reports/data/garage.work/filters").status_code == 200
    assert browser.go("/reports/data/garage.work/pick/vehicle?q=x").status_code == 200


SOURCE = """
from app.host import Plugin, hookimpl

plugin = Plugin("odd", title="Odd")
DECLARED = []


@hookimpl
def {hook}():
    return DECLARED
"""


@pytest.mark.parametrize(
    ("hook", "declared", "said"),
    [
        ("reports", Report("r", "R", Contact, by="nothing"), "no field “nothing”"),
        ("reports", Report("r", "R", Contact, measures="sum.nothing"), "no measure “sum.nothing”"),
        ("reports", Report("r", "R", Contact, by="source company tags"), "at most two"),
        ("reports", Report("R r", "R", Contact), "not well-formed"),
        ("reports", Report("r", "R", "nowhere"), "no dataset “nowhere”"),
        ("cards", Card("c", "C"), "a report or a list"),
        ("cards", Card("c", "C", report="r", records=Contact), "a report or a list"),
        ("cards", Card("c", "C", report="nowhere"), "no report “nowhere”"),
        (
            "datasets",
            Dataset("d", "D", Contact, lambda reach: None, {"record_id": Field("text")}),
            "cannot be a column",
        ),
        (
            "datasets",
            Dataset("d", "D", Contact, lambda reach: None, {}, (Measure("m", "M", "sum", "x"),)),
            "of nothing",
        ),
        ("datasets", Dataset("d", "D", Contact, lambda reach: None, {}, (Ratio("m", "M", "a", "b"),)), "of nothing"),
        (
            "datasets",
            Dataset("d", "D", Contact, lambda reach: None, {"at": Field("day"), "x": Field("text")}, apart={"at": "x"}),
            "cannot stand apart",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_the_start(tmp_path, monkeypatch, hook, declared, said):
    source = SOURCE.format(hook=hook)
    (tmp_path / "odd_plugin.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib
    import sys

    sys.modules.pop("odd_plugin", None)
    importlib.import_module("odd_plugin").DECLARED.append(declared)
    with pytest.raises(ClaimError, match=said):
        build([Found("contacts", "app.contacts.plugin"), Found("odd", "odd_plugin")])
