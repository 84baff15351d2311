"""What a plugin asks for is accepted by the operator before it works, and kept where the SDK gives it."""

from __future__ import annotations

import io

import pytest

from app.host import Handler, Needs
from app.host.accepted import asked_of_operator
from app.host.at_work import plugin_at_work, working
from app.host.claims import ClaimError, check_core, check_manifest, check_reach, check_settings
from app.host.declarations import Plugin
from app.host.guarding import run_hook
from app.host.happenings import Listener
from app.host.lifecycle import states_here, switch
from app.host.provisioning import provision_tenant
from app.installation.approval import accept, accept_all
from app.jobs import enqueue, run_due
from app.jobs.models import QueuedJob
from app.sdk import Contact, NotDeclared, Unanswered, attach_file, call_host, files_of, open_file, reach, text
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.orchard.models import Tree


@pytest.fixture
def operator(house):
    return house.browser(house.new_person(None, house.acme, operator=True))


def test_nothing_works_before_the_yes(app, house, operator, not_accepted):
    assert house.browser("owner").go("/garage/vehicle/").status_code == 503
    assert house.api("owner").get("/garage/vehicle").status_code == 503
    assert "/garage/vehicle/" not in house.browser("owner").go("/").text
    assert "Waits for your yes" in operator.get("/operator/plugins").text
    page = operator.get("/operator/plugins/garage").text
    assert "Keeps secrets that admins type in" in page
    assert "It works nowhere until you accept this." in page
    answer = operator.post("/operator/plugins/garage/accept", data={"need": "secrets", "csrf_token": operator.csrf()})
    assert answer.status_code == 303
    assert house.browser("owner").go("/garage/vehicle/").status_code == 200
    assert "Waits for your yes" not in operator.get("/operator/plugins").text


WAITS = "has not accepted yet what it asks for"


@pytest.fixture
def without_garage(house):
    """A tenant whose admins have the garage off."""
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        switch(tenant, "garage", "off")
        session.commit()
    return tenant


def state_of_garage(house, tenant):
    with house.inside(tenant):
        return states_here().get("garage")


@pytest.mark.parametrize("state", ["on", "read_only"])
def test_pages_do_not_switch_on_what_waits(house, without_garage, not_accepted, state):
    browser = house.browser("owner", without_garage)
    assert WAITS in browser.go("/console/plugins/").text
    assert WAITS in browser.go("/console/plugins/garage").text
    answer = browser.send("/console/plugins/garage/state", {"state": state}, follow_redirects=True)
    assert WAITS in answer.text
    assert state_of_garage(house, without_garage) == "off"


@pytest.mark.parametrize("state", ["on", "read_only"])
def test_rest_does_not_switch_on_what_waits(house, without_garage, not_accepted, state):
    api = house.api("owner", without_garage)
    [row] = api.get("/console/plugin?plugin_key.is=garage").json["data"]
    answer = api.patch(f"/console/plugin/{row['id']}", {"state": state})
    assert answer.status_code == 422
    assert WAITS in answer.json["errors"]["state"]


def test_rest_does_not_begin_with_what_waits(app, house, not_accepted):
    """Where it never was on."""
    with app.app_context():
        tenant = provision_tenant("bare-of-garage", "Bare")
    owner = house.new_person("owner", tenant)
    answer = house.api(owner, tenant).post("/console/plugin", {"plugin_key": "garage", "state": "on"})
    assert answer.status_code == 422
    assert WAITS in answer.json["errors"]["state"]
    assert state_of_garage(house, tenant) is None


def test_a_new_tenant_begins_without_what_waits(app, house, not_accepted):
    manifest = app.extensions["tenantry"].plugin("garage")
    object.__setattr__(manifest, "default_on", True)
    try:
        with app.app_context():
            waiting = provision_tenant("waiting", "Waiting")
            accept_all("tests")
            served = provision_tenant("served", "Served")
    finally:
        object.__setattr__(manifest, "default_on", False)
    assert state_of_garage(house, waiting) is None
    assert state_of_garage(house, served) == "on"


