"""What is asked of both sides: the same page of the floor and of Tenantry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlencode

from app.search.tokens import prefix_range, query_terms
from tests.bench.client import Client, Request, form_of
from tests.bench.facts import Facts
from tests.bench.floor.app import TENANT

Make = Callable[[Client, int], Request]
"""The next request of one side; what it needs to find out first is not timed."""
PER_TOKEN = 500
"""Requests sent with one token before the next takes over, below what a token may send in a minute."""


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    title: str
    goal: float | None
    """How many times the floor's time it may take."""
    floor: Make
    real: Make


def scenarios(facts: Facts) -> list[Scenario]:
    """All of them, in the order of the report."""
    floor, real = _Floor(facts), _Real(facts)
    common, rare, phone = (_range(one) for one in (facts.common, facts.rare, facts.phone))
    prefix, (first, second) = _range(facts.prefix), query_terms(facts.pair)
    pair = _range(first) | {f"{name}2": value for name, value in _range(second).items()}
    return [
        Scenario("list", "List, 25 rows", 3, floor.page("list"), real.page()),
        Scenario("deep", "Page 4,000", 3,
                 floor.page("deep", after=str(facts.deep_id)), real.page(cursor=facts.deep_cursor)),
        Scenario("search_common", f"Search a name that {facts.common_hits:,} bear", 3,
                 floor.page("lookup", **common), real.page(q=facts.common)),
        Scenario("search_prefix", f"Search “{facts.prefix}”: every 20th", 3,
                 floor.page("probe", **prefix), real.page(q=facts.prefix)),
        Scenario("search_rare", "Search the name in an e-mail", 3,
                 floor.page("lookup", **rare), real.page(q=facts.rare)),
        Scenario("search_pair", "Search first and last name", 3,
                 floor.page("lookup_two", **pair), real.page(q=facts.pair)),
        Scenario("search_phone", "Search the start of a phone", 3,
                 floor.page("lookup", **phone), real.page(q=facts.phone)),
        Scenario("everything", "Search over everything", 3,
                 floor.page("lookup", **common), real.everywhere(facts.common)),
        Scenario("filter", "Filter by source, sort by name", 3, floor.page("filter", source=facts.source.lower()),
                 real.page(**{"source.is": facts.source, "sort": "full_name"})),
        Scenario("edit", "Edit form", 3, floor.edit, real.edit),
        Scenario("save", "Save", None, floor.save, real.save),
        Scenario("add", "Add form", 3, floor.add, real.add),
        Scenario("rest", "REST, list of 100", 2.5, floor.rest, real.rest),
    ]  # fmt: skip


def _range(term: str) -> dict[str, str]:
    low, high = prefix_range(query_terms(term)[0])
    return {"low": low, "high": high}


class _Floor:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.headers = {TENANT: str(facts.tenant_id)}

    def page(self, name: str, **args: str) -> Make:
        request = Request(f"/page/{name}?{urlencode(args)}", self.headers)
        return lambda client, number: request

    def edit(self, client: Client, number: int) -> Request:
        return Request(f"/edit/{self.facts.edited[number % len(self.facts.edited)]}", self.headers)

    def save(self, client: Client, number: int) -> Request:
        form = self.edit(client, number)
        values = form_of(client.send(form)[1]) | {"position": f"Bench {number % 89}"}
        return Request(form.path, self.headers, values, expects=302)

    def add(self, client: Client, number: int) -> Request:
        return Request("/add", self.headers)

    def rest(self, client: Client, number: int) -> Request:
        return Request("/rest", self.headers)


class _Real:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.stem = f"/t/{facts.slug}/contacts/contact"
        self.sent = count()

    def page(self, **args: str) -> Make:
        request = Request(f"{self.stem}/?{urlencode(args)}" if args else f"{self.stem}/")
        return lambda client, number: request

    def everywhere(self, words: str) -> Make:
        request = Request(f"/t/{self.facts.slug}/search?{urlencode({'q': words})}")
        return lambda client, number: request

    def edit(self, client: Client, number: int) -> Request:
        return Request(f"{self.stem}/{self.facts.edited[number % len(self.facts.edited)]}/edit")

    def save(self, client: Client, number: int) -> Request:
        form = self.edit(client, number)
        values = form_of(client.send(form)[1], "/edit") | {"position": f"Bench {number % 97}"}
        return Request(form.path, {}, values, expects=303)

    def add(self, client: Client, number: int) -> Request:
        return Request(f"{self.stem}/add")

    def rest(self, client: Client, number: int) -> Request:
        token = self.facts.tokens[next(self.sent) // PER_TOKEN % len(self.facts.tokens)]
        return Request("/api/v1/contacts/contact?size=100", {"Authorization": f"Bearer {token}"})
