"""Plugins that load and break later, each in another way: in a page, a slow page, a rule, an action, a card, a
timeline, a job, a handler, a plan, a migration. Each time the others work, the operator reads why, the tenant is told.

(`test_quarantine.py` has those that break while they are loaded.)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from textwrap import dedent

import pytest
from sqlalchemy import select, text

from app import create_app
from app.data import Scope, db, platform_session, scope
from app.events.models import EventHandling
from app.events.relay import relay
from app.host.discovery import Found, discover
from app.host.guarding import HookFailed, forget_rows, run_hook
from app.host.lifecycle import switch
from app.host.quarantine import Faulty, leave_out
from app.host.registry import build
from app.identity.permissions import cache
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.installation.faults import faults_of, try_again
from app.jobs import enqueue, run_due
from app.jobs.models import QueuedJob
from app.ops.migrations import behind, stop_plugins, stopped
from app.tenancy.models import Tenant
from app.testing import servers
from app.testing.house import Browser
from tests.first_migration import first_migration

pytestmark = pytest.mark.xdist_group("broken")  # its database has one name

HEAD = """
import time
from flask import Blueprint
from app.sdk import *

plugin = Plugin("{name}", title="The {name}", version="1.0")

class Thing(Record):
    title: Mapped[str] = text()

def breaks(*given, **named):
    raise ZeroDivisionError("by nothing")

def spins(*given, **named):
    while True:
        pass

pages_of = Blueprint("{name}_pages", __name__, url_prefix="/{name}")

@pages_of.get("/here")
@access("{name}.thing.read")
def here():
    return VIEW()

def VIEW():
    return "it works"
"""
RESOURCE = """
@hookimpl
def resources():
    return [Resource(Thing, list="title"{more})]
@hookimpl
def blueprints():
    return [pages_of]