def test_what_waits_is_switched_off_and_on_again_after_the_yes(house, not_accepted):
    tenant = house.acme
    api = house.api("owner", tenant)
    [row] = api.get("/console/plugin?plugin_key.is=garage").json["data"]
    assert api.patch(f"/console/plugin/{row['id']}", {"state": "off"}).status_code == 200
    assert api.patch(f"/console/plugin/{row['id']}", {"state": "on"}).status_code == 422
    with house.app.app_context():
        accept_all("tests")
    assert api.patch(f"/console/plugin/{row['id']}", {"state": "on"}).status_code == 200


def test_nothing_is_accepted_unseen(app, not_accepted):
    with app.app_context():
        with pytest.raises(ValueError, match="read it again"):
            accept("garage", "a test", ["host parts.example"])
        assert asked_of_operator()["garage"] == ("secrets",)
        with pytest.raises(LookupError):
            accept("nothing", "a test")


def test_only_the_operator_accepts(house, not_accepted):
    assert house.browser("owner").post("/operator/plugins/garage/accept").status_code in (400, 403)


def test_needs_are_read(app):
    needs = Needs(hosts=("api.parts.example", "*.cars.example"), secrets=True, records=("crm.lead",))
    assert needs.words() == (
        "host api.parts.example", "host *.cars.example", "secrets", "records crm.lead",
    )  # fmt: skip
    assert needs.reaches("API.parts.example.")
    assert needs.reaches("eu.cars.example")
    assert not needs.reaches("cars.example")
    assert not needs.reaches("parts.example")
    assert needs.reads("crm", "crm.lead")
    assert not needs.reads("crm", "crm.stage")


@pytest.mark.parametrize("host", ["https://parts.example", "parts", "*parts.example", "10.0.0.1:80", ""])
def test_bad_hosts_are_refused(host):
    with pytest.raises(ClaimError, match="no host name"):
        check_manifest("x", "x.plugin", Plugin("x", "X", needs=Needs(hosts=(host,))), set())


def test_a_secret_setting_must_be_declared():
    with pytest.raises(ClaimError, match="secrets=True"):
        check_settings(Plugin("x", "X"), [text(name="key", secret=True)])
    check_settings(Plugin("x", "X", needs=Needs(secrets=True)), [text(name="key", secret=True)])


def test_hearing_of_others_must_be_declared():
    listener = Listener("x", Handler("crm.lead_created", print, "hear"))
    with pytest.raises(ClaimError, match="Needs"):
        check_reach(Plugin("x", "X"), [listener], {"contacts"})
    for manifest in (
        Plugin("x", "X", requires=("crm",)),
        Plugin("x", "X", needs=Needs(records=("crm",))),
        Plugin("x", "X", needs=Needs(records=("crm.lead",))),
    ):
        check_reach(manifest, [listener], {"contacts"})
    check_reach(Plugin("x", "X"), [Listener("x", Handler("contacts.contact_created", print, "hear"))], {"contacts"})


@pytest.mark.parametrize(("wanted", "fits"), [("", True), (">=0.1", True), ("<0.1", False), (">=99", False)])
def test_a_plugin_is_made_for_versions_of_the_core(wanted, fits):
    manifest = Plugin("x", "X", core_range=wanted)
    if fits:
        check_core(manifest)
        return
    with pytest.raises(ClaimError, match="is made for Tenantry"):
        check_core(manifest)


def test_a_range_that_is_none_is_refused():
    with pytest.raises(ClaimError, match="no range"):
        check_core(Plugin("x", "X", core_range="one or so"))


@pytest.fixture
def needs(app):
    """Gives the garage other needs for a while."""

    def give(**more):
        manifest = app.extensions["tenantry"].plugin("garage")
        before = manifest.needs
        object.__setattr__(manifest, "needs", Needs(secrets=True, **more))
        restores.append(lambda: object.__setattr__(manifest, "needs", before))

    restores = []
    yield give
    for restore in restores:
        restore()


