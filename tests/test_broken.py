"""Plugins that load and break later, each in another way: in a page, a slow page, a rule, an action, a card, a
timeline, a job, a handler, a plan, a migration, a search, a limit, a panel, somebody's privacy, another plugin's
records. Each time the others work, the operator reads why, the tenant is told.

(`test_quarantine.py` has those that break while they are loaded.)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from textwrap import dedent
from threading import current_thread
from time import monotonic, sleep

import pytest
from sqlalchemy import select, text

from app import create_app
from app.contacts.models import Contact
from app.data import Scope, current_tenant_id, db, platform_session, scope
from app.events.models import EventHandling
from app.events.relay import relay
from app.host.budget import TooSlow
from app.host.discovery import Found, discover
from app.host.guarding import HookFailed, forget_rows, run_hook
from app.host.lifecycle import switch
from app.host.quarantine import Faulty, leave_out
from app.host.quotas import allowance, check_quota
from app.host.registry import build
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.installation.faults import faults_of, try_again
from app.jobs import enqueue, run_due
from app.jobs.models import QueuedJob
from app.ops.migrations import stop_plugins, stopped
from app.tenancy.models import Tenant
from app.testing import servers
from app.testing.house import Browser
from tests.first_migration import first_migration

HEAD = """
import time
from flask import Blueprint
from sqlalchemy import text as sql
from app.sdk import *

plugin = Plugin("{name}", title="The {name}", version="1.0"{needs})

class Thing(Record):
    title: Mapped[str] = text()

def breaks(*given, **named):
    raise ZeroDivisionError("by nothing")

def spins(*given, **named):
    while True:
        pass

def sleeps(*given, **named):
    time.sleep(40)

pages_of = Blueprint("{name}_pages", __name__, url_prefix="/{name}")

@pages_of.get("/here")
@access("{name}.thing.read")
def here():
    return VIEW()

def VIEW():
    return "it works"

@pages_of.before_request
def before():
    from app.host.at_work import plugin_at_work

    assert plugin_at_work() == "{name}"
"""
RESOURCE = """
@hookimpl
def resources():
    return [Resource(Thing, list="title"{more})]
@hookimpl
def blueprints():
    return [pages_of]
