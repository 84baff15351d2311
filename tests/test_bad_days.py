"""An operator's bad days: a purge that is killed, a full disk, two at once, jobs that still run, broken defaults."""

from __future__ import annotations

import io
import threading
import zipfile
from datetime import timedelta

import pytest

from app.contacts.models import Note
from app.data import platform_session, scope, utcnow
from app.data.scope import Scope
from app.host import FieldError
from app.host.lifecycle import states_here, switch
from app.host.models import InstalledPlugin
from app.host.provisioning import provision_tenant
from app.installation import archive, purge, rotation
from app.installation.archive import BadArchive, archive_plugin, archives_of, verify
from app.installation.features import tell_tenants
from app.installation.purge import MayNot
from app.installation.rotation import rotate
from app.jobs import enqueue
from app.jobs.models import QueuedJob
from app.testing.house import House
from tests.plugins_for_tests.garage.models import Vehicle
from tests.test_lifecycle import GARAGE, island, set_state, switch_on_garage  # noqa: F401


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


@pytest.fixture
def left(island, tmp_path):  # noqa: F811
    """(settings, application, its house, archives): acme has used the garage, put it off and archived it."""
    settings, make = island
    house = House(make())
    house.app = made = make(GARAGE)
    switch_on_garage(made, house.acme)
    with house.inside(house.acme) as session:
        session.add(vehicle := Vehicle(plate="A 1"))
        session.flush()
        session.add(Note(target_type="garage.vehicle", target_id=vehicle.id, content="dear to somebody"))
        session.commit()
    set_state(house, house.acme, "off")
    with made.app_context():
        archive_plugin(house.acme, "garage", tmp_path)
    return settings, made, house, tmp_path


def kill(*_given):
    raise Killed


@pytest.mark.slow
def test_a_purge_that_was_killed_is_started_anew(left, monkeypatch):
    settings, made, _house, folder = left
    before = [one.path for one in archives_of("garage", folder)]
    with made.app_context():
        with monkeypatch.context() as patch:
            patch.setattr(purge, "drop_history", kill)
            with pytest.raises(Killed):
                purge.purge(settings, "garage", folder, lambda line: None)
        purge.check("garage", folder)
        purge.purge(settings, "garage", folder, lambda line: None)
        assert purge.holders_of("garage") == []
        with platform_session("a test looks") as session:
            assert session.get(InstalledPlugin, "garage") is None
    assert [one.path for one in archives_of("garage", folder)] == before, "the whole archive is the newest"


@pytest.mark.slow
def test_nobody_comes_on_while_it_is_purged(left, monkeypatch):
    """An admin who switches it on in the middle would lose what is written then, in no archive."""
    settings, made, house, folder = left
    refused, farewell = [], purge._told

    def meanwhile(plugin, holder, say):
        def switches_on():
            try:
                set_state(house, house.globex, "on")
            except FieldError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=switches_on)]
        threads[0].start()
        threads[0].join(timeout=60)
        return farewell(plugin, holder, say)

    monkeypatch.setattr(purge, "_told", meanwhile)
    with made.app_context():
        purge.purge(settings, "garage", folder, lambda line: None)
        assert purge.holders_of("garage") == []
    assert "out of order" in refused[0]


def test_who_was_about_to_switch_it_on_is_waited_for(house, settings, monkeypatch):
    """The switch is not committed when the purge begins: it is seen all the same, and nothing is removed."""
    tenant = house.new_tenant()
    set_state(house, tenant, "off", "market")
    may_end, is_in = threading.Event(), threading.Event()

    def switches_on():
        with house.inside(tenant) as session:
            switch(tenant, "market", "on")
            is_in.set()
            may_end.wait(20)
            session.commit()

    thread = threading.Thread(target=switches_on)
    thread.start()
    is_in.wait(20)
    monkeypatch.setattr(purge, "check", checked := Checked(purge.check, may_end))
    with house.app.app_context(), pytest.raises(MayNot, match=rf"still on for .*{tenant.slug}"):
        purge.purge(settings, "market", None, lambda line: None)
    thread.join()
    assert checked.times == 2
    with house.app.app_context(), platform_session("a test looks") as session:
        assert session.get_one(InstalledPlugin, "market").stopped is None, "it is open again"


class Checked:
    """The first look finds nobody who has it on; before the second one the switch is let go."""

    def __init__(self, check, event):
        self.check, self.event, self.times = check, event, 0

    def __call__(self, plugin, folder, **more):
        self.times += 1
        if self.times == 1:
            threading.Timer(1.0, self.event.set).start()
            return []
        return self.check(plugin, folder, **more)


