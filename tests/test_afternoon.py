"""A vendor's afternoon, from `plugin new` to a purge and back, by the commands that are typed, in a new environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.testing import servers
from tests.test_lifecycle import everything
from tests.test_vendor import Environment

RECORDS = ["Vehicle plate:text! owner:contact", "Repair vehicle:vehicle! status:choice(booked,done)! cost:money"]
TOLD = frozenset(
    {"domain_event", "outbox", "job_schedule", "api_token", "search_token", "event_handling", "scheduler_tick"}
)
"""What the core writes of its own accord meanwhile: rows that name the garage there are looked for by themselves."""


class Afternoon:
    """The fresh environment, a database of its own, and commands."""

    def __init__(self, settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.environment = Environment(folder / "venv")
        self.values = {
            "TENANTRY_ENV": "test", "TENANTRY_VAR": str(settings.var), "TENANTRY_SECRET_KEY": servers.SECRET,
            "TENANTRY_ROLE_PREFIX": "tenantry_test", "TENANTRY_PUBLIC_URL": "http://localhost",
            "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url,
        }  # fmt: skip

    def run(self, *words):
        """A command in the environment; its output. Raises AssertionError when it fails."""
        done = self.try_out(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def try_out(self, *words):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        command = [str(self.environment.python), *map(str, words)]
        return subprocess.run(
            command, cwd=self.folder, env={**kept, **self.values}, capture_output=True, text=True, timeout=300
        )

    def tenantry(self, *words):
        return self.run("-m", "app.cli", *words)

    def refused(self, *words):
        """What is said to a command that cannot be: one sentence, no trace of the machinery."""
        done = self.try_out("-m", "app.cli", *words)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr

    def do(self, what):
        self.run(Path(__file__).with_name("afternoon.py"), what)


@pytest.fixture
def afternoon(addresses, tmp_path):
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_afternoon")
    yield Afternoon(servers.settings_for(url, redis_url, tmp_path / "var"), tmp_path)
    servers.drop_database(database_url, "tenantry_afternoon")


@pytest.mark.slow
def test_an_afternoon(afternoon, tmp_path):
    run = afternoon.tenantry
    run("db", "upgrade")
    run("sync")
    for slug in ("acme", "globex"):
        run("tenant", "create", slug, "--name", slug.title(), "--owner", f"{slug}@vendor.example")
    before = everything(afternoon.settings)

    run("plugin", "new", "garage", *RECORDS)
    package = tmp_path / "tenantry-garage"
    afternoon.environment.install(package)
    run("db", "upgrade")
    run("sync")
    assert "garage is on for acme" in run("plugin", "enable", "garage", "--tenant", "acme")
    afternoon.do("use")
    afternoon.do("crawl")

    upgrade(afternoon, package)
    afternoon.do("keep")

    assert "garage is off for acme" in run("plugin", "disable", "garage", "--tenant", "acme")
    afternoon.do("gone")
    assert "checked" in run("plugin", "archive", "garage", "--tenant", "acme")
    assert "garage is gone" in run("plugin", "purge", "garage", "--confirm", "garage")
    afternoon.environment.uninstall("tenantry-garage")
    run("sync")
    compare(before, everything(afternoon.settings))

    afternoon.environment.install(package)
    assert "not applied" in afternoon.refused("plugin", "enable", "garage", "--tenant", "acme")
    run("db", "upgrade")
    run("sync")
    run("plugin", "enable", "garage", "--tenant", "acme")
    afternoon.do("again")


def upgrade(afternoon, package):
    """Version 1.1 has one column more; its migration is written by the command."""
    module = package / "tenantry_garage" / "plugin.py"
    text = module.read_text()
    more = '    colour: Mapped[str | None] = text(label=_l("Colour"))\n'
    module.write_text(text.replace('version="1.0"', 'version="1.1"').replace("    owner =", more + "    owner ="))
    project = package / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "1.0"', 'version = "1.1"'))
    afternoon.environment.install(package)
    written = Path(afternoon.tenantry("db", "revision", "garage", "-m", "colour").strip().splitlines()[-1])
    assert "colour" in written.read_text()
    assert "run “tenantry db upgrade” first" in afternoon.refused("db", "revision", "garage", "-m", "again")
    target = package / "tenantry_garage" / "migrations" / written.name
    target.write_text(written.read_text())  # it was written beside the installed code
    afternoon.tenantry("db", "upgrade")
    afternoon.tenantry("sync")
    assert "garage" in afternoon.tenantry("plugin", "list")
    assert "1.1" in afternoon.tenantry("plugin", "list")


def compare(before, after):
    """The catalogue is the same, and every table holds what it held."""
    assert after[0] == before[0]
    assert set(after[1]) == set(before[1])
    different = {
        name: set(before[1][name]) ^ set(after[1][name])
        for name in before[1]
        if name.partition(".")[2] not in TOLD and before[1][name] != after[1][name]
    }
    assert different == {}
    for name, rows in after[1].items():
        assert not [row for row in rows if "garage" in row.lower() and "console.audit_entry" not in row], name
