"""A plugin that was approved for little does not get more: other tenants, roles, plans, what other plugins keep."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

from app.data import Scope, platform_session, scope
from app.data.bulk import TOLD
from app.host import Metric, Needs, Plugin
from app.host.at_work import NotDeclared, working
from app.host.claims import ClaimError, check_manifest
from app.host.contributions import check_metric
from app.host.extending import is_here
from app.host.models import InstalledPlugin
from app.installation.features import tell_tenants
from app.sdk import (
    Contact,
    Member,
    Team,
    TeamMember,
    Tenant,
    by_configuration,
    check_quota,
    enqueue,
    enqueue_batch,
    in_tenant,
    keep_secret,
    new_address,
    note,
    principal,
    publish,
    read_secret,
    release_account,
    route_account,
    tenant_slugs,
)
from app.tenancy import configuration
from app.tenancy.models import MembershipRole
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.orchard.models import Tree
from tests.plugins_for_tests.orchard.plugin import TreePicked, allowed


@pytest.fixture
def tenant(house):
    return house.new_tenant()


@pytest.fixture
def session(house, tenant):
    with house.inside(tenant) as session:
        yield session


# --- other tenants ---------------------------------------------------------------------------------------------------


def test_a_job_chooses_no_tenant(app, house):
    """It runs outside any request, as commands do, and inside a tenant, as they do not."""
    with app.app_context():
        with scope(Scope(house.acme.id, via="job")), working("garage"):
            with pytest.raises(RuntimeError, match="for commands"):
                tenant_slugs()
            with pytest.raises(RuntimeError, match="for commands"), in_tenant("globex"):
                pass
        with working("garage"), in_tenant("globex") as found:
            assert found.slug == "globex"


CHOOSES = (
    "SELECT set_config('app.tenant_id', '{other}', true)",
    "SELECT 1, pg_catalog . set_config('app.tenant' || '_id', '{other}', true)",
    "SET LOCAL app.tenant_id = '{other}'",
    "set session app.tenant_id to '{other}'",
    "/* now */ SET ROLE postgres",
    "RESET ALL",
    "DO $$ BEGIN PERFORM 1; END $$",
    "PREPARE p AS SELECT 1",
    "SELECT query_to_xml('SELECT 1', true, false, '')",
)


@pytest.mark.parametrize("statement", CHOOSES)
def test_a_statement_chooses_no_tenant(house, session, statement):
    words = text(statement.format(other=house.globex.id))
    with working("garage"), pytest.raises(NotDeclared, match="may not choose"):
        session.execute(words)
    with working("garage"):
        harmless = text("UPDATE garage.vehicle SET plate = 'set_config(1)' WHERE plate = 'reset'")
        session.execute(harmless, execution_options=TOLD)


# --- tables, however they are spelt ----------------------------------------------------------------------------------

SPELT = (
    "SELECT * FROM orchard . tree",
    "SELECT * FROM orchard/**/.tree",
    "SELECT args FROM (job CROSS JOIN job_schedule)",
    "TABLE job",
    "SELECT * FROM/**/job",
    "SELECT E'\\'' FROM job --'",
    "SELECT $$'$$ FROM job --'",
    "SELECT 1 FROM\n--x\njob",
    'SELECT * FROM U&"j\\006Fb"',
    "SELECT 1 FROM note, LATERAL (SELECT 1) x, job",
    "SELECT 1 FROM note x (a, b), job",
    "SELECT 1 FROM (SELECT 1) q, job",
    "SELECT 1 FROM note TABLESAMPLE system (1), job",
    "SELECT count(*) FROM unnest(ARRAY[1, 2]) u, job",
    "SELECT 1 FROM ONLY (job)",
    "SELECT 1 FROM note JOIN tag ON true, job",
    "SELECT 1 FROM note WHERE id IN (SELECT 1 FROM tag, job)",
    "COPY job TO STDOUT",
)


@pytest.mark.parametrize("statement", SPELT)
def test_however_it_is_spelt(session, statement):
    with working("garage"), pytest.raises(NotDeclared, match="may not"):
        session.execute(text(statement))


def test_what_only_looks_like_a_table(session):
    for statement in (
        "SELECT 'FROM job', $$ FROM job $$ FROM garage.vehicle -- FROM job",
        "SELECT v.plate, job.a FROM garage.vehicle v, (SELECT 1 AS a) job ORDER BY v.plate, job.a",
        "SELECT 1 FROM garage.vehicle v, unnest(ARRAY[1, 2]) AS u(job) WHERE v.plate IN ('a', 'b') LIMIT 1",
        "SELECT extract(year FROM v.created_at), substring(v.plate FROM 1) FROM garage.vehicle AS v",
    ):
        with working("garage"):
            session.execute(text(statement)).all()


# --- roles -----------------------------------------------------------------------------------------------------------

INSERTED = """INSERT INTO membership_role (tenant_id, membership_id, role)
    SELECT tenant_id, id, 'owner' FROM membership WHERE NOT is_owner"""


def give_a_role(session):
    role = session.scalars(select(MembershipRole).where(MembershipRole.role == "viewer")).one()
    role.role = "owner"


def let_a_team_give_one(session):
    team = Team(name="Friends")
    team.gives_role = "admin"
    session.add(team)


def rename_a_member(session):
    session.scalars(select(Member)).first().is_owner = True


RAISES = {
    "as text": lambda session: session.execute(text(INSERTED), execution_options=TOLD),
    "as text with another order": lambda session: session.execute(
        text("WITH m AS (SELECT id FROM membership) UPDATE membership_role AS r SET role = 'owner' FROM m"),
        execution_options=TOLD,
    ),
    "taken away": lambda session: session.execute(text("DELETE FROM ONLY team_member"), execution_options=TOLD),
    "a row": lambda session: session.add(MembershipRole(role="owner")),
    "a row that is changed": give_a_role,
    "a team": let_a_team_give_one,
    "joining a team": lambda session: session.add(TeamMember()),
    "a member": rename_a_member,
    "the tenant": lambda session: setattr(session.scalars(select(Tenant)).one(), "name", "Mine"),
}


@pytest.mark.parametrize("how", RAISES)
def test_nobody_is_made_an_admin(session, how):
    with working("garage"), pytest.raises(NotDeclared, match=r"may read “.*”, and not change it"):
        RAISES[how](session)
    session.rollback()
    RAISES[how](session)  # the core may


# --- what is remembered, kept and done for others --------------------------------------------------------------------


def test_what_is_remembered_is_ones_own(house, tenant):
    """The gate's decisions, plans and settings are remembered under names that a plugin could use as well."""
    person = house.people[tenant.slug, "owner"]
    with asking(house, person, tenant) as session:
        assert principal().tenant.id == tenant.id
        configuration.by_configuration(session(), principal(), "plans", lambda _session: "the core's")
        with working("garage"):
            assert by_configuration(session(), principal(), "plans", lambda _session: "mine") == "mine"
            assert by_configuration(session(), principal(), "other", lambda _session: "mine") == "mine"
        with working("orchard"):
            assert by_configuration(session(), principal(), "plans", lambda _session: "ours") == "ours"
        assert configuration.by_configuration(session(), principal(), "other", lambda _session: "true") == "true"


