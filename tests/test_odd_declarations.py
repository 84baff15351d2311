"""Odd declarations of an unlucky vendor: each is refused with its reason, and the server starts all the same."""

from __future__ import annotations

import sys
from time import monotonic

import pytest
from sqlalchemy import delete

from app import create_app
from app.data import platform_session
from app.host import budget
from app.host.apart import MOST, forget_trust
from app.host.budget import Budget, TooSlow
from app.host.discovery import CORE_PLUGINS, Found
from app.host.guarding import HookFailed, run_hook
from app.host.models import InstalledPlugin
from app.host.quarantine import forget
from app.host.registry import build
from app.identity.sync import sync_all
from app.installation.upgrades import note_versions

CORE = [Found(name, module) for name, module in CORE_PLUGINS.items()]
HEAD = """
from app.sdk import *

plugin = Plugin("{name}", title="Odd"{more})

class Thing(Record):
    title: Mapped[str] = text()

@hookimpl
def resources():
    return [Resource(Thing)]
"""


def odd(more="", hook="", answer=""):
    hooks = f"\n@hookimpl\ndef {hook}():\n    return [{answer}]\n" if hook else ""
    return HEAD.replace("{more}", more and f", {more}") + hooks


def job(**more):
    given = "".join(f", {name}={value}" for name, value in more.items())
    return odd(hook="jobs", answer=f"Job('{{name}}.go', lambda run: 1, 'Go'{given})")


def clock(more):
    schedule = f"Schedule('{{name}}.on', '{{name}}.go', '* * * * *', {more})"
    return f"\n@hookimpl\ndef schedules():\n    return [{schedule}]\n"


def page(blueprint):
    made = f"from flask import Blueprint\npages = Blueprint('{blueprint}', __name__)\n"
    view = "pages.get('/{name}/here')(access('{name}.thing.read')(lambda: ''))\n"
    return odd() + made + view + "\n@hookimpl\ndef blueprints():\n    return [pages]\n"


ODD = {
    "order_word": (odd("order='first'"), "its order is a whole number, not str"),
    "order_none": (odd("order=None"), "its order is a whole number, not NoneType"),
    "version_number": (odd("version=1.0"), 'its version is a text: version="1.0"'),
    "version_none": (odd("version=None"), "its version is a text"),
    "version_word": (odd("version='banana'"), "“banana” is no version: 1.0, 2.1.3"),
    "version_long": (odd(f"version='1.{'0' * 60}'"), "is no version of at most 50 characters"),
    "requires_text": (odd("requires='contacts'"), "requires=('contacts',), with the comma"),
    "optional_text": (odd("optional='crm'"), "optional=('crm',), with the comma"),
    "requires_itself": (odd("requires=('requires_itself',)"), "in a circle"),
    "keeps_for_ever": (job(keep_days=10**12), "keep_days is a whole number from 0 to 36500"),
    "keeps_a_part": (job(keep_days=1.5), "keep_days is a whole number"),
    "tries_for_ever": (job(attempts=10**9), "attempts is a whole number from 1 to 1000"),
    "waits_for_nan": (job(timeout="float('nan')"), "timeout is a number of seconds, from 0.1 to 604800"),
    "waits_for_ever": (job(timeout="float('inf')"), "timeout is a number of seconds"),
    "args_of_objects": (
        job() + clock("args=(object(),)"),
        "its arguments are no plain JSON",
    ),
    "first_result": (
        odd() + "\n@hookspec(firstresult=True)\ndef first_result_price(thing):\n    'A price.'\n",
        "answers of all are asked for",
    ),
    "pages_of_two_more": (page("pages_of_two_more_pages"), "“pages_of_two_more_pages” is another plugin's already"),
    "extends_itself": (odd(hook="extensions", answer="Extension('{name}.thing')"), "is its own"),
    "extends_nothing": (odd(hook="extensions", answer="Extension(None)"), "NoneType"),
    "no_resource": (odd().replace("[Resource(Thing)]", "[None]"), "NoneType"),
    "resources_by_name": (odd().replace("[Resource(Thing)]", "{'thing': Thing}"), "AttributeError"),
    "never_ending": (odd().replace("return [", "while 1: yield from ["), "more than 10000 things"),
}  # fmt: skip
SOUND = {"pages_of_two": page("pages_of_two_more_pages"), "by_and_by": odd().replace("return [", "yield from [")}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes packages of plugins; gives where they are found."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(texts):
        found = []
        for name, words in texts.items():
            package = tmp_path / "odd_plugins" / name
            package.mkdir(parents=True)
            (package / "__init__.py").touch()
            (package / "plugin.py").write_text(words.replace("{name}", name).replace("{more}", ""))
            found.append(Found(name, f"odd_plugins.{name}.plugin"))
        return found

    yield make
    for name in [name for name in sys.modules if name.startswith("odd_plugins.")]:
        forget(Found("odd", name))


