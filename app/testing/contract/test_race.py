"""Two people, one view, many threads: nobody is ever shown the other's page, whatever the interleaving."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from app.host import Entry
from app.identity.sessions import COOKIE
from app.testing.house import House
from app.testing.pages import text_of
from app.testing.samples import Samples

THREADS, REQUESTS = 6, 2_000
OF_ONE_PLUGIN = 500


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads change places as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)
    yield
    sys.setswitchinterval(before)


def view(entries: list[Entry]) -> tuple[Entry, str]:
    """A resource whose records have a text that only their people know, and that field."""
    for entry in entries:
        for name, field in entry.fields.items():
            is_plain = field.kind == "text" and not field.readonly and (field.max_length or 255) >= len("racebasil two")
            if is_plain and name in entry.resource.list.split() and "create" in entry.verbs:
                return entry, name
    pytest.skip("none of its lists shows a text of its people's")


class Person:
    """Somebody with a mark that only their own pages show, and a filter only they use."""

    def __init__(self, house: House, samples: Samples, mark: str, entry: Entry, name: str) -> None:
        tenant = house.new_tenant()
        with house.inside(tenant) as session:
            made = {
                word: samples.record(session, entry.model, mark, **{name: f"{mark} {word}"}) for word in ("one", "two")
            }
            self.ids = {word: str(row.id) for word, row in made.items()}
            session.commit()
        browser = house.browser("owner", tenant)
        cookie = browser.get_cookie(COOKIE)
        assert cookie is not None
        self.mark, self.prefix, self.token = mark, browser.prefix, cookie.value
        self.entry, self.filter = entry, f"?{name}.is={quote(f'{mark} one')}"
        self.bearer = house.api("owner", tenant).headers

    def ask(self, app: Flask, number: int) -> str | None:
        """One request; what was wrong with its answer, or None."""
        client = app.test_client()
        filtered = number % 2 == 0
        query = self.filter if filtered else ""
        if number % 3 == 0:
            answer = client.get(f"{self.entry.api_path}{query}", headers=self.bearer)
        else:
            client.set_cookie(COOKIE, self.token)
            answer = client.get(f"{self.prefix}{self.entry.path}/{query}")
        text = text_of(answer)
        found = {word for word, key in self.ids.items() if key in text}
        others = {mark for mark in ("raceamber", "racebasil") if mark in text} - {self.mark}
        right = found == ({"one"} if filtered else {"one", "two"})
        if answer.status_code == 200 and right and not others:
            return None
        return f"{self.mark}: {answer.status_code}, shown {sorted(found)}, of others {sorted(others)}"


def test_two_people_on_one_view(
    app: Flask, house: House, samples: Samples, entries: list[Entry], whole: bool, hurried: None
) -> None:
    shown = view(entries)
    people = [Person(house, samples, mark, *shown) for mark in ("raceamber", "racebasil")]
    requests, wrong = REQUESTS if whole else OF_ONE_PLUGIN, []

    def work(seed: int) -> None:
        chooser = random.Random(seed)
        for number in range(requests // THREADS + 1):
            problem = chooser.choice(people).ask(app, number)
            if problem:
                wrong.append(problem)

    threads: list[Any] = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [], f"{len(wrong)} of {requests} wrong: {wrong[:5]}"
