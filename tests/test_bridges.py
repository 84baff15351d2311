"""Bridges: on by themselves where all that they join is on, unless somebody said otherwise by hand."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from app import create_app
from app.audit import AuditEntry
from app.data import Scope, db, platform_session, scope
from app.events.models import DomainEvent
from app.features.gate import work_refused
from app.host import FieldError, Plugin
from app.host.bridging import RANK
from app.host.claims import ClaimError, check_manifest
from app.host.discovery import CORE_PLUGINS, Found
from app.host.lifecycle import let_it_follow, states_here, switch
from app.host.provisioning import provision_tenant
from app.host.quarantine import Faulty, leave_out
from app.host.registry import build
from app.host.scaffold import Refused, read, write
from app.identity.acting import find_acting
from app.identity.sync import sync_all
from app.installation.approval import accept_all
from app.installation.archive import archive_plugin
from app.installation.docs import collect, markdown
from app.installation.features import tell_tenants
from app.installation.purge import MayNot, check
from app.installation.status import status_of_all
from app.installation.upgrades import note_versions
from app.ops.bootstrap import prepare_roles
from app.ops.migrations import stop_plugins, upgrade_all
from app.tenancy.models import Tenant, TenantPlugin
from app.testing import servers
from app.testing.house import Browser, House
from tests.plugins_for_tests.joined import BREAK, HEARD

CORE = [Found(name, module) for name, module in CORE_PLUGINS.items()]
JOINED = {
    name: Found(name, f"tests.plugins_for_tests.joined.{name}.plugin")
    for name in ("left", "right", "third", "span", "arch", "guest")
}
SIDES = ("left", "right", "third")


class Joined:
    """An installation of the core and the joined plugins."""

    def __init__(self, settings):
        self.settings = settings
        self.apps, self.said = [], []
        self.start()
        self.house = House(self.app)

    def start(self, *without, sync=True):
        """The server anew, without some packages."""
        found = [*CORE, *(one for name, one in JOINED.items() if name not in without)]
        self.app = create_app(self.settings, found)
        self.app.test_client_class = Browser
        self.apps.append(self.app)
        upgrade_all(self.settings, lambda line: None, self.app.extensions["tenantry"].histories())
        sync_all(self.app)
        if hasattr(self, "house"):
            self.house.app = self.app
            self.house._browsers.clear()
        with self.app.app_context():
            accept_all("tests")
            if sync:
                note_versions(self.said.append)

    def tenant(self):
        """One with nothing on and nothing decided."""
        slug = f"bare{next(self.house._numbers)}"
        with self.app.app_context():
            tenant = provision_tenant(slug, "A tenant")
            for role in ("owner", "admin"):
                self.house.people[slug, role] = self.house.new_person(role, tenant)
        HEARD.clear()
        return tenant

    def put(self, tenant, *turns):
        """`left=on` switches, as a person would."""
        with self.house.inside(tenant) as session:
            for turn in turns:
                plugin, _equals, state = turn.partition("=")
                switch(session.get_one(Tenant, tenant.id), plugin, state)
            session.commit()

    def states(self, tenant):
        with self.house.inside(tenant):
            return states_here()

    def row(self, tenant, plugin):
        with self.house.inside(tenant) as session:
            return session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == plugin)).one_or_none()


@pytest.fixture(scope="module")
def joined(addresses, tmp_path_factory):
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_bridges")
    settings = servers.settings_for(url, redis_url, tmp_path_factory.mktemp("bridges"))
    prepare_roles(settings)
    made = Joined(settings)
    yield made
    for app in made.apps:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
    for one in JOINED.values():
        leave_out(Faulty(one, LookupError("the tests are over")))
    servers.drop_database(database_url, "tenantry_bridges")


@pytest.fixture(autouse=True)
def nothing_breaks():
    BREAK.clear()
    yield
    BREAK.clear()


@pytest.fixture
def tenant(joined):
    return joined.tenant()


# By itself ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
def test_on_with_the_last_side_and_off_with_the_first(joined, tenant, order):
    first, last = order
    joined.put(tenant, f"{first}=on")
    assert "span" not in joined.states(tenant)
    joined.put(tenant, f"{last}=on")
    assert joined.states(tenant)["span"] == "on"
    assert joined.row(tenant, "span").along_with == last
    assert HEARD[-2:] == [(last, "enabled", tenant.slug), ("span", "enabled", tenant.slug)]
    browser = joined.house.browser("owner", tenant)
    assert browser.send("/span/pair/add", {"title": "kept"}).status_code == 303
    joined.put(tenant, f"{first}=off")
    assert joined.states(tenant)["span"] == "off"
    assert joined.row(tenant, "span").along_with == first
    assert HEARD[-2:] == [("span", "disabled", tenant.slug), (first, "disabled", tenant.slug)]
    assert browser.go("/span/pair/").status_code == 404
    joined.put(tenant, f"{first}=on")
    assert "kept" in browser.go("/span/pair/").text


def test_it_is_told_and_written_down_who_caused_it(joined, tenant):
    admin = joined.house.browser("admin", tenant)
    for side in ("left", "right"):
        assert admin.send(f"/console/plugins/{side}/state", {"state": "on"}).status_code == 303
    row = joined.row(tenant, "span")
    account = joined.house.people[tenant.slug, "admin"]
    assert row.enabled_by == account.uid
    with joined.house.inside(tenant) as session:
        told = session.scalars(select(DomainEvent.name).where(DomainEvent.aggregate_id == row.id)).all()
        assert told == ["console.plugin_created"]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.target_id == row.id)).one()
        assert entry.created_by == account.uid
        assert '"along_with"' in entry.body
        assert '"right"' in entry.body
    page = admin.go("/console/plugins/span").text
    assert "A bridge: it is on by itself while these are on: Left, Right." in page
    assert "It came on with Right." in page


def test_a_chain_follows_in_its_order(joined, tenant):
    joined.put(tenant, "third=on", "left=on")
    HEARD.clear()
    joined.put(tenant, "right=on")
    assert [plugin for plugin, _hook, _slug in HEARD] == ["right", "span", "arch"]
    HEARD.clear()
    joined.put(tenant, "left=off")
    assert [(plugin, hook) for plugin, hook, _slug in HEARD] == [
        ("arch", "disabled"), ("span", "disabled"), ("left", "disabled"),
    ]  # fmt: skip
    assert joined.row(tenant, "arch").along_with == "left"


def test_read_only_is_shared(joined, tenant):
    joined.put(tenant, "left=on", "right=on", "third=on", "left=read_only")
    assert {name: state for name, state in joined.states(tenant).items() if name in ("span", "arch")} == {
        "span": "read_only", "arch": "read_only",
    }  # fmt: skip
    assert joined.house.browser("owner", tenant).send("/span/pair/add", {"title": "no"}).status_code == 403
    with pytest.raises(FieldError, match="Left may only be read"):
        joined.put(tenant, "span=on")
    joined.put(tenant, "left=on")
    assert joined.states(tenant)["arch"] == "on"


def test_new_tenants_and_their_defaults(joined):
    manifests = [joined.app.extensions["tenantry"].plugin(name) for name in ("left", "right")]
    for one in manifests:
        object.__setattr__(one, "default_on", True)
    try:
        with joined.app.app_context():
            made = provision_tenant("by-default", "By default")
    finally:
        for one in manifests:
            object.__setattr__(one, "default_on", False)
    assert joined.states(made) == {"left": "on", "right": "on", "span": "on"}


# By hand --------------------------------------------------------------------------------------------------------------


def test_what_was_switched_off_by_hand_stays_off(joined, tenant):
    joined.put(tenant, "left=on", "right=on", "span=off")
    joined.put(tenant, "left=off", "left=on")
    assert joined.states(tenant)["span"] == "off"
    page = joined.house.browser("owner", tenant).go("/console/plugins/span").text
    assert "Switched off by hand" in page
    joined.put(tenant, "span=on", "left=off", "left=on")
    assert joined.states(tenant)["span"] == "on", "switching it on forgets"


def test_it_can_be_kept_off_beforehand_and_let_go(joined, tenant):
    admin = joined.house.browser("admin", tenant)
    assert "Keep it off" in admin.go("/console/plugins/span").text
    assert admin.send("/console/plugins/span/state", {"state": "off", "from": "page"}).status_code == 303
    joined.put(tenant, "left=on", "right=on")
    assert joined.states(tenant)["span"] == "off"
    joined.put(tenant, "left=off")
    with pytest.raises(FieldError, match="needs Left"):
        joined.put(tenant, "span=on")
    assert "Let it come on by itself" in admin.go("/console/plugins/span").text
    admin.send("/console/plugins/span/state", {"state": "follow", "from": "page"})
    joined.put(tenant, "left=on")
    assert joined.states(tenant)["span"] == "on"
    assert admin.send("/console/plugins/left/state", {"state": "follow"}).status_code == 400


def test_read_only_by_hand_is_the_most_it_will_be(joined, tenant):
    joined.put(tenant, "left=on", "right=on", "span=read_only", "left=off", "left=on")
    assert joined.states(tenant)["span"] == "read_only"


def test_over_rest(joined, tenant):
    api = joined.house.api("owner", tenant)
    for side in ("left", "right"):
        assert api.post("/console/plugin", {"plugin_key": side, "state": "on"}).status_code == 201
    rows = {row["plugin_key"]: row for row in api.get("/console/plugin").json["data"]}
    assert rows["span"]["state"] == "on"
    span = api.get(f"/console/plugin/{rows['span']['id']}").json
    assert (span["along_with"], span["by_hand"]) == ("right", None)
    assert api.patch(f"/console/plugin/{span['id']}", {"state": "off"}).json["by_hand"] == "off"
    unchanged = api.patch(f"/console/plugin/{span['id']}", {"state": "off"}).json
    api.patch(f"/console/plugin/{rows['left']['id']}", {"state": "off"})
    api.patch(f"/console/plugin/{rows['left']['id']}", {"state": "on"})
    assert joined.states(tenant)["span"] == "off"
    assert api.patch(f"/console/plugin/{span['id']}", {"state": "on"}).json["by_hand"] is None
    assert unchanged["by_hand"] == "off"


def test_saved_unchanged_nothing_is_decided(joined, tenant):
    joined.put(tenant, "left=on", "right=on", "left=off")
    api = joined.house.api("owner", tenant)
    row = next(one for one in api.get("/console/plugin").json["data"] if one["plugin_key"] == "span")
    assert api.patch(f"/console/plugin/{row['id']}", {"state": "off"}).json["by_hand"] is None


# What stands in the way -----------------------------------------------------------------------------------------------


def test_a_plain_dependant_of_a_bridge_holds_its_sides(joined, tenant):
    joined.put(tenant, "left=on", "right=on", "guest=on")
    with pytest.raises(FieldError, match="Guest needs Left: switch that off first"):
        joined.put(tenant, "left=off")
    joined.put(tenant, "guest=off", "left=off")
    assert joined.states(tenant)["span"] == "off"


@pytest.mark.parametrize("hook", ["enabled", "disabled"])
def test_a_broken_bridge_holds_no_side(joined, tenant, hook):
    joined.put(tenant, "left=on", *(["right=on"] if hook == "disabled" else []))
    BREAK.add(("span", hook))
    joined.put(tenant, "left=off" if hook == "disabled" else "right=on")
    states = joined.states(tenant)
    assert (states["left"] == "off") == (hook == "disabled")
    assert states.get("span", "off") == "off"
    with joined.app.app_context():
        status = next(one for one in status_of_all(joined.settings) if one.name == "span")
    assert f"{hook}: ZeroDivisionError" in status.last_error
    if hook == "enabled":
        assert (
            "It could not come on by itself." in joined.house.browser("owner", tenant).go("/console/plugins/span").text
        )
        BREAK.clear()
        with joined.app.app_context():
            note_versions(joined.said.append)
        assert joined.states(tenant)["span"] == "on"


def test_its_sides_say_whether_it_works(joined, tenant):
    """The state follows the switches alone; the gate asks for the rest of each side: a yes, tables, a plan."""
    joined.put(tenant, "left=on", "right=on")
    browser = joined.house.browser("owner", tenant)

    def refused():
        with joined.app.app_context():
            return work_refused("span.count", find_acting(None, tenant.id).tenant)

    assert refused() is None
    with joined.app.app_context(), platform_session("a test takes a yes back") as session:
        session.execute(text("UPDATE installed_plugin SET approved = NULL WHERE name = 'right'"))
        tell_tenants(session)
    assert "has not accepted yet" in refused()
    assert browser.go("/span/pair/").status_code == 503
    with joined.app.app_context():
        accept_all("tests")
    assert browser.go("/span/pair/").status_code == 200
    stop_plugins(joined.settings, {"left": "its migration failed"})
    with joined.app.app_context(), platform_session("a test") as session:
        tell_tenants(session)
    assert "is out of order" in refused()
    stop_plugins(joined.settings, {})
    with joined.app.app_context(), platform_session("a test") as session:
        tell_tenants(session)
    assert refused() is None
    assert joined.states(tenant)["span"] == "on"


def test_an_archive_of_a_side_asks_for_the_bridge_first(joined, tenant, tmp_path):
    joined.put(tenant, "left=on", "right=on", "third=on")
    with joined.app.app_context():
        with pytest.raises(FieldError, match="Span, Arch stands on Left: archive that first"):
            archive_plugin(tenant, "left", tmp_path)
        archive_plugin(tenant, "arch", tmp_path)
        archive_plugin(tenant, "span", tmp_path)
        archive_plugin(tenant, "left", tmp_path)
        with pytest.raises(MayNot, match="span needs “left”: purge that first"):
            check("left", None)
    joined.put(tenant, "left=on")
    assert joined.states(tenant)["span"] == "archived", "an archive is left alone"
    joined.put(tenant, "span=on")
    assert joined.states(tenant)["span"] == "on"


# What is installed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("absent", [("left",), ("right",), ("span",), ("left", "right")])
def test_each_absent_in_turn(joined, tenant, absent):
    joined.put(tenant, "left=on", "right=on", "third=on")
    joined.house.browser("owner", tenant).send("/span/pair/add", {"title": "waits"})
    before = joined.states(tenant)
    joined.start(*absent, "guest")
    try:
        known = joined.app.extensions["tenantry"]
        assert known.quarantined == {}, "a bridge that waits is nobody's fault"
        assert set(known.idle) == ({"arch"} if absent == ("span",) else {"span", "arch"})
        browser = joined.house.browser("owner", tenant)
        is_gone = "span" in absent
        assert browser.go("/span/pair/").status_code == (503 if is_gone else 404)
        told = re.search("Out of order: (.*?)[.] The operator", browser.go("/").text)
        titles = ", ".join(name.capitalize() for name in absent)
        assert told is not None
        assert told[1] == titles, "who waits is not out of order"
        with joined.app.app_context():
            status = {one.name: one for one in status_of_all(joined.settings)}
        assert status["arch"].state == "idle"
        assert "comes on once these are installed" in status["arch"].reason
        if "third" not in absent:
            joined.put(tenant, "third=off", "third=on")
    finally:
        joined.start()
    assert joined.states(tenant) == before
    assert "waits" in joined.house.browser("owner", tenant).go("/span/pair/").text


def test_a_bridge_may_import_what_it_joins(tmp_path, monkeypatch):
    """Absent, its side cannot be imported; so the bridge is not, and nothing fails."""
    for name, words in {
        "pier": 'plugin = Plugin("pier", title="Pier")',
        "deck": 'from piers.pier.public import length\nplugin = Plugin("deck", title="Deck", requires=("pier", '
        '"contacts"), bridge = True)',
    }.items():
        folder = tmp_path / "piers" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "plugin.py").write_text(f"from app.sdk import Plugin\n{words}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    pier, deck = (Found(name, f"piers.{name}.plugin") for name in ("pier", "deck"))
    assert build([*CORE, deck]).idle == {"deck": ("pier",)}
    (tmp_path / "piers" / "pier" / "public.py").write_text("length = 3\n")
    assert build([*CORE, deck, pier]).sides == {"deck": ("pier",)}
    for one in (pier, deck):
        leave_out(Faulty(one, LookupError("the test is over")))
    assert "piers.deck.plugin" not in sys.modules


def test_a_bridge_that_is_installed_later_comes_on_everywhere(joined):
    joined.start("span", "arch", "guest")
    some = [joined.tenant() for _number in range(3)]
    for one in some:
        joined.put(one, "left=on", "right=on")
    lone = joined.tenant()
    joined.put(lone, "left=on")
    BREAK.add((f"span@{some[1].slug}", "enabled"))
    joined.said.clear()
    joined.start()
    assert [joined.states(one).get("span") for one in (*some, lone)] == ["on", None, "on", None]
    assert any(some[1].slug in line and "span" in line for line in joined.said)
    BREAK.clear()
    with joined.app.app_context():
        note_versions(joined.said.append)
    assert joined.states(some[1])["span"] == "on"
    assert joined.row(some[1], "span").along_with is None


@pytest.mark.parametrize(
    ("more", "words"),
    [({"requires": ("left",)}, "two or more"), ({"requires": ("left", "right"), "default_on": True}, "default_on")],
)
def test_a_bridge_must_be_one(more, words):
    with pytest.raises(ClaimError, match=words):
        check_manifest("span", "x.plugin", Plugin("span", "Span", bridge=True, **more), set())


def test_a_bridge_is_written_by_plugin_new(tmp_path):
    folder = write(read("trees_of_leads", ["Tree title:text!"], "crm orchard"), tmp_path)
    module = folder / "tenantry_trees_of_leads" / "plugin.py"
    assert 'requires=("crm", "orchard"), bridge=True,' in module.read_text()
    for joins in ("crm", "crm trees_of_leads", "crm Orchard"):
        with pytest.raises(Refused, match="joins two other plugins"):
            read("trees_of_leads", ["Tree title:text!"], joins)


def test_documents_and_the_operators_list_know_it(joined):
    with joined.app.test_request_context():
        assert "A bridge: on by itself where these are: Left, Right." in markdown(collect({"left", "span"}), "All")
        status = next(one for one in status_of_all(joined.settings) if one.name == "arch")
    assert "joins span, left, right, third" in status.remark
    operator = joined.house.browser(joined.house.new_person(None, joined.house.acme, operator=True))
    assert "A bridge between" in operator.get("/operator/plugins/span").text


# Many at once ---------------------------------------------------------------------------------------------------------


def test_two_admins_switch_the_two_sides_on_at_once(joined):
    for _round in range(5):
        tenant = joined.tenant()
        ready = Barrier(2)

        def turn(side, tenant=tenant, ready=ready):
            with joined.app.test_request_context(), scope(Scope(tenant.id, via="system")):
                here = db.session.get_one(Tenant, tenant.id)
                ready.wait()
                switch(here, side, "on")
                db.session.commit()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(turn, ("left", "right")))
        assert joined.states(tenant)["span"] == "on"
        assert HEARD.count(("span", "enabled", tenant.slug)) == 1
        with joined.house.inside(tenant) as session:
            rows = select(func.count()).select_from(TenantPlugin).where(TenantPlugin.plugin_key == "span")
            assert session.scalar(rows) == 1


TURNS = st.tuples(st.sampled_from((*SIDES, "span", "arch")), st.sampled_from(("on", "off", "read_only", "follow")))


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(TURNS, min_size=3, max_size=14))
def test_whatever_is_switched_a_bridge_is_as_its_sides_and_hands_say(joined, turns):
    tenant = joined.tenant()
    by_hand = {}
    with joined.house.inside(tenant) as session:
        here = session.get_one(Tenant, tenant.id)
        for plugin, state in turns:
            if state == "follow":
                if plugin in ("span", "arch"):
                    let_it_follow(plugin)
                    by_hand.pop(plugin, None)
                continue
            try:
                with session.begin_nested():
                    switch(here, plugin, state)
            except FieldError:
                pass
            else:
                if plugin in ("span", "arch"):
                    by_hand[plugin] = state
            states = {name: RANK[word] for name, word in states_here().items()}
            for bridge, sides in (("span", ("left", "right")), ("arch", ("span", "third"))):
                expected = min(states.get(side, 0) for side in sides)
                expected = min(expected, RANK[by_hand.get(bridge, "on")])
                assert states.get(bridge, 0) == expected, (turns, plugin, state, states, by_hand)
        session.rollback()