def test_only_declared_hosts_are_called(app, needs):
    with app.app_context():
        with working("garage"), pytest.raises(NotDeclared, match=r"may not call parts\.example"):
            call_host("GET", "https://parts.example/")
        needs(hosts=("parts.invalid",))
        with working("garage"), pytest.raises((Unanswered, ValueError)) as refused:
            call_host("GET", "https://parts.invalid/")
        assert not isinstance(refused.value, NotDeclared)
        with working("garage"), pytest.raises(NotDeclared):
            call_host("GET", "https://parts.invalid.evil.example/")


def test_only_declared_records_are_touched(app, house, needs):
    with house.inside():
        entry = app.extensions["tenantry"].entries["crm.lead"]
        with working("garage"), pytest.raises(NotDeclared, match=r"may not touch crm\.lead"):
            reach(entry.model)
        with working("garage"):
            reach(Contact)
            reach(Vehicle)
        needs(records=("crm.lead",))
        with working("garage"):
            reach(entry.model)
        reach(entry.model)  # the core's own code and commands are nobody's


def test_only_who_declares_files_touches_them(app, house, needs):
    tenant = house.new_tenant()
    with house.inside(tenant) as session:
        vehicle, contact = Vehicle(plate="F 1"), Contact(first_name="Ann", full_name="Ann")
        lead = app.extensions["tenantry"].entries["crm.lead"].model()
        session.add_all([vehicle, contact])
        session.flush()
        for touch in (
            files_of,
            lambda row: attach_file(row, io.BytesIO(b"x"), "x.txt"),
            lambda row: open_file(row, row.id),
        ):
            with working("garage"), pytest.raises(NotDeclared, match=r"may not touch files"):
                touch(vehicle)
        needs(files=True)
        with working("garage"):
            kept = attach_file(vehicle, io.BytesIO(b"well kept"), "../book.txt")
            assert (kept.name, kept.mime, kept.size) == ("book.txt", "text/plain", 9)
            assert attach_file(vehicle, io.BytesIO(b"well kept"), "book.txt") == kept, "there once"
            assert files_of(vehicle) == [kept]
            with open_file(vehicle, kept.id) as stream:
                assert stream.read() == b"well kept"
            with pytest.raises(LookupError):
                open_file(contact, kept.id)
            with pytest.raises(ValueError, match="not what its name says"):
                attach_file(vehicle, io.BytesIO(b"MZ\x00"), "virus.pdf")
            with pytest.raises(NotDeclared, match=r"may not touch crm\.lead"):
                files_of(lead)
        session.commit()


def test_a_plugin_keeps_files_on_its_records(house):
    """The orchard declares files, and its action uses them; members see the file on the record."""
    tenant = house.new_tenant()
    [key] = house.add(Tree(name="Fig"), tenant=tenant)
    api = house.api("owner", tenant)
    for _time in range(2):
        answer = api.post(f"/orchard/tree/{key}/actions/label", {})
        assert answer.json["message"] == "On label.txt: Fig, 1 crate"
    with house.inside(tenant) as session:
        assert [one.name for one in files_of(session.get_one(Tree, key))] == ["label.txt"]
    assert "label.txt" in house.browser("owner", tenant).go(f"/orchard/tree/{key}/timeline").text


def test_every_way_into_a_plugin_says_whose_it_is(app, house):
    with house.inside():
        assert run_hook("garage", "a place", 1.0, plugin_at_work) == "garage"
        assert plugin_at_work() == ""
    seen = []
    job = app.extensions["tenantry"].jobs["garage.nothing"]
    before = job.run
    object.__setattr__(job, "run", lambda _run, *_more: seen.append(plugin_at_work()))
    try:
        with house.inside() as session:
            key = enqueue("garage.nothing")
            session.commit()
        run_due(app)
    finally:
        object.__setattr__(job, "run", before)
    with house.inside() as session:
        assert session.get_one(QueuedJob, key).state == "done"
    assert "garage" in seen
