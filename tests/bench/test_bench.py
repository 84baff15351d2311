"""The benchmark itself still works: a small load, both servers, one round of two pages."""

from __future__ import annotations

import pytest

from app.data import uuid7
from tests.bench.client import form_of
from tests.bench.database import house
from tests.bench.plan import Plan
from tests.bench.rows import Share, lines_of
from tests.bench.running import run


def test_the_plan_adds_up():
    sizes = Plan(1_000_000, 100, 200_000).sizes()
    assert (len(sizes), sum(sizes), sizes[0]) == (100, 1_000_000, 200_000)


def test_a_load_is_the_same_every_time():
    share = Share(1, uuid7(), 30, (uuid7(),))
    first, again = ([lines.of for lines in lines_of(share, 20)] for _time in range(2))
    assert [part["contact"] for part in first] == [part["contact"] for part in again]
    assert sum(len(part["contact"]) for part in first) == 30
    assert sum(len(part["contact_channel"]) for part in first) == 60


def test_a_form_is_sent_as_a_browser_would():
    page = b"""<form method="post" action="/other"><input name="no" value="1"></form>
    <form method="post" action="/x/edit"><input name="a" value="1"><input type="checkbox" name="b" value="2">
    <select name="c"><option value=""></option><option value="3" selected>Three</option></select>
    <textarea name="d">four</textarea><template><input name="e" value="5"></template></form>"""
    assert form_of(page, "/edit") == {"a": "1", "c": "3", "d": "four"}


@pytest.mark.slow
def test_both_sides_are_loaded_served_and_measured(tmp_path):
    plan, lines = Plan(600, 2, 400), []
    with house(tmp_path, plan, lines.append) as running:
        report = run(running, plan, tmp_path, 1, ["add", "save", "everything"], lines.append)
    assert "| Add form |" in report
    assert "| nothing |" in report
    assert "Tenantry" in report