"""


def plugin(more="", rest=""):
    return dedent(HEAD) + dedent(RESOURCE).replace("{more}", more) + dedent(rest)


WRECKS = {
    "page_breaks": plugin(rest="VIEW = breaks"),
    "page_spins": plugin(rest="VIEW = spins"),
    "rule_breaks": plugin(", before_save=breaks"),
    "rule_spins": plugin(", before_save=spins"),
    "action_breaks": plugin(', actions=(Action("go", "Go", breaks),)'),
    "button_breaks": plugin(', actions=(Action("go", "Go", print, applies=breaks),)'),
    "reach_breaks": plugin(", row_rule=breaks"),
    "card_breaks": plugin(
        rest="""
        @hookimpl
        def datasets():
            return [Dataset("facts", "Facts", Thing, breaks, columns={}, measures=(Measure("all", "All"),))]
        @hookimpl
        def reports():
            return [Report("facts_report", "Facts", "facts", measures="all")]
        @hookimpl
        def cards():
            return [Card("facts_card", "Facts", report="facts_report", show="number")]
        """
    ),
    "timeline_breaks": plugin(
        rest="""
        @hookimpl
        def timelines():
            return [Timeline("timeline_breaks.told", "Told", Thing, breaks, str)]
        """
    ),
    "job_breaks": plugin(
        rest="""
        @hookimpl
        def jobs():
            return [Job("job_breaks.go", breaks, "Go", attempts=1)]
        """
    ),
    "handler_breaks": plugin(
        rest="""
        @hookimpl
        def handlers():
            return [Handler("handler_breaks.thing_created", breaks, attempts=1)]
        """
    ),
    "plan_breaks": plugin(
        rest="""
        @hookimpl
        def entitled(tenant, plugin):
            return breaks()
        """
    ),
}


@dataclass
class Yard:
    """The application with all wrecks, one tenant that has them all on, and another that has none."""

    app: object
    settings: object
    tenant: object
    house: object
    said: list

    def client(self, person="owner", tenant=None):
        self.app.test_client_class = Browser
        client = self.app.test_client()
        browser = self.house.browser(person, tenant) if isinstance(person, str) else self.house.browser(person)
        client.set_cookie("tenantry_session", browser.get_cookie("tenantry_session").value)
        client.prefix = f"/t/{(tenant or self.tenant).slug}"
        return client

    def owner(self):
        return self.client("owner", self.tenant)

    def operator(self):
        return self.client(self.house.new_person(None, self.house.acme, operator=True))

    def inside(self):
        return scope(Scope(self.tenant.id, via="system"))


@pytest.fixture(scope="module")
def yard(addresses, tmp_path_factory):
    """On a database of its own."""
    from app.cli.context import prepare_database
    from app.testing.house import House

    folder = tmp_path_factory.mktemp("wrecks")
    found = list(discover())
    for name, words in {**WRECKS, "migration_breaks": plugin(), "sound": plugin()}.items():
        package = folder / "wrecks" / name
        (package / "migrations").mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "plugin.py").write_text(words.replace("{name}", name))
        breaking = "op.execute('SELECT 1/0')" if name == "migration_breaks" else ""
        revision = f"{name}_0001"
        written = first_migration(name, "thing", revision, breaking)
        (package / "migrations" / f"{revision}_first.py").write_text(written)
        found.append(Found(name, f"wrecks.{name}.plugin"))
    sys.path.insert(0, str(folder))
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_wrecks")
    settings = servers.settings_for(url, redis_url, folder)
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ops.migrations._histories", build(found).histories)
        prepare_database(settings, said.append)
    made = create_app(settings, found)
    sync_all(made)
    with made.app_context():
        accept_all("tests")
    cache.clear()  # the process remembers permissions of its usual database
    house = House(made)
    yield Yard(made, settings, house.acme, house, said)
    cache.clear()
    sys.path.remove(str(folder))
    for one in found:
        if one.module.startswith("wrecks."):
            leave_out(Faulty(one, LookupError("the tests that need it are over")))
    with made.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    servers.drop_database(database_url, "tenantry_wrecks")


@pytest.fixture(autouse=True)
def _quick(monkeypatch, yard):
    """Hooks of the tests are cut off after a moment, and none is left out because of another test."""
    monkeypatch.setattr("app.host.guarding.Budget", lambda seconds: _budget(min(seconds, 0.5)))
    monkeypatch.setattr("app.screens.plugin_pages.Budget", lambda seconds: _budget(min(seconds, 0.5)))
    yield
    with yard.app.app_context():
        for name in WRECKS:
            try_again(name)


def _budget(seconds):
    from app.host.budget import Budget

    return Budget(seconds)


def add(yard, name):
    return yard.owner().send(f"/{name}/thing/add", {"title": "one"})


def others_work(yard):
    assert yard.owner().go("/sound/here").text == "it works"
    assert yard.owner().go("/contacts/contact/").status_code == 200
    assert add(yard, "sound").status_code == 303


def operator_reads(yard, name, words):
    page = yard.operator().get(f"/operator/plugins/{name}").text
    assert words in page or words in yard.operator().get("/operator/plugins").text


def test_a_page_that_breaks(yard):
    client = yard.owner()
    with pytest.raises(ZeroDivisionError):  # the test client shows it; a browser gets the page of an error
        client.go("/page_breaks/here")
    others_work(yard)
    operator_reads(yard, "page_breaks", "ZeroDivisionError: by nothing")


def test_a_page_that_never_ends(yard):
    answer = yard.owner().go("/page_spins/here")
    assert answer.status_code == 503
    assert "took too long and was cut off" in answer.text
    others_work(yard)
    operator_reads(yard, "page_spins", "TooSlow")


@pytest.mark.parametrize(("name", "words"), [("rule_breaks", "was noted"), ("rule_spins", "took too long")])
def test_a_rule_that_fails_saves_nothing_and_keeps_what_was_typed(yard, name, words):
    answer = add(yard, name)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="one"' in answer.text
    others_work(yard)
    with yard.app.app_context(), yard.inside():
        assert db.session.scalar(text(f"SELECT count(*) FROM {name}.thing")) == 0
    operator_reads(yard, name, f"{name}.thing before_save")


def test_an_action_that_breaks(yard):
    assert add(yard, "action_breaks").status_code == 303
    with yard.app.app_context(), yard.inside():
        key = db.session.scalar(text("SELECT id FROM action_breaks.thing"))
    answer = yard.owner().send("/action_breaks/thing/actions/go", {"id": str(key)})
    assert answer.status_code != 500
    operator_reads(yard, "action_breaks", "action_breaks.thing.go")
    others_work(yard)


def test_a_button_that_breaks_is_not_there(yard):
    assert add(yard, "button_breaks").status_code == 303
    with yard.app.app_context(), yard.inside():
        key = db.session.scalar(text("SELECT id FROM button_breaks.thing"))
    page = yard.owner().go(f"/button_breaks/thing/{key}")
    assert page.status_code == 200
    assert "/actions/go" not in page.text
    operator_reads(yard, "button_breaks", "button_breaks.thing.go applies")


def test_a_rule_about_rows_that_breaks_shows_none(yard):
    answer = yard.owner().go("/reach_breaks/thing/")
    assert answer.status_code == 503
    assert "was noted" in answer.text
    others_work(yard)


def test_a_card_that_breaks_says_so_on_itself(yard):
    card = yard.owner().go("/reports/cards/card_breaks.facts_card")
    assert card.status_code == 200
    assert "The card of “The card_breaks” failed" in card.text
    assert yard.owner().go("/").status_code == 200
    operator_reads(yard, "card_breaks", "card_breaks.facts")


def test_a_timeline_that_breaks_is_named(yard):
    from app.contacts.models import Contact

    with yard.app.app_context(), yard.inside():
        contact = Contact(first_name="Ann", full_name="Ann")
        db.session.add(contact)
        db.session.commit()
        key = contact.id
    page = yard.owner().go(f"/contacts/contact/{key}/timeline")
    assert page.status_code == 200
    assert "“Told” cannot be shown at the moment." in page.text
    operator_reads(yard, "timeline_breaks", "timeline_breaks.told")


def test_a_job_that_breaks_is_on_the_screen(yard):
    with yard.app.app_context(), yard.inside():
        key = enqueue("job_breaks.go")
        db.session.commit()
    run_due(yard.app)
    with yard.app.app_context(), yard.inside():
        row = db.session.scalars(select(QueuedJob).where(QueuedJob.id == key)).one()
        assert (row.state, "by nothing" in row.last_error) == ("failed", True)
    operator_reads(yard, "job_breaks", "Jobs that failed: 1.")
    others_work(yard)


def test_a_handler_that_breaks_gives_up_and_is_on_the_screen(yard):
    assert add(yard, "handler_breaks").status_code == 303
    for _round in range(4):
        with yard.app.app_context():
            relay()
        run_due(yard.app)
    with yard.app.app_context(), yard.inside():
        row = db.session.scalars(select(EventHandling).where(EventHandling.handler == "handler_breaks.breaks")).one()
        assert (row.state, "by nothing" in row.last_error) == ("dead", True)
    operator_reads(yard, "handler_breaks", "Handlers that gave up: 1.")
    others_work(yard)


def test_who_knows_plans_and_breaks_locks_nobody_out(yard):
    others_work(yard)
    operator_reads(yard, "plan_breaks", "entitled")


def test_a_migration_that_breaks_stops_its_plugin_alone(yard):
    assert any("migration_breaks: its migration failed" in line for line in yard.said)
    assert set(stopped(yard.settings)) == {"migration_breaks"}
    assert behind(yard.settings, yard.app.extensions["tenantry"].histories()) == []
    assert yard.owner().go("/migration_breaks/here").status_code == 404
    others_work(yard)
    operator_reads(yard, "migration_breaks", "division by zero")
    assert "Out of order: migration_breaks" in yard.owner().go("/").text
    stop_plugins(yard.settings, {})
    assert yard.owner().go("/migration_breaks/here").text == "it works"
    stop_plugins(yard.settings, {"migration_breaks": "once more"})
    assert yard.owner().go("/migration_breaks/here").status_code == 404


def test_after_three_faults_it_is_called_no_more(yard):
    for _time in range(3):
        assert "was noted" in add(yard, "rule_breaks").text
    answer = add(yard, "rule_breaks")
    assert answer.status_code == 422
    assert "is out of order here" in answer.text
    page = yard.owner().go("/contacts/contact/").text
    assert "Parts of these are left out, because they failed: The rule_breaks." in page
    with yard.app.app_context():
        (fault,) = [one for one in faults_of("rule_breaks") if one.place.endswith("before_save")]
        assert (fault.failures, fault.tenants) == (3, 1)
    assert "left out" not in yard.client("owner", yard.house.globex).go("/").text, "others call it"
    operator = yard.operator()
    answer = operator.post("/operator/plugins/rule_breaks/again", data={"csrf_token": operator.csrf()})
    assert answer.status_code == 303
    assert "was noted" in add(yard, "rule_breaks").text


def test_a_success_between_faults_forgives(yard):
    def call(how):
        return run_hook("sound", "a place", 1.0, how)

    def fail():
        raise ZeroDivisionError

    forget_rows()
    with yard.app.app_context(), yard.inside():
        for how in (fail, fail, lambda: 1, fail, fail):
            try:
                call(how)
            except HookFailed:
                continue
        (fault,) = [one for one in faults_of("sound") if one.place == "a place"]
        assert (fault.failures, fault.tenants) == (4, 0)
        with pytest.raises(HookFailed):
            call(fail)
        (fault,) = [one for one in faults_of("sound") if one.place == "a place"]
        assert (fault.failures, fault.tenants) == (5, 1)
        try_again("sound")


def test_a_turn_that_breaks_is_refused_in_words(yard):
    """The hooks of the life cycle are told of in `test_lifecycle.py`; here, that a wreck can be switched off."""
    with yard.app.app_context(), yard.inside():
        for name in WRECKS:
            switch(db.session.get_one(Tenant, yard.tenant.id), name, "off")
        db.session.rollback()
    with yard.app.app_context(), platform_session("a test looks at everything") as session:
        assert session.scalar(text("SELECT count(*) FROM hook_fault WHERE place = 'disabled'")) == 0
