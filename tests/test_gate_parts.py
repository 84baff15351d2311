"""The gate before what is no record: handlers, webhooks in, schedules, timelines, reports. The first “no” wins, and
“Why not?” names it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app.audit.models import AuditEntry
from app.data import Scope, platform_session, scope, utcnow
from app.features.gate import is_open
from app.features.models import UserCapability
from app.host.lifecycle import switch
from app.identity.acting import find_acting
from app.installation.features import forget_flag, set_flag, switch_feature
from app.jobs.models import JobSchedule, QueuedJob
from app.jobs.scheduler import sync, tick
from app.tenancy.models import Membership, Tenant
from app.testing.pumping import pump
from app.webhooks import release_account, route_account
from app.webhooks.models import ReceivedWebhook
from tests.plugins_for_tests.depot.models import Heard
from tests.plugins_for_tests.orchard.models import Harvest, Tree
from tests.test_webhooks_in import pay


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def tree(house, tenant):
    [key] = house.add(Tree(name="Apple"), tenant=tenant)
    house.add(Harvest(tree_id=key, crates=3), tenant=tenant)
    return key


def turn(house, tenant, feature, is_on):
    """A switch of the tenant's admins, or a flag of the operator."""
    kind = house.app.extensions["tenantry"].features[feature].kind
    if kind == "switch":
        with house.inside(tenant) as session:
            switch_feature(feature, is_on)
            session.commit()
    else:
        with house.app.app_context():
            set_flag(feature, tenant.id, is_on, "a test")


def member(house, tenant, role):
    with house.inside(tenant) as session:
        uid = house.people[tenant.slug, role].uid
        return session.scalars(select(Membership.id).where(Membership.account_uid == uid)).one()


def take_capability(house, tenant, role, feature):
    house.add(
        UserCapability(membership_id=member(house, tenant, role), feature_key=feature, enabled=False), tenant=tenant
    )


def rename(house, tenant, name):
    """Whoever knows plans goes by the tenant's name."""
    with house.app.app_context(), platform_session("a test changes a plan") as session:
        row = session.get_one(Tenant, tenant.id)
        row.name, row.config_version = name, row.config_version + 1


