"""Starts the application with many generated plugins and says what it took; `test_startup` runs it by itself.

python -m tests.start_many FOLDER [DATABASE_URL REDIS_URL]   ->   JSON: what the start took; with a database, a copy of
the tests' template, the plugins get their tables and a tenant, and pages of it say how many statements they cost
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers

from app import create_app
from app.data import ddl, migrate
from app.data.histories import History
from app.host.discovery import Found, discover
from app.host.scaffold import read, source
from app.host.scaffold.migration import write_tables
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.ops.bootstrap import prepare_roles
from app.testing.counting import count_statements
from app.testing.house import House
from app.testing.sample_rules import all_rules
from app.testing.samples import Samples
from app.testing.servers import settings_for
from config import Settings, load_settings
from tests.pace import slowness

PLUGINS, RECORDS = 30, 5
FIELDS = "name:text! email:email phone:phone state:choice(open,done)! owner:contact sum:money due:day notes:long_text"
PATHS = (
    "/many_0/thing0/",
    "/many_29/thing4/",
    "/many_29/thing4/board",
    "/many_29/thing4/add",
    "/",
    "/contacts/contact/",
)
ROWS = 30


def write(folder: Path) -> list[Found]:
    """The plugins' modules, each in a package that bears its name."""
    found = []
    for number in range(PLUGINS):
        name = f"many_{number}"
        package = folder / "start_many_plugins" / name
        package.mkdir(parents=True)
        words = read(name, [f"Thing{one} {FIELDS}" for one in range(RECORDS)])
        (package / "plugin.py").write_text(source.module(words), encoding="utf-8")
        found.append(Found(name, f"start_many_plugins.{name}.plugin"))
    return found


class Queue:
    """Seconds that this process stands in line for a processor while its neighbours have it; the kernel counts them.
    Plugins are imported in threads of their own, one after the other, so what each stood in line adds up."""

    def __init__(self) -> None:
        self.of_threads = 0.0
        run = threading.Thread.run

        def counted(thread: threading.Thread) -> None:
            try:
                run(thread)
            finally:
                self.of_threads += self.here()

        threading.Thread.run = counted  # type: ignore[method-assign]

    @staticmethod
    def here() -> float:
        """Of this thread, so far."""
        counted = Path("/proc/thread-self/schedstat")
        return int(counted.read_text().split()[1]) / 1e9 if counted.is_file() else 0.0

    def so_far(self) -> float:
        return self.here() + self.of_threads


def started(settings: Settings, found: list[Found]) -> tuple[Flask, dict[str, Any]]:
    """The application, and what its start took: seconds on the clock less those in the queue, as they would be on the
    processor for which they are promised, and statements."""
    before, queue = slowness(), Queue()
    began, in_line = time.perf_counter(), queue.so_far()
    with count_statements() as seen:
        app = create_app(settings, found)
    took = time.perf_counter() - began - (queue.so_far() - in_line)
    took /= (before + slowness()) / 2
    registry = app.extensions["tenantry"]
    resources = sum(one.plugin.name.startswith("many_") for one in registry.entries.values())
    left_out = dict(registry.quarantined)
    return app, {"seconds": took, "statements": len(seen), "resources": resources, "left_out": left_out}


def costs(app: Flask, settings: Settings, folder: Path) -> dict[str, int]:
    """Statements of pages of a tenant that has all plugins on, and rows."""
    registry = app.extensions["tenantry"]
    configure_mappers()
    prepare_roles(settings)
    roles = ddl.RoleNames.of(settings.role_prefix)
    histories = [*registry.histories(), *(written(folder, number) for number in range(PLUGINS))]
    migrate.upgrade(settings.role_url("owner"), histories, roles, lambda line: None)
    sync_all(app)
    with app.app_context():
        accept_all("tests")
    house, samples = House(app), Samples(registry, all_rules(registry))
    with house.inside() as session:
        for key in ("many_0.thing0", "many_29.thing4"):
            for _number in range(ROWS):
                samples.record(session, registry.entries[key].model)
        session.commit()
    browser = house.browser()
    return {path: _cost(browser, path) for path in PATHS}


def written(folder: Path, number: int) -> History:
    """The migrations of a plugin, made from its models; this process knows none of it, as it started without any."""
    name = f"many_{number}"
    history = History(name, folder / "start_many_plugins" / name / "migrations")
    write_tables(name, history.versions)
    return history


def _cost(browser: Any, path: str) -> int:
    """Of the second of two equal requests: the first one fills the caches of the process."""
    assert browser.go(path).status_code == 200, path
    with count_statements() as seen:
        assert browser.go(path).status_code == 200
    return len(seen)


def main(folder: Path, *servers: str) -> None:
    """Write, start, tell."""
    found = [*discover(), *write(folder)]
    sys.path.insert(0, str(folder))
    alone = {"TENANTRY_ENV": "test", "TENANTRY_VAR": str(folder)}
    settings = settings_for(*servers, folder) if servers else load_settings(alone)
    app, told = started(settings, found)
    if servers:
        told["costs"] = costs(app, settings, folder)
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
