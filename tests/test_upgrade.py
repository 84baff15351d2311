"""A plugin's new version: looked at beforehand, tried by some tenants, then on for all, or back."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from app import create_app
from app.cli.db import downgrade
from app.data import platform_session, utcnow
from app.data.bulk import TOLD
from app.data.ddl import RoleNames
from app.data.migrate import drift, drop_history, revision
from app.features.gate import work_refused
from app.host import FieldError
from app.host.discovery import CORE_PLUGINS, Found
from app.host.lifecycle import switch
from app.host.quarantine import Faulty, leave_out
from app.host.registry import build
from app.identity.acting import find_acting
from app.identity.permissions import cache
from app.identity.sync import sync_all
from app.installation import pins
from app.installation.approval import accept_all
from app.installation.preflight import look_ahead
from app.installation.status import status_of_all
from app.installation.upgrades import note_versions
from app.installation.upgrading import MayNotUpgrade, begin, go_back, go_on
from app.jobs.models import QueuedJob
from app.messaging.models import Notification
from app.ops.bootstrap import prepare_roles
from app.ops.migrations import downgrade_one, stop_plugins, stopped, upgrade_all, upgrade_what_can
from app.tenancy.models import Tenant, TenantPlugin
from app.testing import servers
from app.testing.checking.migrating import migrate_over_rows
from app.testing.house import Browser, House
from app.testing.pumping import hurry, pump
from tests.first_migration import first_migration

log = logging.getLogger(__name__)
CORE = [Found(name, module) for name, module in CORE_PLUGINS.items()]
MILL = Found("mill", "mills.mill.plugin")
OLD = """
from app.sdk import *

plugin = Plugin("mill", title="Mill", version="{version}"{more})
HEARD = []

class Sack(Record):
    title: Mapped[str] = text()
    {column}

@hookimpl
def resources():
    return [Resource(Sack, list="title")]

@hookimpl
def upgrading(tenant, before, after):
    if tenant.slug == "globex" and "{version}" == "3.0":
        raise ZeroDivisionError
    HEARD.append((tenant.slug, before, after))
