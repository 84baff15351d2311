"""The pytest plugin: servers, application, a house of two tenants with their people, and a counter of statements."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.host.discovery import Found, discover
from app.host.registry import build
from app.testing import servers
from app.testing.counting import Statements, count_statements
from app.testing.house import House
from app.testing.live import served
from app.testing.pumping import discard_pending
from app.testing.sample_rules import Rules, all_rules
from app.testing.samples import Samples
from app.testing.walls import Walls

_SERVERS = pytest.StashKey[servers.Servers]()
_TEMPLATE = "tenantry_template"
NEVER, ENOUGH = 10**9, 100
"""Collections of younger garbage until the old is looked for: by Python itself, and between tests."""
NO_BROWSER = "not looked at: there is no Chromium on this machine (playwright install chromium)"


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "plugins of the tests themselves, one a line: name=module"
    parser.addini("tenantry_plugins", help_text, "linelist", default=[])
    parser.addoption("--tenantry-plugin", help="Ask the contract of the records of this plugin alone.")


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the servers once; workers are told where they are."""
    gc.set_threshold(*gc.get_threshold()[:2], NEVER)
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    running = servers.Servers(servers.new_folder())
    config.stash[_SERVERS] = running
    running.start()
    _make_template(running, installed(config))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the addresses to an xdist worker."""
    running = node.config.stash[_SERVERS]
    node.workerinput["servers"] = (running.database_url, running.redis_url, str(running.folder))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Old garbage is looked for between tests alone. Looking through all that a run holds takes a second or more, which
    somewhere in a test a hook or an answer with a deadline would lack."""
    if gc.get_count()[2] > ENOUGH:
        gc.collect()


def pytest_unconfigure(config: pytest.Config) -> None:
    running = config.stash.get(_SERVERS, None)
    if running is not None:
        servers.drop_database(running.database_url, _TEMPLATE)
        running.stop()


def installed(config: pytest.Config) -> list[Found]:
    """All that is installed, and the plugins that `tenantry_plugins` names in the configuration of pytest."""
    lines = (line.partition("=") for line in config.getini("tenantry_plugins"))
    return [*discover(), *(Found(name.strip(), module.strip()) for name, _equals, module in lines)]


def _make_template(running: servers.Servers, plugins: list[Found]) -> None:
    from app.ops.bootstrap import prepare_roles
    from app.ops.migrations import upgrade_all

    url = servers.create_database(running.database_url, _TEMPLATE)
    settings = servers.settings_for(url, running.redis_url, running.folder)
    prepare_roles(settings)
    upgrade_all(settings, lambda line: None, build(plugins).histories())


@pytest.fixture(scope="session")
def addresses(request: pytest.FixtureRequest) -> tuple[str, str, Path]:
    """(database server, Redis, folder) of this run."""
    given = getattr(request.config, "workerinput", None)
    if given is not None:
        database_url, redis_url, folder = given["servers"]
        return database_url, redis_url, Path(folder)
    running = request.config.stash[_SERVERS]
    return running.database_url, running.redis_url, running.folder


@pytest.fixture(scope="session")
def worker_id_or_main(request: pytest.FixtureRequest) -> str:
    given = getattr(request.config, "workerinput", None)
    return given["workerid"] if given else "main"


@pytest.fixture(scope="session")
def settings(addresses: tuple[str, str, Path], worker_id_or_main: str) -> Any:
    """Settings with a database of this worker's own, migrated."""
    from app.ops.bootstrap import prepare_roles

    database_url, redis_url, folder = addresses
    name = f"tenantry_test_{worker_id_or_main}"
    url = servers.create_database(database_url, name, _TEMPLATE)
    made = servers.settings_for(url, redis_url, folder / worker_id_or_main)
    prepare_roles(made)
    return made


@pytest.fixture(scope="session")
def app(settings: Any, pytestconfig: pytest.Config) -> Iterator[Flask]:
    """The application with everything that is installed, permissions synchronised."""
    from app import create_app
    from app.data import db
    from app.identity.sync import sync_all
    from app.installation.approval import accept_all

    made = create_app(settings, installed(pytestconfig))
    sync_all(made)
    with made.app_context():
        accept_all("tests")
    yield made
    with made.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def house(app: Flask) -> House:
    """Two tenants, acme and globex, with an owner, admin, manager, agent and viewer each."""
    return House(app)


@pytest.fixture(scope="session")
def sample_rules(app: Flask) -> Rules:
    """Better values for single fields of samples; tests of a plugin override it with `{**RULES, "crm.lead": {...}}`."""
    return all_rules(app.extensions["tenantry"])


@pytest.fixture(scope="session")
def samples(app: Flask, sample_rules: Rules) -> Samples:
    """Makes values and records of everything that is installed."""
    return Samples(app.extensions["tenantry"], sample_rules)


@pytest.fixture(scope="session")
def walls(app: Flask) -> Walls:
    """Switches one of the tenant walls off for a while."""
    return Walls(app)


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    """Every SQL statement of the test, in order; `.clear()` it before the part that counts."""
    with count_statements() as seen:
        yield seen


@pytest.fixture(autouse=True)
def _still(request: pytest.FixtureRequest) -> None:
    """A test that pumps jobs and events begins with none that other tests of this worker left behind."""
    if hasattr(request.module, "pump"):
        discard_pending(request.getfixturevalue("app"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A Chromium without a window, one a process: Playwright starts only once in a thread. None here skips the test, or
    fails it where BROWSER_TESTS=required."""
    from app.testing.barriers import opened_browser

    with opened_browser() as found:
        if found is None and os.environ.get("BROWSER_TESTS") != "required":
            pytest.skip(NO_BROWSER)
        assert found, NO_BROWSER
        yield found


@pytest.fixture(scope="session")
def site(app: Flask) -> Iterator[str]:
    """The address at which the application of the tests answers a browser."""
    with served(app) as address:
        yield address