"""


def plugin(more="", rest="", needs=""):
    return dedent(HEAD).replace("{needs}", needs) + dedent(RESOURCE).replace("{more}", more) + dedent(rest)


WRECKS = {
    "page_breaks": plugin(rest="VIEW = breaks"),
    "page_spins": plugin(rest="VIEW = spins"),
    "rule_breaks": plugin(", before_save=breaks"),
    "rule_spins": plugin(", before_save=spins"),
    "action_breaks": plugin(', actions=(Action("go", "Go", breaks),)'),
    "button_breaks": plugin(', actions=(Action("go", "Go", print, applies=breaks),)'),
    "reach_breaks": plugin(", row_rule=breaks"),
    "more_reach_breaks": plugin(', also=breaks, scopes={"owner": "own"}'),
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
    "panel_breaks": plugin(', panels=(Panel("facts", "Facts", breaks),)'),
    "panel_spins": plugin(', panels=(Panel("facts", "Facts", spins),)'),
    "panel_sleeps": plugin(', panels=(Panel("facts", "Facts", sleeps),)'),
    "panel_odd": plugin(', panels=(Panel("facts", "Facts", lambda row: [1]),)'),
    "metric_breaks": plugin(
        rest="""
        @hookimpl
        def metrics():
            return [Metric("things", "Things", count=breaks)]
        @hookimpl
        def allowance(tenant, metric):
            return 5 if metric == "metric_breaks.things" else None
        """
    ),
    "step_breaks": plugin(
        rest="""
        @hookimpl
        def first_steps():
            return [Step("one", "A broken step", "/step_breaks/here", "step_breaks.thing.read", breaks)]
        """
    ),
    **{
        f"{hook}_{how}": plugin(
            rest=f"""
            @hookimpl
            def {hook}({given}):
                return {how}()
            """
        )
        for hook, given in (("search_hits", "words"), ("allowance", "tenant, metric"))
        for how in ("breaks", "spins")
    },
    "search_hits_sleeps": plugin(
        rest="""
        @hookimpl
        def search_hits(words):
            return sleeps() if words == "sleep" else []
        """
    ),
    "search_hits_odd": plugin(
        rest="""
        @hookimpl
        def search_hits(words):
            return [1]
        """
    ),
    **{
        f"{hook}_breaks": plugin(
            rest=f"""
            @hookimpl
            def {hook}(contact):
                if "{hook}" in contact.full_name:
                    yield breaks()
            """
        )
        for hook in ("export_contact", "erase_contact")
    },
    "export_contact_spins": plugin(
        rest="""
        @hookimpl
        def export_contact(contact):
            return spins() if "slow" in contact.full_name else {}
        """
    ),
    "stand": plugin(),
    "guest": plugin(
        needs=', needs=Needs(records=("stand.thing",))',
        rest="""
        @hookimpl
        def extensions():
            return [
                Extension(
                    "stand.thing",
                    panels=(Panel("facts", "Facts", breaks),),
                    actions=(Action("go", "Go", breaks), Action("on", "On", print, applies=breaks)),
                    before_save=check,
                    warn=warn,
                )
            ]

        def check(row, is_new):
            if row.title == "check":
                breaks()
            if row.title == "slow check":
                spins()
            if row.title == "lost":
                session.execute(sql("SELECT 1/0"))
            if row.title == "never":
                raise ValueError("Never say never.")

        def warn(row):
            return breaks() if row.title == "warn" else ()
        """,
    ),
    "plan_breaks": plugin(
        rest="""
        @hookimpl
        def entitled(tenant, plugin):
            return breaks()
        """
    ),
}


BREAKS = """
from alembic import op
revision = "{name}_0002"
down_revision = "{name}_0001"

def upgrade():
    op.execute("SELECT 1/0")