@contextmanager
def asking(house, account, tenant):
    from app.identity.acting import find_acting
    from app.identity.principal import acting_as

    with house.inside(tenant) as session, acting_as(find_acting(account.uid, tenant.id).principal):
        yield session


ANOTHERS = {
    "a job": lambda: enqueue("orchard.water"),
    "a job of the core's": lambda: enqueue("contacts.forget", "x"),
    "many jobs": lambda: enqueue_batch("orchard.water", [1]),
    "a line in the audit log": lambda: note("console.plugin_purged"),
    "an event": lambda: publish(TreePicked("0" * 32)),
    "messages": lambda: route_account("orchard.parcels", "acct_1"),
    "no messages": lambda: release_account("orchard.parcels", "acct_1"),
    "an address": lambda: new_address("orchard.parcels"),
}


@pytest.mark.parametrize("what", ANOTHERS)
def test_what_bears_the_name_of_another(session, what):
    with working("garage"), pytest.raises(NotDeclared, match="is not its own"):
        ANOTHERS[what]()


def test_a_secret_opens_for_its_plugin_alone(app, session):
    """Records may be declared; what is sealed in them is nobody else's."""
    tree = Tree(name="Fig")
    session.add(tree)
    session.flush()
    with working("garage"):
        for touch in (lambda: keep_secret(tree, "name", "hush"), lambda: read_secret(tree, "name")):
            with pytest.raises(NotDeclared, match="it is orchard's alone"):
                touch()
    with working("orchard"):
        keep_secret(tree, "name", "hush")
        assert read_secret(tree, "name") == "hush"