def why(house, tenant, name, verb="run", role="owner"):
    query = {"member": str(member(house, tenant, role)), "resource": name, "verb": verb}
    answer = house.api("owner", tenant).get("/console/why", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def gate_of(house, tenant, name, verb, role="owner"):
    with house.app.app_context(), scope(Scope(tenant.id, via="system")):
        person = find_acting(house.people[tenant.slug, role].uid, tenant.id).principal
        return is_open(name, person.tenant, person, verb=verb).gate


def test_a_handler_runs_while_its_features_are_on(app, house, tenant, tree):
    def counted():
        pump(app)
        with house.inside(tenant) as session:
            told = session.scalars(select(AuditEntry.body).where(AuditEntry.action == "orchard.counted"))
            return [json.loads(one)["details"]["tree"] for one in told]

    def pick():
        assert house.api("owner", tenant).post(f"/orchard/tree/{tree}/actions/pick", {}).status_code == 200

    for feature, gate in (("orchard.counting", "switch"), ("orchard.trial", "flag")):
        turn(house, tenant, feature, False)
        pick()
        assert counted() == []
        assert why(house, tenant, "orchard.count_picked")["refused_by"] == gate
        turn(house, tenant, feature, True)
    pick()
    assert counted() == [str(tree)]


def test_a_message_that_comes_in_waits_for_its_feature(app, house, tenant):
    account = f"cash-{tenant.slug}"
    with house.inside(tenant):
        route_account("depot.payments", account)
    turn(house, tenant, "depot.cash", False)
    try:
        assert pay(app.test_client(), {"id": account, "account": account}).status_code in (200, 202, 204)
        pump(app)
        with house.inside(tenant) as session:
            row = session.scalars(select(ReceivedWebhook)).one()
            assert (row.state, "“Cash” is not open" in row.last_error) == ("dead", True)
            assert session.scalars(select(Heard)).all() == []
            key = row.id
        said = why(house, tenant, "depot.payments")
        assert (said["refused_by"], said["checks"][-1]["who_can_change_it"]) == (
            "flag",
            "The operator of the platform.",
        )
        turn(house, tenant, "depot.cash", True)
        assert house.api("owner", tenant).post(f"/webhooks/received/{key}/actions/replay", {}).status_code == 200
        pump(app)
        with house.inside(tenant) as session:
            assert session.scalars(select(Heard)).all(), "nothing was lost"
    finally:
        with house.inside(tenant):
            release_account("depot.payments", account)


def test_a_schedule_is_not_due_while_its_feature_is_off(app, house, tenant):
    def jobs():
        with house.inside(tenant) as session:
            return len(session.scalars(select(QueuedJob.id).where(QueuedJob.schedule == "orchard.mornings")).all())

    now = utcnow()
    sync(app, now)
    with app.app_context(), platform_session("one round takes a hundred schedules: these are of one tenant") as session:
        session.execute(delete(JobSchedule).where(JobSchedule.tenant_id != tenant.id))
    turn(house, tenant, "orchard.counting", False)
    tick(app, now + timedelta(days=1, minutes=1))
    assert jobs() == 0
    assert why(house, tenant, "orchard.water")["refused_by"] == "switch"
    turn(house, tenant, "orchard.counting", True)
    tick(app, now + timedelta(days=2, minutes=2))
    assert jobs() == 1


def test_a_timeline_is_a_capability(house, tenant, tree):
    take_capability(house, tenant, "manager", "orchard.telling")
    address = f"/orchard/tree/{tree}/timeline"
    assert "3 crates" in house.browser("owner", tenant).go(address).text
    page = house.browser("manager", tenant).go(address)
    assert page.status_code == 200
    assert "3 crates" not in page.text
    said = why(house, tenant, "orchard.harvests", "read", "manager")
    assert said["refused_by"] == "capability"
    assert "“Telling” is given member by member" in said["checks"][-1]["reason"]
    assert why(house, tenant, "orchard.harvests", "read")["allowed"]


REPORT = ("/reports/ready/orchard.crates", "/reports/data/orchard.picked")


def test_reports_and_their_data_close_with_their_features(house, tenant, tree):
    owner, api = house.browser("owner", tenant), house.api("owner", tenant)

    def statuses():
        pages = [owner.go(path).status_code for path in REPORT]
        return [*pages, api.get("/reports/run?source=orchard.picked&measure=crates").status_code]

    assert statuses() == [303, 200, 200]
    assert "/reports/ready/orchard.crates" in owner.go("/reports/all/").text
    turn(house, tenant, "orchard.trial", False)
    assert statuses() == [404, 404, 422], "as a source that is not there"
    assert "/reports/ready/orchard.crates" not in owner.go("/reports/all/").text
    assert owner.go("/reports/data/orchard.picked/file?format=csv").status_code == 404
    turn(house, tenant, "orchard.trial", True)
    turn(house, tenant, "orchard.counting", False)
    assert statuses() == [404, 200, 200], "the ready report alone"


@pytest.mark.parametrize(("name", "verb"), [("orchard.count_picked", "run"), ("orchard.crates", "read")])
def test_the_first_no_wins(house, tenant, name, verb):
    """Every “no” at once; each that is taken away leaves the next one, on every way of asking."""

    def gate():
        said = why(house, tenant, name, verb)
        assert said["refused_by"] == (gate_of(house, tenant, name, verb) or None)
        assert said["allowed"] == (said["refused_by"] is None)
        return said["refused_by"]

    take_capability(house, tenant, "owner", "orchard.telling")
    with house.inside(tenant) as session:
        switch(tenant, "orchard", "read_only")
        session.commit()
    turn(house, tenant, "orchard.trial", False)
    turn(house, tenant, "orchard.counting", False)
    rename(house, tenant, "Bare")
    with house.inside(tenant) as session:
        switch(tenant, "orchard", "off")
        session.commit()
    assert gate() == "plugin"
    rename(house, tenant, "Rich")  # switching on asks whoever knows plans
    with house.inside(tenant) as session:
        switch(session.get_one(Tenant, tenant.id), "orchard", "read_only")
        session.commit()
    rename(house, tenant, "Bare")
    assert gate() == "entitled"
    rename(house, tenant, "Rich")
    assert gate() == "switch"
    turn(house, tenant, "orchard.counting", True)
    assert gate() == "flag"
    turn(house, tenant, "orchard.trial", True)
    left = {"orchard.count_picked": "read-only", "orchard.crates": "capability"}
    assert gate() == left[name]


def test_the_page_offers_what_features_cover(house, tenant):
    owner = house.browser("owner", tenant)
    page = owner.go("/console/why/").text
    assert 'value="orchard.crates"' in page
    assert 'value="orchard.count_picked"' in page
    assert 'value="garage.nothing"' not in page, "no feature closes it by itself"
    turn(house, tenant, "orchard.trial", False)
    key = member(house, tenant, "owner")
    answer = owner.go(f"/console/why/?member={key}&resource=orchard.crates&verb=read").text
    assert "“Trial” is not open" in answer
    with house.app.app_context():
        forget_flag("orchard.trial", tenant.id)