def test_the_server_starts_without_them(app, settings, write, monkeypatch):
    monkeypatch.setattr("app.host.asked.DECLARING", 5.0)
    found = write({**SOUND, **{name: words for name, (words, _reason) in ODD.items()}})
    made = create_app(settings, [*CORE, *found])
    registry = made.extensions["tenantry"]
    try:
        sync_all(made)
        with made.app_context():
            note_versions(lambda line: None)
    finally:
        sync_all(app)
        with app.app_context(), platform_session("a test leaves no plugin behind") as session:
            session.execute(delete(InstalledPlugin).where(InstalledPlugin.name.in_(SOUND)))
    assert set(registry.quarantined) == set(ODD)
    for name, (_words, reason) in ODD.items():
        assert reason in registry.quarantined[name], registry.quarantined[name]
    assert {*SOUND, *CORE_PLUGINS} <= registry.names
    assert "by_and_by.thing" in registry.entries, "a hook may give its answers one by one"


def test_declarations_that_come_one_by_one_have_no_more_time(write, monkeypatch):
    monkeypatch.setattr("app.host.asked.DECLARING", 2.0)
    slow = odd() + "\n@hookimpl\ndef jobs():\n    import time\n    time.sleep(60)\n    yield\n"
    found = write({"one_by_one": slow})
    began = monotonic()
    made = build([*CORE, *found], tolerant=True)
    assert "takes longer than 2 seconds" in made.quarantined["one_by_one"]
    assert monotonic() - began < 30


# --- while the server runs -------------------------------------------------------------------------------------------


def test_answers_that_come_one_by_one_are_the_plugins_too(app, house):
    """A generator runs when it is read: within the plugin's time, as its code, and what breaks is its fault."""
    from app.host.at_work import plugin_at_work

    def tells():
        yield plugin_at_work()

    def breaks():
        yield 1
        raise ZeroDivisionError("by nothing")

    def hangs():
        while True:
            yield 1

    with house.inside(house.new_tenant()):
        assert run_hook("garage", "tells", 60, tells) == ["garage"]
        with pytest.raises(HookFailed):
            run_hook("garage", "breaks", 60, breaks)
        assert run_hook("garage", "hangs", 0.3, hangs, instead="nothing") == "nothing"


def test_what_hangs_keeps_no_other_plugin_from_being_asked(app, house, monkeypatch):
    import threading

    free = threading.Event()
    monkeypatch.setattr("app.host.apart.GRACE", 0.05)
    forget_trust()
    try:
        with house.inside(house.new_tenant()):
            for number in range(MOST + 1):
                assert run_hook("garage", f"hangs {number}", 0.05, free.wait, instead="late", apart=True) == "late"
            assert run_hook("orchard", "works", 60, lambda: "here", instead="late", apart=True) == "here"
    finally:
        free.set()
        forget_trust()


def never_ends():
    with Budget(0.1):
        until = monotonic() + 60
        while monotonic() < until:
            pass


def test_one_that_cannot_be_cut_off_keeps_the_clock_for_the_others(app, monkeypatch):
    """The thread that looks at the clock is one for all: an error in it would leave every later hook without an end."""
    cut_off, failed = budget._cut_off, []

    def fails_once(*given):
        if not failed:
            failed.append(given)
            raise ValueError("a driver that is gone")
        cut_off(*given)

    monkeypatch.setattr(budget, "_cut_off", fails_once)
    with app.app_context(), pytest.raises(TooSlow):
        never_ends()
    assert failed
