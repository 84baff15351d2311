"""Commands of a plugin that raise: one sentence, counted, exit status 1."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

import click
import pytest

from app.cli import main, plugins
from app.data import platform_session
from app.host.at_work import plugin_at_work
from app.host.models import InstalledPlugin
from app.ops.refusal import Refusal


@pytest.fixture
def run(app, monkeypatch, capsys):
    """Runs `tenantry orchard ...` with other commands, as an operator does. Returns status and what was said."""

    @contextmanager
    def application():
        with app.app_context():
            yield app

    def command(commands, *words, production=True):
        registry = app.extensions["tenantry"]
        calling = SimpleNamespace(
            plugin=registry.plugin, quarantined={"wreck": "by nothing"}, call=lambda _hook, _plugin: [commands()]
        )
        monkeypatch.setattr(import_module("app.host.registry"), "build", lambda **_how: calling)
        monkeypatch.setattr(plugins, "names", lambda: ["orchard", "wreck"])
        monkeypatch.setattr(plugins, "application", application)
        monkeypatch.setattr(plugins, "load_settings", lambda: SimpleNamespace(production=production))
        with pytest.raises(SystemExit) as end:
            main(list(words))
        said = capsys.readouterr()
        return end.value.code, said.out + said.err

    return command


def breaks():
    raise ZeroDivisionError("by nothing")


def errors(app):
    with app.app_context(), platform_session("a test looks") as session:
        row = session.get(InstalledPlugin, "orchard")
        return (row.errors, row.last_error) if row is not None else (0, "")


def test_a_hook_that_raises(app, run):
    before, _words = errors(app)
    status, said = run(breaks, "orchard", "count")
    assert (status, said) == (1, "commands() of the plugin “orchard” failed: ZeroDivisionError: by nothing\n")
    assert errors(app) == (before + 1, "commands: ZeroDivisionError: by nothing")


def test_a_hook_that_gives_something_else(run):
    status, said = run(lambda: [1], "orchard", "count")
    assert status == 1
    assert "commands() gives a int: it must be a command of click." in said


def test_a_command_that_raises(app, run):
    before, _words = errors(app)
    status, said = run(lambda: [click.Command("count", callback=breaks)], "orchard", "count")
    assert (status, said) == (1, "“count” of the plugin “orchard” failed: ZeroDivisionError: by nothing\n")
    assert errors(app) == (before + 1, "command count: ZeroDivisionError: by nothing")


def test_who_develops_sees_where(run):
    status, said = run(lambda: [click.Command("count", callback=breaks)], "orchard", "count", production=False)
    assert status == 1
    assert "in breaks" in said


def test_what_a_command_refuses_is_no_fault(app, run):
    def refuse():
        raise LookupError("There is no tenant “x”.")

    before = errors(app)
    status, said = run(lambda: [click.Command("count", callback=refuse)], "orchard", "count")
    assert (status, said) == (1, "There is no tenant “x”.\n")
    assert errors(app) == before


def test_a_command_runs_as_its_plugin(run):
    status, said = run(
        lambda: [click.Command("count", callback=lambda: click.echo(plugin_at_work()))], "orchard", "count"
    )
    assert (status, said) == (0, "orchard\n")


def test_of_a_plugin_that_is_left_out_it_is_said_why(run):
    status, said = run(list, "wreck", "count")
    assert (status, said) == (1, "The plugin “wreck” is left out: by nothing\n")
    with pytest.raises(Refusal):
        plugins.group("wreck")
