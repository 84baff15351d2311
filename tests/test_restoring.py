"""An archive is read back: archive, purge, install again, restore, and every table is as it was."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.host import Plugin
from app.host.discovery import Found
from app.host.lifecycle import states_here
from app.host.registry import build
from app.installation import purge as purging
from app.installation.archive import archive_plugin
from app.installation.pages import leaving
from app.installation.purge import MayNot, NoArchive, check, holders_of, purge
from app.installation.reading import MayNotRestore
from app.installation.restoring import restore
from app.ops.migrations import stop_plugins
from app.testing.house import House
from app.testing.sample_rules import RULES
from app.testing.samples import Samples
from app.testing.traces import arrange
from app.webhooks.models import WebhookEndpoint
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.orchard import plugin as orchard
from tests.test_leaving import PLACE, operator_of, post
from tests.test_lifecycle import CORE, GARAGE, everything, island, set_state, switch_on_garage, use  # noqa: F401

MADE_ANEW = frozenset(
    """search_rebuild idempotency_key job_schedule hook_fault tenant_plugin installed_plugin api_token
    file_usage""".split()
)
"""Made again from the rest, or, for the state and what a token may do, for people to say again."""
MOVED = frozenset({"version", "updated_at", "updated_by", "storage_key", "config_version"})


def rows_of(settings):
    """Every row of every table without what the way out and back moves."""
    found = {}
    for name, rows in everything(settings)[1].items():
        if name.partition(".")[2] not in MADE_ANEW and not name.startswith("public.ab_"):
            found[name] = sorted(
                json.dumps({k: v for k, v in json.loads(row).items() if k not in MOVED}) for row in rows
            )
    return found


def differences(before, after):
    return {
        name: (sorted(set(before[name]) - set(after[name])), sorted(set(after[name]) - set(before[name])))
        for name in before
        if before[name] != after[name]
    }


@pytest.fixture
def used(island):  # noqa: F811
    """(settings, make, the application, its house, a tenant that has used the garage everywhere and put it off)."""
    settings, make = island
    without = make()
    house = House(without)
    with house.inside(house.acme) as session:
        Samples(without.extensions["tenantry"], RULES).record(session, Contact)
        session.add(WebhookEndpoint(url="https://x.example/", events="contacts.contact_created", secret="x"))
        session.commit()
    made = make(GARAGE)
    house.app = made
    use(made, house, Samples(made.extensions["tenantry"], RULES), house.acme)
    with made.app_context():
        arrange(house, house.acme, "garage")
    set_state(house, house.acme, "off")
    return settings, make, made, house


@pytest.mark.slow
def test_what_was_purged_comes_back(used, tmp_path):
    settings, make, made, house = used
    with made.app_context():
        kept = archive_plugin(house.acme, "garage", tmp_path)
        check("garage", tmp_path)
        before = rows_of(settings)
        purge(settings, "garage", None, lambda line: None)
        with pytest.raises(MayNotRestore, match="tables of “garage” are not there"):
            restore(kept, house.acme)
    again = make(GARAGE)
    with again.app_context():
        with pytest.raises(MayNotRestore, match="another tenant"):
            restore(kept, house.globex)
        restored = restore(kept, house.acme)
        assert restored.secrets == 1
        assert restored.rows + restored.secrets == kept.rows, "what comes back is counted as what was put away"
        assert (restored.unlinked, restored.left_out) == (0, 0)
    found = differences(before, rows_of(settings))
    lost, more = found.pop("public.plugin_setting")
    assert (len(lost), more) == (1, []), "a secret is in no archive"
    for name, words in (("public.domain_event", "_"), ("public.search_token", '"kind": "console.')):
        lost, more = found.pop(name)
        assert (lost, [row for row in more if words not in row]) == ([], []), "what happened meanwhile is told beside"
    assert found == {}
    house.app = again
    house._browsers.clear()
    switch_on_garage(again, house.acme)
    assert house.browser("owner", house.acme).go("/garage/vehicle/").status_code == 200
    with again.app_context(), pytest.raises(MayNotRestore, match="is on for acme"):
        restore(kept, house.acme)
    set_state(house, house.acme, "off")
    before = rows_of(settings)
    with again.app_context(), pytest.raises(MayNotRestore, match="has something already"):
        restore(kept, house.acme)
    assert differences(before, rows_of(settings)) == {}, "all or nothing"


@pytest.mark.slow
def test_an_archive_counts_only_while_nothing_changed_after_it(used, tmp_path):
    _settings, _make, made, house = used
    with made.app_context():
        archive_plugin(house.acme, "garage", tmp_path)
        check("garage", tmp_path)
    set_state(house, house.acme, "on")
    with house.inside(house.acme) as session:
        session.add(Vehicle(plate="LATER 1"))
        session.commit()
    set_state(house, house.acme, "off")
    with made.app_context():
        with pytest.raises(NoArchive, match="changed since the archive of acme"):
            check("garage", tmp_path)
        archive_plugin(house.acme, "garage", tmp_path)
        check("garage", tmp_path)
    with house.inside(house.acme) as session:  # no count of rows would see this one
        session.scalars(select(Vehicle)).first().history = "repainted"
        session.commit()
    with made.app_context(), pytest.raises(NoArchive, match="changed since the archive of acme"):
        check("garage", tmp_path)


@pytest.mark.slow
def test_a_plugin_whose_package_is_gone_is_led_out(used, tmp_path, monkeypatch):
    settings, make, _made, house = used
    acme = house.acme
    set_state(house, acme, "on")
    stop_plugins(settings, {"garage": "a test stops it"})
    owner = house.browser("owner", acme)
    for path in ("/garage/vehicle/", "/garage/vehicle/add"):
        page = owner.go(path)
        assert page.status_code == 503
        assert "“Garage” is out of order" in page.text
        assert "misspelt" not in page.text
    assert house.api("owner", acme).get("/garage/vehicle").status_code == 503
    assert "Out of order: Garage." in owner.go("/").text
    for path in ("/console/plugins/", "/console/plugins/garage"):
        assert "It is out of order." in owner.go(path).text
    stop_plugins(settings, {})

    house.app = without = make()
    house._browsers.clear()
    owner = house.browser("owner", acme)
    assert "Out of order: Garage." in owner.go("/").text
    page = owner.go("/garage/vehicle/")
    assert page.status_code == 503
    assert "“Garage” is out of order" in page.text
    assert "Garage" in owner.go("/console/plugins/").text
    monkeypatch.setattr(leaving, "archives_folder", lambda: tmp_path)
    operator = operator_of(house)
    assert "Switch off" in operator.get(PLACE).text
    assert owner.send("/console/plugins/garage/state", {"state": "on"}).status_code == 404
    assert owner.send("/console/plugins/garage/state", {"state": "off"}).status_code == 303
    with house.inside(acme):
        assert states_here()["garage"] == "off"
    assert "Out of order" not in owner.go("/").text
    assert "written and checked" in post(operator, f"{PLACE}/archive").text
    rows = everything(settings)[1]["garage.vehicle"]
    answer = operator.post(f"{PLACE}/purge", data={"confirm": "garage", "csrf_token": operator.csrf()})
    assert answer.headers["Location"].endswith("/operator/plugins")
    assert "garage.vehicle" not in everything(settings)[1]

    house.app = again = make(GARAGE)
    house._browsers.clear()
    operator = operator_of(house)
    assert "files are back" in post(operator, f"{PLACE}/restore", tenant="acme").text
    assert len(rows) == len(everything(settings)[1]["garage.vehicle"])
    assert again is not without


def test_a_farewell_is_told_and_may_stop_the_purge(house, settings, monkeypatch):
    """What is removed afterwards is another test's: here it is only said goodbye to."""
    tenant = house.new_tenant()
    said = []
    with house.app.app_context():
        holders = [one for one in holders_of("orchard") if one.id == tenant.id]
        monkeypatch.setattr(purging, "check", lambda plugin, folder, **_more: holders)
        orchard.farewell.append(ConnectionError("nobody answers"))
        with pytest.raises(MayNot, match=f"farewell failed for {tenant.slug}: nothing was removed"):
            purge(settings, "orchard", None, said.append, careful=True)
        assert "nobody answers" in said[0]
        assert purging._told("orchard", holders[0], said.append)
    assert orchard.parted[-1] == tenant.slug
    assert len(said) == 1


def module_of(manifest):
    module = ModuleType(f"plugin_of_a_test_{manifest.name}")
    module.__file__, module.plugin = __file__, manifest
    sys.modules[module.__name__] = module
    return Found(manifest.name, module.__name__)


def test_optional_plugins_are_loaded_first_and_versions_are_kept():
    late = module_of(Plugin("late", title="Late", version="2.1", order=900))
    early = module_of(Plugin("early", title="Early", order=1, optional=("late>=2", "nobody")))
    strict = module_of(Plugin("strict", title="Strict", requires=("late<2",)))
    found = build([*CORE, early, late, strict], tolerant=True)
    names = [one.name for one in found.plugins]
    assert names.index("late") < names.index("early")
    assert found.quarantined == {"strict": "strict works with late <2; 2.1 is installed."}
    assert found.plugin("early").requires == ()
