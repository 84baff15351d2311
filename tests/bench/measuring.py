"""Times both sides in turns, so that whatever else the machine does falls on both."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from statistics import median, quantiles

from app.identity.sessions import COOKIE
from tests.bench.client import Client
from tests.bench.facts import Facts
from tests.bench.scenarios import Make, Scenario
from tests.bench.serving import Server

SAMPLES = 40
"""Requests of one side in one round of one scenario."""
CLIENTS = 8
WARMED = 12
"""Connections opened to warm every worker."""


@dataclass(slots=True)
class Side:
    """Milliseconds of every round of one side."""

    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    """Processor time of the web workers for one request; saving includes the form that was read before."""
    size: int = 0
    statements: int | None = None

    def add(self, times: list[float], busy: float) -> None:
        self.p50.append(median(times))
        self.p95.append(quantiles(times, n=20)[-1])
        self.busy.append(busy * 1000 / len(times))


@dataclass(slots=True)
class Result:
    """A scenario measured on both sides."""

    scenario: Scenario
    floor: Side = field(default_factory=Side)
    real: Side = field(default_factory=Side)

    def ratio(self, which: str) -> float:
        """The median over the rounds of ours : floor."""
        pairs = zip(getattr(self.real, which), getattr(self.floor, which), strict=True)
        return float(median(ours / theirs for ours, theirs in pairs))


class Bench:
    """Two servers and the scenarios asked of them."""

    def __init__(self, floor: Server, real: Server, facts: Facts) -> None:
        self.servers = {"floor": floor, "real": real}
        self.cookies: dict[str, Mapping[str, str]] = {"floor": {}, "real": {COOKIE: facts.session}}
        self._turn = count()

    def measure(self, scenarios: list[Scenario], rounds: int) -> list[Result]:
        """All scenarios, round after round."""
        results = [Result(scenario) for scenario in scenarios]
        for one in results:
            self._probe(one)
        for number in range(rounds):
            for one in results:
                sides = ("floor", "real") if number % 2 else ("real", "floor")
                for side in sides:
                    getattr(one, side).add(*self._times(side, getattr(one.scenario, side)))
        return results

    def throughput(self, scenario: Scenario, seconds: float) -> tuple[float, float]:
        """Requests a second with eight clients: (floor, ours), each the better of two turns."""
        found = {"floor": 0.0, "real": 0.0}
        for side in ("floor", "real", "real", "floor"):
            found[side] = max(found[side], self._flood(side, getattr(scenario, side), seconds))
        return found["floor"], found["real"]

    def _client(self, side: str) -> Client:
        return Client(self.servers[side].port, self.cookies[side])

    def _probe(self, result: Result) -> None:
        """Warm every worker; note how large the answer is, and how many statements it took us."""
        for side in ("floor", "real"):
            make: Make = getattr(result.scenario, side)
            for turn in range(WARMED):
                client = self._client(side)
                for _again in range(2):
                    request = make(client, next(self._turn))
                    mark = f"bench-{result.scenario.name.replace('_', '-')}-{turn:03d}"
                    marked = replace(request, headers={**request.headers, "X-Request-ID": mark})
                    getattr(result, side).size = len(client.send(marked)[1])
                client.close()
        result.real.statements = _statements(self.servers["real"], mark)

    def _times(self, side: str, make: Make) -> tuple[list[float], float]:
        """Milliseconds of each request, and seconds of processor time of them all."""
        client, server = self._client(side), self.servers[side]
        for _first in range(2):
            client.send(make(client, next(self._turn)))
        began = server.busy()
        times = [client.send(make(client, next(self._turn)))[0] for _sample in range(SAMPLES)]
        busy = server.busy() - began
        client.close()
        return times, busy

    def _flood(self, side: str, make: Make, seconds: float) -> float:
        done = [0] * CLIENTS
        deadline = time.monotonic() + seconds

        def work(at: int) -> None:
            client = self._client(side)
            while time.monotonic() < deadline:
                client.send(make(client, next(self._turn)))
                done[at] += 1
            client.close()

        threads = [threading.Thread(target=work, args=(at,)) for at in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(done) / seconds


def _statements(server: Server, mark: str) -> int | None:
    """What the request log says of the request with this id."""
    for line in reversed(server.log.read_text(errors="replace").splitlines()):
        if mark in line and line.startswith("{"):
            statements: int | None = json.loads(line).get("statements")
            return statements
    return None
