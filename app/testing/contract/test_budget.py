"""Law 10: a page costs at most eight statements, whatever the number of rows or of plugins, and its HTML is bounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.host import Entry
from app.testing.counting import Statements, count_statements
from app.testing.house import House
from app.testing.pages import page_of, text_of
from app.testing.samples import EXISTING, Samples

BUDGET = 8
FEW, MANY = 25, 200
ON_PAPER = 5
"""Rows of each resource that are printed: the events of them all are one list, and a long one is made by a job."""
PAGE_BYTES = 250_000


class Filled:
    """A tenant with so many records of each resource that a page of 200 is full."""

    def __init__(self, house: House, samples: Samples, entries: list[Entry], rows: int) -> None:
        self.tenant = house.new_tenant()
        self.rows = rows
        self.some: dict[str, str] = {}
        owner = house.people[self.tenant.slug, "owner"]
        with house.inside(self.tenant, owner.uid) as session:
            for entry in entries:
                made: list[Any] = []
                for number in range(self.wanted(entry)):
                    # Beyond the first few a row refers to what one of those does: as many different ones, sooner made.
                    given = links_of(made[number % FEW]) if number >= FEW else {}
                    made.append(samples.record(session, entry.model, full=True, **given))
                self.some[entry.key] = str(made[0].id)
                session.commit()
        self.browser = house.browser("owner", self.tenant)
        self.api = house.api("owner", self.tenant)

    def wanted(self, entry: Entry) -> int:
        """Rows to make: few of what a tenant has few of."""
        return 1 if entry.model in EXISTING or entry.resource.custom_fields is False else self.rows


def links_of(row: Any) -> dict[str, Any]:
    """What a record refers to, where another one may refer to the same."""
    unique = {column.name for index in row.__table__.indexes if index.unique for column in index.columns}
    links = (field.column for field in row.__fields__.values() if field.kind == "belongs_to")
    return {name: getattr(row, name) for name in links if name not in unique}


@pytest.fixture(scope="module", params=[FEW, MANY])
def filled(request: pytest.FixtureRequest, house: House, samples: Samples, entries: list[Entry]) -> Filled:
    return Filled(house, samples, entries, request.param)


@pytest.fixture(scope="module")
def printed(house: House, samples: Samples, entries: list[Entry]) -> Filled:
    return Filled(house, samples, entries, ON_PAPER)


def cost(ask: Callable[..., Any], path: str, **more: Any) -> tuple[Statements, Any]:
    """What the second of two equal requests costs: the first one fills the caches of the process."""
    answer = ask(path, **more)
    assert answer.status_code < 400, f"{answer.request.url}: {text_of(answer)[:1500]}"
    with count_statements() as seen:
        answer = ask(path, **more)
    assert answer.status_code < 400
    return seen, answer


def check(what: str, ask: Callable[..., Any], path: str, **more: Any) -> Any:
    seen, answer = cost(ask, path, **more)
    assert len(seen) <= BUDGET, f"{what}: {seen.report()}"
    return answer


def test_screens_stay_within_the_budget(filled: Filled, entries: list[Entry]) -> None:
    go = filled.browser.go
    for entry in entries:
        some = filled.some[entry.key]
        answer = check(f"list of {entry.key}", go, f"{entry.path}/?size={filled.rows}")
        assert len(answer.data) < PAGE_BYTES, f"{entry.key}: {len(answer.data):,} bytes for {filled.rows} rows"
        everything = ",".join(name for name, field in entry.fields.items() if field.kind != "has_many")
        answer = check(f"wide list of {entry.key}", go, f"{entry.path}/?size={filled.rows}&columns={everything}")
        assert len(answer.data) < PAGE_BYTES, f"{entry.key}: {len(answer.data):,} bytes for {filled.rows} rows"
        check(f"searched list of {entry.key}", go, f"{entry.path}/?q=amb&size={filled.rows}")
        check(f"filtered list of {entry.key}", go, f"{entry.path}/?created_at.after=2020-01-01")
        check(f"record of {entry.key}", go, f"{entry.path}/{some}")
        if "create" in entry.verbs:
            check(f"empty form of {entry.key}", go, f"{entry.path}/add")
        if "update" in entry.verbs:
            check(f"form of {entry.key}", go, f"{entry.path}/{some}/edit")
        if "delete" in entry.verbs:
            check(f"question before deleting {entry.key}", go, f"{entry.path}/{some}/delete")
        for name in [name for name in ("board", "calendar", "gallery", "tree") if getattr(entry.resource, name)]:
            answer = check(f"{name} of {entry.key}", go, f"{entry.path}/{name}?size={filled.rows}")
            assert len(answer.data) < PAGE_BYTES, f"{name} of {entry.key}: {len(answer.data):,} bytes"


def test_documents_stay_within_the_budget(printed: Filled, entries: list[Entry]) -> None:
    """Of few rows: documents take their time, and what they cost is the same for many."""
    for entry in entries:
        paths = [
            f"{entry.path}/{printed.some[entry.key]}/pdf",
            *([f"{entry.path}/pdf"] if "export" in entry.verbs else []),
        ]
        for path in paths:
            assert check(f"{path} on paper", printed.browser.go, path).data.startswith(b"%PDF-")


def test_rest_stays_within_the_budget(filled: Filled, entries: list[Entry]) -> None:
    for entry in entries:
        some = f"{entry.path}/{filled.some[entry.key]}"
        check(f"REST list of {entry.key}", filled.api.get, f"{entry.path}?size={filled.rows}")
        check(f"REST record of {entry.key}", filled.api.get, some)
        if "update" in entry.verbs:
            check(f"REST patch of {entry.key}", filled.api.patch, some, json={})


def test_saving_a_form_stays_within_twice_the_budget(filled: Filled, entries: list[Entry]) -> None:
    """Saving also asks the rules of the resource and writes search tokens, so it may cost more; rows do not matter."""
    for entry in entries:
        if "update" not in entry.verbs:
            continue
        form = page_of(filled.browser.go(f"{entry.path}/{filled.some[entry.key]}/edit")).guarded()
        seen, _answer = cost(filled.browser.post, form.action, data=form.data(_confirmed="1"))
        assert len(seen) <= 2 * BUDGET, f"saving {entry.key}: {seen.report()}"


def test_the_start_page_stays_within_the_budget(filled: Filled) -> None:
    check("start page", filled.browser.go, "/")


def test_an_anonymous_page_asks_the_database_nothing(app: Flask) -> None:
    seen, _answer = cost(app.test_client().get, "/login/")
    assert len(seen) == 0, seen.report()