# --- the operator's yes ----------------------------------------------------------------------------------------------


def test_hooks_are_not_asked_before_the_yes(house, tenant, not_accepted):
    """Nor are rules for records of others asked, or fields shown, that a version which asks for more brings."""
    with house.inside(tenant):
        assert not is_here("garage")
        assert is_here("orchard")


def test_hooks_of_what_is_stopped_are_not_asked(app, house, tenant):
    def stop(words):
        with app.app_context(), platform_session("a test stops a plugin") as session:
            session.get_one(InstalledPlugin, "orchard").stopped = words
            tell_tenants(session)

    stop("Its migration failed.")
    try:
        with house.inside(tenant):
            assert not is_here("orchard")
    finally:
        stop(None)
    with house.inside(tenant):
        assert is_here("orchard")


@pytest.mark.parametrize("needs", [Needs(records="crm.lead"), Needs(hosts="a.example.com"), Needs(records=("CRM",)),
                                   Needs(records=("x" * 300,))])  # fmt: skip
def test_what_is_asked_for_can_be_read(needs):
    """A text instead of a tuple would be read as letters, and match whatever is part of it."""
    with pytest.raises(ClaimError, match=r"needs=Needs\((records|hosts)=|no host name"):
        check_manifest("x", "x.plugin", Plugin("x", "X", needs=needs), set())


# --- plans -----------------------------------------------------------------------------------------------------------


def test_nobody_counts_the_records_of_another(app):
    """Who counts them decides which limit is asked: the limit of their own plugin would be asked no more."""
    with pytest.raises(ClaimError, match="counts records of its own"):
        check_metric(Plugin("x", "X"), Metric("contacts", "Contacts", of=Contact), {})
    check_metric(Plugin("garage", "Garage"), Metric("vehicles", "Vehicles", of=Vehicle), {})


def test_nobody_takes_less_than_nothing(session):
    with pytest.raises(ValueError, match="less than nothing"):
        check_quota("orchard.trees", -5)


def test_what_comes_out_of_the_trash_needs_room(house, tenant, monkeypatch):
    """Or the trash would be a way past the plan: throw away, add, bring back."""
    monkeypatch.setitem(allowed, "contacts.contacts", 100)
    api = house.api("owner", tenant)
    first = api.post("/contacts/contact", {"first_name": "Ann"}).json["id"]
    with house.inside(tenant) as session:
        monkeypatch.setitem(allowed, "contacts.contacts", session.query(Contact).count())
    assert api.delete(f"/contacts/contact/{first}").status_code in (200, 204)
    assert api.post("/contacts/contact", {"first_name": "Ben"}).status_code == 201
    page = house.browser("owner", tenant).send(f"/contacts/contact/trash/{first}/restore", follow_redirects=True)
    assert "has room for" in page.text
    with house.inside(tenant) as session:
        assert session.get(Contact, first).deleted_at is not None
