"""Pages that a plugin brings itself keep what generated pages keep: who may open them, the budget, language and
direction, nothing inline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from babel import Locale
from flask import Flask

from app.ops.routes_table import Row, rows
from app.tenancy.models import ROLES
from app.testing.contract.test_budget import BUDGET, PAGE_BYTES, cost
from app.testing.crawl import Belongings, calls
from app.testing.house import House
from app.testing.markup import Markup
from app.testing.pages import text_of
from app.testing.samples import Samples
from app.testing.subject import Subject

SEVERAL = 12
"""Records of each resource: more than the budget has statements, so that a page that asks for each is found."""
READERS = ["en", "ar"]
"""One who reads in each direction."""
Remark = Callable[[str, object], None]


def direction_of(language: str) -> str:
    """How a language is written, as the world's tables have it."""
    return "rtl" if Locale.parse(language, sep="-").text_direction == "rtl" else "ltr"


class OwnPages:
    """The pages with the addresses of samples, in a tenant of one language."""

    def __init__(self, house: House, samples: Samples, subject: Subject, locale: str, rows_each: int = 1) -> None:
        self.house, self.subject, self.locale = house, subject, locale
        self.rows = subject.own_pages(rows(house.app))
        if not self.rows:
            pytest.skip("there are no pages of its own")
        self.tenant = house.new_tenant(locale=locale)
        things = Belongings(house, samples, self.tenant, subject, "zqpages")
        owners = {row.owner for row in self.rows}
        for entry in subject.entries:
            for _number in range(rows_each if entry.plugin.name in owners else 0):
                things.record(entry, fresh=True)
        with house.app.test_request_context():
            self.calls = [(one.row, one.path) for one in calls(self.rows, things, fresh=False)]

    def ask(self, row: Row, role: str = "owner") -> Callable[..., Any]:
        """How the page is opened: by a member, or by somebody from outside where it is public."""
        browser = self.house.browser(role, self.tenant)
        if row.permission != "public":
            return browser.go
        stranger = self.house.app.test_client()
        return lambda path: stranger.get(browser.prefix + path)

    def opened(self, remark: Remark) -> list[tuple[str, Callable[..., Any]]]:
        """The addresses that answer with a page, and how to ask them; the others are remarked."""
        found = []
        for row, path in self.calls:
            answer = self.ask(row)(path)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                found.append((path, self.ask(row)))
            elif answer.mimetype == "text/html":
                remark("remark", f"{row.path} is not looked at: it answers {answer.status_code} to made-up words")
        return found


@pytest.fixture(scope="module", params=READERS)
def pages(request: pytest.FixtureRequest, house: House, samples: Samples, subject: Subject) -> OwnPages:
    return OwnPages(house, samples, subject, request.param, SEVERAL if request.param == "en" else 1)


def test_they_stay_within_the_budget(pages: OwnPages, record_property: Remark) -> None:
    for path, ask in pages.opened(record_property):
        seen, answer = cost(ask, path)
        assert len(seen) <= BUDGET, f"{path} ({pages.locale}): {seen.report()}"
        assert len(answer.data) < PAGE_BYTES, f"{path}: {len(answer.data):,} bytes"


def test_they_are_in_the_readers_language_and_hold_nothing_inline(pages: OwnPages, record_property: Remark) -> None:
    offered = pages.house.app.config["LANGUAGES"]
    for path, ask in pages.opened(record_property):
        page = Markup(text_of(ask(path)))
        is_public = "/public/" in path  # what strangers see may have a language of its own, as forms do
        language = page.language if is_public and page.language in offered else pages.locale
        assert (page.language, page.direction) == (language, direction_of(language)), f"{path}: html lang, dir"
        assert page.faults == [], path
        if not page.is_framed:
            record_property("remark", f'{path} stands outside the house\'s layout ({{% extends "layout.html" %}})')


def test_those_who_may_open_them_can_and_nobody_else(app: Flask, pages: OwnPages, subject: Subject) -> None:
    granted = {
        (f"{one.resource}.{one.verb}", role) for one in subject.registry.declared_permissions() for role in one.roles
    }
    for row, path in pages.calls:
        for role in ROLES if "." in row.permission else ():
            answer = pages.ask(row, role)(path)
            may = (row.permission, role) in granted
            where = f"{role}: {path} -> {answer.status_code}"
            assert answer.status_code < 500, where
            assert (answer.status_code == 403) is not may, where
