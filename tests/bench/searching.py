"""The search over everything: what the database does for it in a large tenant and a small one, as a ratio to reading
one row by its key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from app import create_app
from app.contacts.models import Contact
from app.data import Scope, db, scope
from app.screens.searching import search_everywhere
from app.tenancy.services import find_tenant
from tests.bench.database import House, superuser
from tests.bench.facts import Facts, gather
from tests.bench.plan import SLUG, Plan

TIMES = 60
WARMED = 10
GOAL = 50
"""A search may cost as much as so many rows read by key, however large the tenant is."""


def measure_search(house: House, plan: Plan) -> str:
    """A table of milliseconds in the database. Raises AssertionError when a common word finds nothing."""
    app = create_app(house.settings)
    with superuser(house.settings) as connection:
        facts = gather(app, connection)
    sizes = plan.sizes()
    large, small = (_Tenant(app, number) for number in (0, len(sizes) - 1))
    intro = (
        f"Search over everything: milliseconds in the database, {sizes[-1]:,} and {sizes[0]:,} contacts, and the ratio"
        f" of the larger to reading one row by its key ({small.by_key():.2f} and {large.by_key():.2f} ms)."
    )
    heads = f"| | {sizes[-1]:,} | {sizes[0]:,} | large : small | large : key | goal |"
    lines = [intro, "", heads, "|---|---|---|---|---|---|"]
    key = large.by_key()
    assert large.finds(facts.common), "a common word finds nothing"
    for title, words in _questions(facts):
        few, many = small.search(words), large.search(words)
        verdict = "yes" if many / key <= GOAL else "NO"
        lines.append(f"| {title} | {few:.2f} | {many:.2f} | {many / few:.1f} | {many / key:.0f} | {GOAL}x {verdict} |")
    return "\n".join([*lines, ""])


def _questions(facts: Facts) -> list[tuple[str, str]]:
    first, last = facts.pair.split()[:2]
    return [
        (f"a name that {facts.common_hits:,} bear", facts.common),
        ("one letter", "a"),
        (f"“{facts.prefix}”", facts.prefix),
        ("two common beginnings", f"a {facts.prefix}"),
        ("two common beginnings that rarely meet", f"{facts.common[:3]} {first[:2]}"),
        ("first and last name", f"{first} {last}"),
        ("the start of a phone", facts.phone),
        ("an e-mail address", facts.rare),
        ("nothing", "zzzzz"),
        ("a common word and nothing", f"{facts.common} zzzzz"),
    ]


class _Tenant:
    """One tenant of the load, asked in this process."""

    def __init__(self, app: Flask, number: int) -> None:
        self.app = app
        with app.app_context():
            tenant = find_tenant(SLUG.format(number))
            assert tenant is not None
            self.tenant_id: UUID = tenant.id

    def by_key(self) -> float:
        """Milliseconds for one row by its key."""

        def read() -> None:
            db.session.execute(select(Contact.id, Contact.full_name).where(Contact.id == some)).one()

        with self._inside():
            some = db.session.scalars(select(Contact.id).limit(1)).one()
            return _database_time(read)

    def finds(self, words: str) -> bool:
        with self._inside():
            return bool(search_everywhere(db.session(), words))

    def search(self, words: str) -> float:
        """Milliseconds for one search."""
        with self._inside():
            return _database_time(lambda: search_everywhere(db.session(), words))

    @contextmanager
    def _inside(self) -> Iterator[None]:
        with self.app.test_request_context(), scope(Scope(self.tenant_id, via="system")):
            yield


def _database_time(work: Callable[[], Any]) -> float:
    """The median of what the statements of `work` take until their answer is here."""
    spent: list[float] = []
    began = 0.0

    def before(*_args: Any) -> None:
        nonlocal began
        began = time.perf_counter()

    def after(*_args: Any) -> None:
        spent[-1] += (time.perf_counter() - began) * 1000

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        for _turn in range(TIMES + WARMED):
            spent.append(0.0)
            work()
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)
    return median(spent[WARMED:])