"""


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
        revision = f"{name}_0001"
        written = first_migration(name, "thing", revision)
        (package / "migrations" / f"{revision}_first.py").write_text(written)
        found.append(Found(name, f"wrecks.{name}.plugin"))
    sys.path.insert(0, str(folder))
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_wrecks")
    settings = servers.settings_for(url, redis_url, folder)
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ops.migrations._installed", lambda: build(found))
        prepare_database(settings, said.append)
    made = create_app(settings, found)
    sync_all(made)
    with made.app_context():
        accept_all("tests")
    house = House(made)
    second = BREAKS.replace("{name}", "migration_breaks")
    (folder / "wrecks" / "migration_breaks" / "migrations" / "migration_breaks_0002.py").write_text(second)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.ops.migrations._installed", lambda: build(found))
        prepare_database(settings, said.append)
    yield Yard(made, settings, house.acme, house, said)
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


@pytest.mark.parametrize("plugin", ["reach_breaks", "more_reach_breaks"])
def test_a_rule_about_rows_that_breaks_shows_none(yard, plugin):
    answer = yard.owner().go(f"/{plugin}/thing/")
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
    key = a_contact(yard, "Ann")
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


@pytest.mark.parametrize("how", ["breaks", "spins", "odd"])
def test_a_panel_that_fails_says_so_in_its_place(yard, how):
    name = f"panel_{how}"
    key = a_thing(yard, name)
    assert yard.owner().go(f"/{name}/thing/{key}").status_code == 200
    answer = yard.owner().go(f"/{name}/thing/{key}/related/{name}__facts")
    assert answer.status_code == 200
    assert "could not be shown" in answer.text
    operator_reads(yard, name, f"{name}.thing panel facts")
    others_work(yard)


@pytest.mark.parametrize("how", ["breaks", "spins", "odd"])
def test_hits_that_fail_are_left_out(yard, how):
    answer = yard.owner().go("/search?q=sound")
    assert answer.status_code == 200
    operator_reads(yard, f"search_hits_{how}", "search_hits: ")


def test_nobody_waits_for_a_panel_that_hangs_in_c(yard):
    forget_rows()
    key = a_thing(yard, "panel_sleeps")
    began = monotonic()
    answer = yard.owner().go(f"/panel_sleeps/thing/{key}/related/panel_sleeps__facts")
    assert monotonic() - began < 30
    assert "could not be shown" in answer.text
    operator_reads(yard, "panel_sleeps", "TooSlow")
    with yard.app.app_context():
        (fault,) = faults_of("panel_sleeps")
        assert (fault.failures, fault.cut_off) == (1, 1)
    others_work(yard)


def test_nobody_waits_for_hits_that_hang_in_c(yard):
    forget_rows()
    began = monotonic()
    answer = yard.owner().go("/search?q=sleep")
    assert monotonic() - began < 30
    assert answer.status_code == 200
    operator_reads(yard, "search_hits_sleeps", "search_hits: TooSlow")


def test_trust_is_earned_and_lost(yard):
    from app.host.apart import shown

    forget_rows()
    seen = []
    with yard.app.app_context(), yard.inside():
        session = db.session()
        where = lambda: seen.append((current_thread(), db.session() is session, current_tenant_id()))  # noqa: E731
        shown("sound", "a place", 10, where)
        shown("sound", "a place", 10, where)
        shown("sound", "a place", 0.1, lambda: sleep(0.7))  # trusted, so it is waited for
        shown("sound", "a place", 10, where)
        with pytest.raises(TooSlow):
            shown("sound", "another", 0.1, lambda: sleep(1))
        with pytest.raises(ZeroDivisionError):
            shown("sound", "another", 0.1, lambda: 1 / 0)
    here = current_thread()
    assert [thread is here for thread, _same, _tenant in seen] == [False, True, False]
    assert [same for _thread, same, _tenant in seen] == [False, True, False]
    assert {tenant for _thread, _same, tenant in seen} == {yard.tenant.id}


@pytest.mark.parametrize("how", ["breaks", "spins"])
def test_a_limit_that_fails_limits_nobody(yard, how):
    """As with plans: what breaks in somebody's knowledge of them locks nobody out."""
    with yard.app.app_context(), yard.inside():
        assert allowance("sound.things") is None
    operator_reads(yard, f"allowance_{how}", "allowance: ")


def test_a_count_that_breaks_lets_nothing_through(yard):
    with yard.app.app_context(), yard.inside(), pytest.raises(HookFailed, match="was noted"):
        check_quota("metric_breaks.things")
    operator_reads(yard, "metric_breaks", "metric_breaks.things count")


def test_a_first_step_that_breaks_is_left_out(yard):
    page = yard.owner().go("/desk/first-steps")
    assert page.status_code == 200
    assert "A broken step" not in page.text
    operator_reads(yard, "step_breaks", "step_breaks.one done")


@pytest.mark.parametrize(("hook", "how"), [("export_contact", "breaks"), ("export_contact", "spins")])
def test_a_file_about_a_person_is_whole_or_not_given(yard, hook, how):
    name = f"{hook}_{how}"
    key = a_contact(yard, "slow" if how == "spins" else hook)
    for _time in range(4):  # it is asked each time, however often it failed
        answer = yard.owner().go(f"/contacts/privacy/{key}")
        assert answer.status_code == 503
        assert f"“The {name}” did not say what it knows" in answer.text
    with yard.app.app_context():
        (fault,) = [one for one in faults_of(name) if one.place == hook]
        assert (fault.failures, fault.cut_off, fault.tenants) == (4, 4 if how == "spins" else 0, 0)
    operator_reads(yard, name, hook)
    assert yard.owner().go(f"/contacts/privacy/{a_contact(yard, 'Ann')}").status_code == 200


