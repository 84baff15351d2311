"""Two people, one view, many threads: nobody is ever shown the other's page, whatever the interleaving."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.identity.sessions import COOKIE
from app.testing.house import House
from app.testing.pages import text_of
from app.testing.samples import Samples

THREADS, REQUESTS = 6, 2_000
PATH = "/contacts/company/"


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads change places as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(2e-5)
    yield
    sys.setswitchinterval(before)


class Person:
    """Somebody with a mark that only their own pages show, and a filter only they use."""

    def __init__(self, house: House, samples: Samples, mark: str) -> None:
        from app.contacts.models import Company

        tenant = house.new_tenant()
        with house.inside(tenant) as session:
            samples.record(session, Company, mark, name=f"{mark} one", city="here")
            samples.record(session, Company, mark, name=f"{mark} two", city="away")
            session.commit()
        browser = house.browser("owner", tenant)
        cookie = browser.get_cookie(COOKIE)
        assert cookie is not None
        self.mark, self.prefix, self.token = mark, browser.prefix, cookie.value
        self.bearer = house.api("owner", tenant).headers

    def ask(self, app: Flask, number: int) -> str | None:
        """One request; what was wrong with its answer, or None."""
        client = app.test_client()
        filtered = number % 2 == 0
        query = "?city.is=here" if filtered else ""
        if number % 3 == 0:
            answer = client.get(f"/api/v1{PATH.rstrip('/')}{query}", headers=self.bearer)
        else:
            client.set_cookie(COOKIE, self.token)
            answer = client.get(f"{self.prefix}{PATH}{query}")
        text = text_of(answer)
        found = {name for name in ("one", "two") if f"{self.mark} {name}" in text}
        others = {mark for mark in ("raceamber", "racebasil") if mark in text} - {self.mark}
        right = found == ({"one"} if filtered else {"one", "two"})
        if answer.status_code == 200 and right and not others:
            return None
        return f"{self.mark}: {answer.status_code}, shown {sorted(found)}, of others {sorted(others)}"


def test_two_people_on_one_view(app: Flask, house: House, samples: Samples, hurried: None) -> None:
    people = [Person(house, samples, mark) for mark in ("raceamber", "racebasil")]
    wrong: list[str] = []

    def work(seed: int) -> None:
        chooser = random.Random(seed)
        for number in range(REQUESTS // THREADS + 1):
            problem = chooser.choice(people).ask(app, number)
            if problem:
                wrong.append(problem)

    threads: list[Any] = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [], f"{len(wrong)} of {REQUESTS} wrong: {wrong[:5]}"