def test_a_job_that_runs_is_waited_for(house, monkeypatch):
    """It began before its plugin was switched off, and writes what no archive holds."""
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        key = enqueue("orchard.water", delay=3600)
        session.commit()
    with house.inside(tenant) as session:
        row = session.get_one(QueuedJob, key)
        row.state, row.lease_id, row.lease_until = "leased", key, utcnow() + timedelta(minutes=1)
        session.commit()
    monkeypatch.setattr(purge, "holders_of", lambda plugin: [])
    with house.app.app_context():
        with pytest.raises(MayNot, match=r"still running \(1\)"):
            purge.check("orchard", None)
        with house.inside(tenant) as session:
            session.get_one(QueuedJob, key).lease_until = utcnow() - timedelta(seconds=1)
            session.commit()
        assert purge.check("orchard", None) == [], "a worker that is gone keeps nobody waiting"
    with house.inside(tenant) as session:
        session.delete(session.get_one(QueuedJob, key))
        session.commit()


# --- archives --------------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_all_as_it_was(house, tmp_path, monkeypatch):
    tenant = house.new_tenant()

    def full(_session, _tenant, out, *_more, **_named):
        out.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "write_bundle", full)
    with house.app.app_context(), pytest.raises(OSError, match="No space"):
        archive_plugin(tenant, "garage", tmp_path)
    assert list(tmp_path.iterdir()) == []
    with house.inside(tenant):
        assert states_here()["garage"] == "on", "people go on working"
    assert house.browser("owner", tenant).go("/garage/vehicle/").status_code == 200


def test_a_damaged_file_among_archives_stops_nothing(house, tmp_path):
    tenant = house.new_tenant()
    with house.app.app_context():
        good = archive_plugin(tenant, "garage", tmp_path)
    whole = bytearray(good.path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(whole)) as parts:
        start = parts.getinfo("manifest.json").header_offset + 60
    whole[start : start + 40] = b"\xff" * 40
    (tmp_path / "garage-a-damaged.zip").write_bytes(whole)
    with zipfile.ZipFile(tmp_path / "garage-b-foreign.zip", "w") as foreign:
        foreign.writestr("manifest.json", '{"records": [], "files": [], "plugin": {"name": "garage"},'
                         ' "tenant": {"id": "nobody"}, "made_at": "never"}')  # fmt: skip
    for name in ("a-damaged", "b-foreign"):
        with pytest.raises(BadArchive):
            verify(tmp_path / f"garage-{name}.zip")
    assert archives_of("garage", tmp_path) == [good]


def test_the_newest_archive_counts_whatever_the_tenant_is_called(house, tmp_path):
    tenant = house.new_tenant()
    with house.app.app_context():
        archive_plugin(tenant, "garage", tmp_path)
        tenant.slug = "a" + tenant.slug  # an address that comes before the old one
        newest = archive_plugin(tenant, "garage", tmp_path)
    assert archives_of("garage", tmp_path)[-1] == newest


# --- defaults, keys --------------------------------------------------------------------------------------------------


def test_a_broken_default_keeps_no_tenant_from_being_there(app, house):
    name = next(one.name for one in app.extensions["tenantry"].plugins if one.default_on and not one.core)

    def stop(words):
        with app.app_context(), platform_session("a test stops a plugin") as session:
            session.merge(InstalledPlugin(name=name, version="1.0", stopped=words))
            tell_tenants(session)

    stop("Its migration failed.")
    try:
        with app.app_context():
            tenant = provision_tenant("on-a-bad-day", "On a bad day")
            with scope(Scope(tenant.id, via="system")):
                assert states_here().get(name) in (None, "off")
                with pytest.raises(FieldError, match="out of order"):
                    switch(tenant, name, "on")
    finally:
        stop(None)


def test_a_rotation_says_what_it_could_not_see(app, house, settings, monkeypatch):
    """Keys that are taken away after it must open nothing that is left."""
    with app.app_context():
        assert rotate().unseen == []
        with platform_session("a test has a plugin that is gone") as session:
            session.add(InstalledPlugin(name="vanished", version="1.0"))
        try:
            monkeypatch.setattr(rotation, "waiting_plugins", lambda: {"lead_ads": "lead_ads_0001", "new": ""})
            monkeypatch.setattr("app.installation.sealing.waiting_plugins", lambda: {"lead_ads": "lead_ads_0001"})
            done = rotate()
        finally:
            with platform_session("and purges it") as session:
                session.delete(session.get_one(InstalledPlugin, "vanished"))
    assert done.unseen == ["lead_ads", "vanished"]