def test_half_forgotten_is_not_forgotten(yard):
    key = a_contact(yard, "erase_contact")
    answer = yard.owner().send("/contacts/contact/actions/forget", {"id": str(key), "confirmed": "true"})
    assert answer.status_code != 500
    with yard.app.app_context(), yard.inside():
        assert db.session.get_one(Contact, key).full_name == "erase_contact"
    operator_reads(yard, "erase_contact_breaks", "erase_contact")


@pytest.mark.parametrize("title", ["check", "slow check", "lost"])
def test_what_a_guest_could_not_check_is_not_saved(yard, title):
    answer = yard.owner().send("/stand/thing/add", {"title": title})
    assert answer.status_code in (422, 503)
    assert "could not be checked by “The guest”" in answer.text
    with yard.app.app_context(), yard.inside():
        assert db.session.scalar(text("SELECT count(*) FROM stand.thing WHERE title = :title"), {"title": title}) == 0
    operator_reads(yard, "guest", "stand.thing before_save")


def test_a_guests_rule_stays_closed_until_it_is_off(yard):
    for _time in range(4):
        assert "could not be checked" in yard.owner().send("/stand/thing/add", {"title": "check"}).text
    answer = yard.owner().send("/stand/thing/add", {"title": "harmless"})
    assert "could not be checked" in answer.text, "it is called no more, and lets nothing through"
    assert "left out, because they failed: The guest" in yard.owner().go("/").text
    switch_here(yard, "guest", "off")
    assert yard.owner().send("/stand/thing/add", {"title": "harmless"}).status_code == 303
    switch_here(yard, "guest", "on")


def test_what_a_guest_refuses_and_doubts(yard):
    answer = yard.owner().send("/stand/thing/add", {"title": "never"})
    assert "Never say never." in answer.text
    assert yard.owner().send("/stand/thing/add", {"title": "warn"}).status_code == 303, "a doubt less"
    operator_reads(yard, "guest", "stand.thing warn")


def test_a_guests_action_button_and_panel_break(yard):
    key = a_thing(yard, "stand")
    page = yard.owner().go(f"/stand/thing/{key}")
    assert "actions/guest__go" in page.text
    assert "actions/guest__on" not in page.text
    assert yard.owner().send("/stand/thing/actions/guest__go", {"id": str(key)}).status_code != 500
    assert "could not be shown" in yard.owner().go(f"/stand/thing/{key}/related/guest__facts").text
    for place in ("stand.thing.go", "stand.thing.on applies", "stand.thing panel facts"):
        operator_reads(yard, "guest", place)


def a_thing(yard, name):
    assert add(yard, name).status_code == 303
    with yard.app.app_context(), yard.inside():
        return db.session.scalar(text(f"SELECT id FROM {name}.thing"))


def a_contact(yard, name):
    with yard.app.app_context(), yard.inside():
        contact = Contact(first_name=name, full_name=name)
        db.session.add(contact)
        db.session.commit()
        return contact.id


def switch_here(yard, name, state):
    with yard.app.app_context(), yard.inside():
        switch(db.session.get_one(Tenant, yard.tenant.id), name, state)
        db.session.commit()


def test_a_migration_that_breaks_stops_its_plugin_alone(yard):
    assert any("migration_breaks: its migration failed" in line for line in yard.said)
    assert set(stopped(yard.settings)) == {"migration_breaks"}
    ready = yard.app.test_client().get("/readyz")
    assert (ready.status_code, ready.json["plugins"]["migration_breaks"]) == (200, "stopped")
    assert yard.owner().go("/migration_breaks/here").status_code == 503
    others_work(yard)
    operator_reads(yard, "migration_breaks", "division by zero")
    assert "Out of order: The migration_breaks" in yard.owner().go("/").text
    stop_plugins(yard.settings, {})
    assert yard.owner().go("/migration_breaks/here").text == "it works"
    stop_plugins(yard.settings, {"migration_breaks": "once more"})
    assert yard.owner().go("/migration_breaks/here").status_code == 503


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