"""
FIRST = first_migration("mill", "sack", "mill_0001")
SECOND = '''
"""weights"""
from alembic import op
import sqlalchemy as sa
revision = "mill_0002"
down_revision = "mill_0001"
branch_labels = depends_on = None

def upgrade():
    op.add_column("sack", sa.Column("weight", sa.Integer(), nullable=True), schema="mill")
    op.create_index("ix_sack_weight", "sack", ["tenant_id", "weight", "id"], schema="mill")
    op.execute("UPDATE mill.sack SET title = title")

def downgrade():
    DOWN
'''
DOWN = 'op.drop_index("ix_sack_weight", "sack", schema="mill"); op.drop_column("sack", "weight", schema="mill")'


class Mill:
    """An installation with the plugin, whose package can be replaced."""

    def __init__(self, settings, folder):
        self.settings, self.folder = settings, folder / "mills" / "mill"
        (self.folder / "migrations").mkdir(parents=True)
        (self.folder / "__init__.py").touch()
        self.apps, self.said = [], []
        self.install("1.0")
        upgrade_all(settings, lambda line: None, build([*CORE, MILL]).histories())
        self.start()
        self.house = House(self.app)
        for tenant in ("acme", "globex"):
            self.client(tenant).send("/mill/sack/add", {"title": f"of {tenant}"})

    def install(self, version, *, column="", more="", down=DOWN):
        """Put the package of a version in the place of what was there, as pip would."""
        leave_out(Faulty(MILL, LookupError("the package is replaced")))
        words = OLD.replace("{version}", version).replace("{column}", column).replace("{more}", more)
        (self.folder / "plugin.py").write_text(words)
        (self.folder / "migrations" / "mill_0001.py").write_text(FIRST)
        second = self.folder / "migrations" / "mill_0002.py"
        if column:
            second.write_text(SECOND.replace("DOWN", down))
        else:
            second.unlink(missing_ok=True)
        for kept in self.folder.rglob("__pycache__/*"):
            kept.unlink()

    def start(self, sync=True):
        """Start the server anew, with the package that is there."""
        self.app = create_app(self.settings, [*CORE, MILL])
        self.apps.append(self.app)
        sync_all(self.app)
        with self.app.app_context():
            if sync:
                note_versions(self.said.append)
                accept_all("tests")
        if hasattr(self, "house"):
            self.house.app = self.app
            self.house._browsers.clear()

    def upgrade_to(self, version, **more):
        self.install(version, column="weight: Mapped[int | None] = integer()", **more)
        self.start(sync=False)

    def sync(self):
        """What `tenantry db upgrade` and `tenantry sync` do."""
        upgrade_all(self.settings, lambda line: None, self.app.extensions["tenantry"].histories())
        self.inside(note_versions, self.said.append)

    def client(self, tenant):
        self.app.test_client_class = Browser
        return self.house.browser("owner", getattr(self.house, tenant))

    def inside(self, what, *given):
        with self.app.app_context():
            return what(*given)

    def heard(self):
        return sys.modules[MILL.module].HEARD

    def version(self):
        with self.app.app_context(), platform_session("a test looks at versions") as session:
            return session.execute(text("SELECT version, trying FROM installed_plugin WHERE name = 'mill'")).one()

    def columns(self):
        with self.app.app_context(), platform_session("a test looks at the catalogue") as session:
            names = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'mill'"
            return set(session.scalars(text(names)))


@pytest.fixture(scope="module")
def core_alone(addresses, tmp_path_factory):
    """A database with the tables of the core, of which each test takes a copy."""
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_core_alone")
    settings = servers.settings_for(url, redis_url, tmp_path_factory.mktemp("core"))
    prepare_roles(settings)
    upgrade_all(settings, lambda line: None, build(CORE).histories())
    yield "tenantry_core_alone"
    servers.drop_database(database_url, "tenantry_core_alone")


@pytest.fixture
def mill(addresses, core_alone, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    database_url, redis_url, _folder = addresses
    url = servers.create_database(database_url, "tenantry_mill", core_alone)
    settings = servers.settings_for(url, redis_url, tmp_path)
    prepare_roles(settings)
    made = Mill(settings, tmp_path)
    yield made
    leave_out(Faulty(MILL, LookupError("the test is over")))
    for app in made.apps:
        with app.app_context():
            for engine in app.extensions["sqlalchemy"].engines.values():
                engine.dispose()
    servers.drop_database(database_url, "tenantry_mill")


def test_an_upgrade_is_looked_at_tried_and_goes_on(mill):
    mill.upgrade_to("2.0")
    ahead = mill.inside(look_ahead, mill.settings, "mill")
    assert (ahead.before, ahead.after, ahead.is_due, ahead.is_reversible) == ("1.0", "2.0", True, True)
    assert ahead.revisions == ("mill_0002 weights",)
    assert {(one.table, one.rows) for one in ahead.touches} == {("mill.sack", 2)}
    words = "\n".join(ahead.lines())
    assert "add column weight" in words
    assert "an index is built. Nobody writes to the table for a moment." in words
    assert "rows are written" in words
    assert mill.columns() == mill.columns() - {"weight"}, "looking changes nothing"

    mill.inside(begin, mill.settings, "mill", ["acme"], mill.said.append)
    assert mill.heard() == [("acme", "1.0", "2.0")]
    assert mill.version() == ("1.0", "2.0")
    assert "weight" in mill.columns()
    assert mill.client("acme").send("/mill/sack/add", {"title": "two", "weight": "5"}).status_code == 303
    assert "of globex" in mill.client("globex").go("/mill/sack/").text
    refused = mill.client("globex").send("/mill/sack/add", {"title": "two"})
    assert refused.status_code == 403
    assert "Version 2.0 is being tried by others first" in refused.text
    mill.inside(note_versions, mill.said.append)
    assert mill.version() == ("1.0", "2.0"), "a sync leaves what is being tried"
    with pytest.raises(MayNotUpgrade, match="tried already"):
        mill.inside(begin, mill.settings, "mill", [], mill.said.append)

    mill.inside(go_on, "mill", mill.said.append)
    assert mill.heard() == [("acme", "1.0", "2.0"), ("globex", "1.0", "2.0")]
    assert mill.version() == ("2.0", None)
    assert mill.client("globex").send("/mill/sack/add", {"title": "two", "weight": "5"}).status_code == 303
    with pytest.raises(MayNotUpgrade, match="nothing to upgrade"):
        mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    with pytest.raises(MayNotUpgrade, match="Nothing is being tried"):
        mill.inside(go_on, "mill", mill.said.append)


def test_what_is_tried_goes_back(mill):
    mill.upgrade_to("2.0")
    mill.inside(begin, mill.settings, "mill", ["acme"], mill.said.append)
    mill.client("acme").send("/mill/sack/add", {"title": "heavy", "weight": "5"})
    mill.inside(go_back, mill.settings, "mill", mill.said.append)
    assert "weight" not in mill.columns()
    assert mill.version() == ("1.0", None)
    assert "install version 1.0 again" in mill.inside(stopped, mill.settings)["mill"]
    assert mill.client("acme").go("/mill/sack/").status_code == 503, "its code is still the new one"
    mill.install("1.0")
    mill.start()
    stop_plugins(mill.settings, {})  # what “tenantry db upgrade” does
    page = mill.client("acme").go("/mill/sack/").text
    assert "heavy" in page, "rows stay; what was in the new column is gone"
    assert mill.client("globex").send("/mill/sack/add", {"title": "two"}).status_code == 303


def test_without_a_way_back_there_is_none(mill):
    mill.upgrade_to("2.0", down='raise NotImplementedError("no way back")')
    assert "There is no way back: keep a backup." in list(mill.inside(look_ahead, mill.settings, "mill").lines())
    mill.inside(begin, mill.settings, "mill", ["globex"], mill.said.append)
    with pytest.raises(MayNotUpgrade, match="cannot be undone"):
        mill.inside(go_back, mill.settings, "mill", mill.said.append)
    assert "weight" in mill.columns()


# Pins -----------------------------------------------------------------------------------------------------------------


def stay(mill, tenant, spec, **more):
    return mill.inside(lambda: pins.pin(getattr(mill.house, tenant), "mill", spec, by_operator=True, **more))


def go_along(mill, tenant):
    return mill.inside(lambda: pins.unpin(getattr(mill.house, tenant), "mill", by_operator=True))


def pinned(mill):
    return {one.slug: (one.spec, one.version, one.only_reads) for one in mill.inside(pins.pins_of, "mill")}


def may_write(mill, tenant):
    answer = mill.client(tenant).send("/mill/sack/add", {"title": "more"})
    log.warning("%s", answer.text)  # shown where somebody should have been able to
    return answer.status_code == 303


def told(mill, tenant):
    """What the admins were told, each once however many they are."""
    with mill.house.inside(getattr(mill.house, tenant)) as session:
        wanted = select(Notification.title).where(Notification.kind == "console.plugin_version")
        return sorted(set(session.scalars(wanted)))


def test_a_tenant_stays_and_goes_along_later(mill):
    assert stay(mill, "acme", "1.x", reason="They audit in March")
    assert may_write(mill, "acme"), "the installed version lies within"
    mill.upgrade_to("2.0")
    assert not may_write(mill, "acme"), "before anybody did anything"
    ahead = mill.inside(look_ahead, mill.settings, "mill")
    assert "acme stays with 1.*: it could only read." in list(ahead.lines())
    assert mill.inside(pins.announce, "mill") == mill.inside(pins.announce, "mill") == ["acme"]
    assert told(mill, "acme") == ["Mill: version 2.0 is coming"]
    with pytest.raises(MayNotUpgrade, match=r"could only read from then on: acme \(1\.\*\)"):
        mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    with pytest.raises(MayNotUpgrade, match="acme stays with another version"):
        mill.inside(lambda: begin(mill.settings, "mill", ["acme"], mill.said.append, over_pins=True))
    assert mill.version() == ("1.0", None), "nothing was begun"
    mill.inside(lambda: begin(mill.settings, "mill", [], mill.said.append, over_pins=True))
    assert mill.version() == ("2.0", None)
    assert mill.heard() == [("globex", "1.0", "2.0")]
    assert pinned(mill) == {"acme": ("1.*", "1.0", True)}
    assert told(mill, "acme") == ["Mill: version 2.0 is coming", "Mill: version 2.0 is there"]
    assert told(mill, "globex") == []
    assert may_write(mill, "globex")

    page = mill.client("acme").go("/mill/sack/").text
    assert "of acme" in page, "it reads"
    assert "stays with version" in page, "and is told on the plugin's pages"
    assert "stays with version" not in mill.client("acme").go("/contacts/contact/").text
    refused = mill.client("acme").send("/mill/sack/add", {"title": "two"})
    assert refused.status_code == 403
    assert "until that is decided, nothing can be changed" in refused.text
    answer = mill.house.api("owner", mill.house.acme).post("/mill/sack", {"title": "two"})
    assert answer.status_code == 403
    assert "stays with version" in answer.text
    with mill.app.app_context():
        assert "stays with version" in work_refused("mill.grind", find_acting(None, mill.house.acme.id).tenant)

    mill.inside(note_versions, mill.said.append)
    assert mill.heard() == [("globex", "1.0", "2.0")], "a sync leaves who stays"
    assert go_along(mill, "acme")
    assert mill.heard()[1:] == [("acme", "1.0", "2.0")], "from the version it worked with, once"
    assert go_along(mill, "acme")
    mill.inside(note_versions, mill.said.append)
    assert len(mill.heard()) == 2
    assert pinned(mill) == {}
    assert may_write(mill, "acme")


def test_over_several_versions_and_back(mill):
    stay(mill, "acme", "1.*")
    mill.upgrade_to("2.0")
    mill.sync()
    assert "mill: acme stays with 1.* and may only read." in mill.said
    mill.upgrade_to("2.5")
    mill.sync()
    assert mill.heard() == [("globex", "2.0", "2.5")]
    assert stay(mill, "acme", ">=2,<3"), "the pin is moved"
    assert mill.heard()[1:] == [("acme", "1.0", "2.5")]
    mill.upgrade_to("4.0")
    mill.sync()
    assert not may_write(mill, "acme")
    mill.upgrade_to("2.5")
    assert may_write(mill, "acme"), "the older package lies within again"
    mill.sync()
    assert mill.heard() == [("globex", "4.0", "2.5")], "for acme all is as it was"
    assert pinned(mill) == {"acme": (">=2,<3", "2.5", False)}


def test_a_step_that_fails_is_told_and_made_again(mill):
    stay(mill, "globex", "1.*")
    mill.upgrade_to("3.0")  # whose step fails in globex
    mill.inside(lambda: begin(mill.settings, "mill", [], mill.said.append, over_pins=True))
    assert not go_along(mill, "globex")
    assert pinned(mill) == {"globex": ("", "1.0", True)}
    assert not may_write(mill, "globex"), "nothing is changed before the step is made"
    mill.sync()
    assert mill.said[-1] == "mill: the step failed again for globex."
    with mill.house.inside(mill.house.globex) as session:
        assert session.scalars(select(QueuedJob.state).where(QueuedJob.name == "console.catch_up")).all() == ["delayed"]
    mill.upgrade_to("3.1")
    hurry(mill.app)
    pump(mill.app)
    assert mill.heard() == [("globex", "1.0", "3.1")], "by the job that waits, to what is installed by now"
    assert may_write(mill, "globex")


def test_a_pin_ends_by_itself(mill, monkeypatch):
    stay(mill, "acme", "1.*", until=utcnow() + timedelta(days=2))
    mill.upgrade_to("2.0")
    mill.sync()
    hurry(mill.app)
    pump(mill.app)
    assert ("acme", "1.0", "2.0") not in mill.heard(), "not before its time"
    later = utcnow() + timedelta(days=3)
    monkeypatch.setattr("app.features.pins.utcnow", lambda: later)
    assert not may_write(mill, "acme"), "the step comes first"
    mill.sync()
    assert ("acme", "1.0", "2.0") in mill.heard()
    assert may_write(mill, "acme")


def test_who_stays_while_others_try(mill):
    stay(mill, "acme", "1.*")
    mill.upgrade_to("2.0")
    mill.inside(lambda: begin(mill.settings, "mill", ["globex"], mill.said.append, over_pins=True))
    assert "stays with version" in mill.client("acme").send("/mill/sack/add", {"title": "two"}).text
    go_along(mill, "acme")
    assert "is being tried by others first" in mill.client("acme").send("/mill/sack/add", {"title": "two"}).text
    assert mill.heard() == [("globex", "1.0", "2.0")]
    stay(mill, "acme", "1.*")
    with pytest.raises(MayNotUpgrade, match="could only read"):
        mill.inside(go_on, "mill", mill.said.append)
    mill.inside(go_back, mill.settings, "mill", mill.said.append)
    with mill.house.inside(mill.house.globex) as session:
        row = session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key == "mill")).one()
        assert row.plugin_version == "1.0", "who tried it works with the old version again"


def test_switched_off_meanwhile(mill):
    stay(mill, "acme", "1.*")
    mill.upgrade_to("2.0")
    mill.sync()

    def turn(state):
        with mill.house.inside(mill.house.acme) as session:
            switch(session.get_one(Tenant, mill.house.acme.id), "mill", state)
            session.commit()

    turn("off")
    with pytest.raises(FieldError, match="You stay with version"):
        turn("on")
    go_along(mill, "acme")
    assert ("acme", "1.0", "2.0") not in mill.heard(), "it is off"
    turn("on")
    assert ("acme", "1.0", "2.0") in mill.heard(), "told before it is on again"
    assert may_write(mill, "acme")


def test_what_another_application_of_the_process_knows_of_roles_is_not_asked(mill, app):
    """Its versions are those of another database. Servers of several databases run in one process in tests alone."""
    with mill.app.app_context(), platform_session("a test looks at a version") as session:
        version = session.scalar(text("SELECT version FROM permission_version WHERE id = 1"))
    with app.app_context():
        cache().get(["manager"], version, lambda roles: [])
    manager = mill.house.browser("manager", mill.house.acme)
    assert manager.send("/mill/sack/add", {"title": "of a manager"}).status_code == 303
    with app.app_context():
        cache().clear()


def test_pins_that_cannot_be(mill):
    for spec in ("", "next", "1.*.*", ">=1.2,,<banana"):
        with pytest.raises(ValueError, match="no range of versions"):
            stay(mill, "acme", spec)
    with pytest.raises(pins.MayNotPin, match="could not work at all"):
        stay(mill, "acme", "5.*")
    with pytest.raises(pins.MayNotPin, match="has passed"):
        stay(mill, "acme", "1.*", until=utcnow())
    with pytest.raises(pins.MayNotPin, match="No plugin"):
        mill.inside(lambda: pins.pin(mill.house.acme, "console", "1.*", by_operator=True))
    assert pinned(mill) == {}


def test_admins_decide_if_the_operator_lets_them(mill):
    admin = mill.client("acme")
    assert "New versions" not in admin.go("/console/plugins/mill").text
    admin.send("/console/plugins/mill/pin", {"pin": "1.*"})
    assert pinned(mill) == {}
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))

    def decide(**form):
        operator.post("/operator/plugins/mill/pins", data={**form, "csrf_token": operator.csrf()})
        return operator.get("/operator/plugins/mill").text

    assert "Tenants may not decide this themselves" in decide(do="allow")
    page = admin.go("/console/plugins/mill").text
    assert "its own improvements come" in page
    admin.send("/console/plugins/mill/pin", {"pin": "1.*", "until": "2099-01-31"})
    assert pinned(mill) == {"acme": ("1.*", "1.0", False)}
    assert "decided by its admins" in operator.get("/operator/plugins/mill").text
    assert "You stay with version" in admin.go("/console/plugins/mill").text
    decide(do="pin", tenant="acme", pin=">=1,<2", reason="Agreed by phone")
    admin.send("/console/plugins/mill/pin", {"pin": ""})
    assert pinned(mill) == {"acme": (">=1,<2", "1.0", False)}, "what the operator decided stays"
    assert "Agreed by phone" in admin.go("/console/plugins/mill").text
    assert "There is no tenant “nowhere”" in decide(do="pin", tenant="nowhere", pin="1.*")
    mill.upgrade_to("2.0")
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))
    assert "could only read in this one" in operator.get("/operator/plugins/mill").text
    assert "Only reads" in operator.get("/operator/plugins").text
    answer = operator.post("/operator/plugins/mill/upgrade", data={"do": "begin", "csrf_token": operator.csrf()})
    assert answer.status_code == 303
    assert mill.version() == ("1.0", None)
    form = {"do": "begin", "over_pins": "1", "csrf_token": operator.csrf()}
    operator.post("/operator/plugins/mill/upgrade", data=form)
    assert mill.version() == ("2.0", None)
    assert "stays with version" in mill.client("acme").go("/console/plugins/").text
    with mill.app.app_context():
        status = next(one for one in status_of_all(mill.settings) if one.name == "mill")
    assert "acme >=1,<2 (with 1.0, may only read)" in status.remark
    decide(do="unpin", tenant="acme")
    assert may_write(mill, "acme")


# All at once ----------------------------------------------------------------------------------------------------------


def test_all_at_once_and_a_tenant_that_fails(mill):
    mill.upgrade_to("3.0")
    with pytest.raises(MayNotUpgrade, match=r"The step to 3\.0 failed for globex"):
        mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    assert mill.version() == ("1.0", "3.0"), "it can go on, or back"
    assert mill.client("globex").send("/mill/sack/add", {"title": "two"}).status_code == 403


@pytest.mark.parametrize(
    ("slug", "words"), [("nowhere", "There is no tenant “nowhere”"), ("empty", "does not have it switched on")]
)
def test_only_tenants_that_have_it_try_it(mill, slug, words):
    with mill.app.app_context():
        from app.host.provisioning import provision_tenant

        provision_tenant("empty", "Empty")
    mill.upgrade_to("2.0")
    with pytest.raises(MayNotUpgrade, match=words):
        mill.inside(begin, mill.settings, "mill", [slug], mill.said.append)
    assert mill.version() == ("1.0", None)


def test_what_it_asks_for_besides_is_accepted_first(mill):
    mill.upgrade_to("2.0", more=', needs=Needs(hosts=("mill.example",))')
    ahead = mill.inside(look_ahead, mill.settings, "mill")
    assert ahead.new_needs == ("Calls mill.example over the network",)
    with pytest.raises(MayNotUpgrade, match="accepted first"):
        mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    mill.inside(accept_all, "a test")
    mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    assert mill.version() == ("2.0", None)


def test_a_core_it_is_not_made_for(mill):
    mill.install("2.0", more=', core_range=">=99"')
    mill.start(sync=False)
    with pytest.raises(LookupError, match="is made for Tenantry >=99"):
        mill.inside(look_ahead, mill.settings, "mill")


def test_the_operator_upgrades_on_the_screen(mill):
    mill.upgrade_to("2.0")
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))

    def send(**form):
        answer = operator.post("/operator/plugins/mill/upgrade", data={**form, "csrf_token": operator.csrf()})
        assert answer.status_code == 303
        return operator.get("/operator/plugins/mill").text

    page = operator.get("/operator/plugins/mill").text
    assert "mill_0002 weights" in page
    assert "Nobody writes to the table for a moment." in page
    assert "There is no tenant “nowhere”" in send(do="begin", canary="nowhere")
    assert "is being tried by acme" in send(do="begin", canary="acme")
    assert mill.version() == ("1.0", "2.0")
    with mill.house.app.app_context():
        listed = next(one for one in status_of_all(mill.settings) if one.name == "mill")
    assert "2.0 is being tried by some tenants" in listed.remark
    send(do="go_on")
    assert mill.version() == ("2.0", None)


# Migrations that wait, or fail ----------------------------------------------------------------------------------------


def break_migration(mill):
    """The second migration fails after its first step."""
    path = mill.folder / "migrations" / "mill_0002.py"
    path.write_text(path.read_text().replace('op.execute("UPDATE mill', 'op.execute("SELECT 1/0"); op.execute("UPDATE'))
    return path


def test_a_migration_that_fails_leaves_all_as_it_was(mill):
    mill.upgrade_to("2.0")
    path, whole = mill.folder / "migrations" / "mill_0002.py", SECOND.replace("DOWN", DOWN)
    break_migration(mill)
    with pytest.raises(
        MayNotUpgrade, match=r"mill_0002\.py line \d+: division by zero\. Nothing was changed"
    ) as refused:
        mill.inside(begin, mill.settings, "mill", ["acme"], mill.said.append)
    assert "sqlalche.me" not in str(refused.value)
    assert mill.version() == ("1.0", None)
    assert "weight" not in mill.columns()
    with pytest.raises(MayNotUpgrade, match="Nothing is being tried"):
        mill.inside(go_on, "mill", mill.said.append)
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))
    form = {"do": "begin", "canary": "acme", "csrf_token": operator.csrf()}
    assert operator.post("/operator/plugins/mill/upgrade", data=form).status_code == 303
    page = operator.get("/operator/plugins/mill").text
    assert "division by zero" in page
    assert "is being tried" not in page
    path.write_text(whole)
    mill.inside(begin, mill.settings, "mill", ["acme"], mill.said.append)
    assert mill.version() == ("1.0", "2.0")


def test_it_goes_on_only_over_migrations_that_have_run(mill):
    """As after a process that died between its words and its migrations."""
    mill.upgrade_to("2.0")
    with mill.app.app_context(), platform_session("a test") as session:
        session.execute(text("UPDATE installed_plugin SET trying = '2.0', back_to = 'mill_0001' WHERE name = 'mill'"))
    with pytest.raises(MayNotUpgrade, match="Its migrations have not run"):
        mill.inside(go_on, "mill", mill.said.append)
    assert mill.version() == ("1.0", "2.0")
    assert mill.heard() == []
    mill.inside(go_back, mill.settings, "mill", mill.said.append)
    mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    assert mill.version() == ("2.0", None)
    assert mill.inside(stopped, mill.settings) == {}


def test_a_way_back_that_fails_is_said(mill):
    mill.upgrade_to("2.0", down='op.execute("SELECT 1/0")')
    mill.inside(begin, mill.settings, "mill", ["acme"], mill.said.append)
    with pytest.raises(MayNotUpgrade, match="could not be taken back, and is still being tried: mill_0002"):
        mill.inside(go_back, mill.settings, "mill", mill.said.append)
    assert mill.version() == ("1.0", "2.0")
    assert mill.inside(stopped, mill.settings) == {}
    mill.inside(go_on, "mill", mill.said.append)


def test_what_waits_or_is_stopped_is_not_told_of_its_version(mill):
    mill.upgrade_to("2.0")
    mill.inside(note_versions, mill.said.append)
    assert (mill.heard(), mill.version()) == ([], ("1.0", None))
    upgrade_all(mill.settings, lambda line: None, mill.app.extensions["tenantry"].histories())
    stop_plugins(mill.settings, {"mill": "something is wrong"})
    mill.inside(note_versions, mill.said.append)
    assert (mill.heard(), mill.version()) == ([], ("1.0", None))
    stop_plugins(mill.settings, {})
    mill.inside(note_versions, mill.said.append)
    assert mill.version() == ("2.0", None)
    assert sorted(mill.heard()) == [("acme", "1.0", "2.0"), ("globex", "1.0", "2.0")]


def test_code_that_waits_for_its_tables_is_closed(mill):
    mill.upgrade_to("2.0")
    acme = mill.client("acme")
    for path in ("/mill/sack/", "/mill/sack/add"):
        closed = acme.go(path)
        assert closed.status_code == 503, path
        assert "waits until its tables are brought up to date" in closed.text, path
    assert "closed until then: Mill" in acme.go("/").text
    assert acme.go("/contacts/contact/").status_code == 200
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))
    assert "Waits for its migrations" in operator.get("/operator/plugins/mill").text
    ready = mill.app.test_client().get("/readyz")
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "plugins": {"mill": "behind"}})
    upgrade_all(mill.settings, lambda line: None, mill.app.extensions["tenantry"].histories())
    mill.inside(note_versions, mill.said.append)
    assert acme.go("/mill/sack/").status_code == 200
    assert "closed until then" not in acme.go("/").text
    assert mill.app.test_client().get("/readyz").json == {"status": "ready"}


def test_a_process_answers_for_what_it_has_loaded(mill):
    """A newer package on disk, newer tables, and none at all after a purge: the old process is ready, beside each."""
    old = mill.app
    mill.install("2.0", column="weight: Mapped[int | None] = integer()")
    assert old.test_client().get("/readyz").json == {"status": "ready"}
    mill.start(sync=False)
    upgrade_all(mill.settings, lambda line: None, mill.app.extensions["tenantry"].histories())
    assert old.test_client().get("/readyz").json == {"status": "ready"}
    drop_history(mill.settings.role_url("owner"), "mill")
    for app in (old, mill.app):
        assert app.test_client().get("/readyz").json == {"status": "ready"}
    assert mill.client("acme").go("/mill/sack/").status_code == 503, "a purge beside a server that has it loaded"


def test_a_plugin_whose_files_are_broken_is_left_out_with_the_file(mill):
    mill.upgrade_to("2.0")
    (mill.folder / "migrations" / "mill_0002.py").write_text("def upgrade(:\n")
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))
    for path in ("/operator/plugins", "/operator/plugins/mill", "/operator/plugins/mill/leaving"):
        assert operator.get(path).status_code == 200, "a process that runs works on"
    mill.start(sync=False)
    operator = mill.house.browser(mill.house.new_person(None, mill.house.acme, operator=True))
    for path in ("/operator/plugins", "/operator/plugins/mill", "/operator/plugins/mill/leaving"):
        answer = operator.get(path)
        assert answer.status_code == 200
    assert "mill_0002.py line 1: SyntaxError" in operator.get("/operator/plugins/mill").text
    assert mill.client("acme").go("/mill/sack/").status_code == 503
    assert "Out of order: Mill" in mill.client("acme").go("/").text
    assert mill.app.test_client().get("/readyz").json == {"status": "ready", "plugins": {"mill": "left out"}}


# Required columns, and the way back -----------------------------------------------------------------------------------


def required(mill, column):
    """Version 2.0, whose migration adds a required column."""
    mill.upgrade_to("2.0")
    words = SECOND.replace("DOWN", DOWN).replace('sa.Column("weight", sa.Integer(), nullable=True)', column)
    (mill.folder / "migrations" / "mill_0002.py").write_text(words)


def history(mill):
    return mill.app.extensions["tenantry"].migrations["mill"]


def test_a_required_column_without_a_value_is_foreseen(mill):
    required(mill, 'sa.Column("weight", sa.Integer(), nullable=False)')
    ahead = "\n".join(mill.inside(look_ahead, mill.settings, "mill").lines())
    assert "It will fail, because the rows that are there have no value for it." in ahead
    with pytest.raises(MayNotUpgrade, match="contains null values"):
        mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    with platform_session_of(mill) as session:
        session.execute(text("DELETE FROM mill.sack"), execution_options=TOLD)
    mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    mill.client("acme").send("/mill/sack/add", {"title": "heavy", "weight": "5"})
    found = mill.inside(migrate_over_rows, mill.settings, history(mill))
    assert not found.kept, "the check sees it too, as soon as there are rows"
    assert "contains null values" in found.details[0]


def test_a_required_column_with_a_value_is_taken_by_rows(mill):
    required(mill, 'sa.Column("weight", sa.Integer(), server_default=sa.text("7"), nullable=False)')
    assert "It will fail" not in "\n".join(mill.inside(look_ahead, mill.settings, "mill").lines())
    mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    assert mill.inside(migrate_over_rows, mill.settings, history(mill)).kept
    with platform_session_of(mill) as session:
        assert session.scalars(text("SELECT weight FROM mill.sack")).all() == [7, 7]


COLUMNS = """weight: Mapped[int] = integer(required=True, default=3)
    mark: Mapped[str] = text(required=True)"""


def test_what_is_written_for_required_columns_runs_over_rows(mill):
    mill.install("2.0", column=COLUMNS)
    second = mill.folder / "migrations" / "mill_0002.py"
    second.unlink()
    mill.start(sync=False)
    owner = mill.settings.role_url("owner")
    path = revision(owner, history(mill), RoleNames.of(mill.settings.role_prefix), "required")
    source = path.read_text()
    assert "server_default=sa.text('3')" in source
    assert (
        """    # Rows that are there need a value before the column can be required: say which.
    op.fill_column('sack', 'mark', "''", schema='mill')
    op.alter_column('sack', 'mark'"""
        in source
    )
    mill.start(sync=False)
    upgrade_all(mill.settings, lambda line: None, [history(mill)])
    with platform_session_of(mill) as session:
        assert session.execute(text("SELECT weight, mark FROM mill.sack")).all() == [(3, ""), (3, "")]
    assert drift(owner, history(mill), RoleNames.of(mill.settings.role_prefix)) == []
    assert mill.inside(migrate_over_rows, mill.settings, history(mill)).kept


@contextmanager
def platform_session_of(mill):
    with mill.app.app_context(), platform_session("a test") as session:
        yield session


def test_the_command_undoes_migrations_by_name(mill, monkeypatch):
    mill.upgrade_to("2.0")
    mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    monkeypatch.setattr("app.cli.db.settings_with_database", lambda: mill.settings)
    monkeypatch.setattr("app.cli.context.application", mill.app.app_context)
    run = partial(CliRunner().invoke, downgrade)
    for given, typed, words in (
        (["mill", "mill_0001"], "no\n", "nothing was done"),
        (["mill", "mill_0009", "--yes"], "", "has no migration “mill_0009”"),
        (["mill", "mill_0002", "--yes"], "", "nothing to undo"),
        (["miller", "base", "--yes"], "", "No migrations of “miller”"),
    ):
        assert words in str(run(given, input=typed).exception), given
    assert "weight" in mill.columns()
    done = run(["mill", "mill_0001"], input="mill\n")
    assert done.exit_code == 0, done.output
    assert "undoes mill_0002 weights" in done.output
    assert "mill.sack (2 rows): drop column weight" in done.output
    assert "weight" not in mill.columns()
    assert mill.client("acme").go("/mill/sack/").status_code == 503


def test_in_production_a_new_version_waits_for_a_yes(mill, monkeypatch):
    mill.upgrade_to("2.0")
    registry = mill.app.extensions["tenantry"]
    monkeypatch.setattr("app.ops.migrations._installed", lambda: registry)
    for which in ("core", "known"):
        assert upgrade_what_can(mill.settings, mill.said.append, which) == {}
        assert "weight" not in mill.columns(), which
    assert "mill: its new version waits for “tenantry plugin upgrade mill”." in mill.said
    mill.inside(note_versions, mill.said.append)
    assert mill.version() == ("1.0", None)
    mill.inside(begin, mill.settings, "mill", [], mill.said.append)
    assert mill.version() == ("2.0", None)
    downgrade_one(mill.settings, history(mill), "mill_0001")
    upgrade_what_can(mill.settings, mill.said.append, "known")
    assert "weight" in mill.columns(), "the version that was let in"
    with platform_session_of(mill) as session:
        session.execute(text("UPDATE installed_plugin SET version = '1.0' WHERE name = 'mill'"))
    downgrade_one(mill.settings, history(mill), "mill_0001")
    upgrade_what_can(mill.settings, mill.said.append, "all")
    assert "weight" in mill.columns()
