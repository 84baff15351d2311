"""An archive is read back: archive, purge, install again, restore, and every table is as it was."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.contacts.models import Contact
from app.installation.archive import archive_plugin
from app.installation.purge import NoArchive, check, purge
from app.installation.reading import MayNotRestore
from app.installation.restoring import restore
from app.testing.house import House
from app.testing.sample_rules import RULES
from app.testing.samples import Samples
from app.webhooks.models import WebhookEndpoint
from tests.plugins_for_tests.garage.models import Vehicle
from tests.test_lifecycle import GARAGE, everything, island, set_state, switch_on_garage, use  # noqa: F401
from tests.use_everywhere import arrange

pytestmark = pytest.mark.xdist_group("lifecycle")  # its database has one name

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
        assert (restored.unlinked, restored.left_out) == (0, 0)
    found = differences(before, rows_of(settings))
    lost, more = found.pop("public.plugin_setting")
    assert (len(lost), more) == (1, []), "a secret is in no archive"
    for name, words in (("public.domain_event", "_"), ("public.search_token", "console.audit_entry")):
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
