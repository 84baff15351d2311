"""What a plugin did not declare it does not reach: settings, records it extends, tables in statements of any kind."""

from __future__ import annotations

import pytest
from sqlalchemy import exists, insert, select, text, true

from app.audit.models import AuditEntry
from app.contacts.models import Contact
from app.data import Scope, current_tenant_id, scope
from app.data.bulk import TOLD
from app.data.reading import rows
from app.data.session import EXPLICIT
from app.host import Extension, Needs, Plugin
from app.host.at_work import NotDeclared, working
from app.host.borders import OPEN, given
from app.host.claims import ClaimError, check_extension
from app.host.models import PluginSetting
from app.identity.models import ApiToken
from app.sdk import Member, Payment, Team, enqueue, reach, setting
from app.testing.counting import count_statements
from tests.pace import slowness
from tests.plugins_for_tests.garage.models import Vehicle
from tests.plugins_for_tests.market.plugin import Stall
from tests.plugins_for_tests.orchard.models import Tree


@pytest.fixture
def session(house):
    with house.inside(house.new_tenant()) as session:
        yield session


@pytest.fixture
def needs(app):
    """Gives the garage other needs for a while."""
    manifest = app.extensions["tenantry"].plugin("garage")
    before = manifest.needs
    yield lambda **more: object.__setattr__(manifest, "needs", Needs(secrets=True, **more))
    object.__setattr__(manifest, "needs", before)


def test_a_setting_is_its_plugins_alone(session):
    assert setting("garage.api_key") is None
    with working("garage"):
        assert setting("garage.api_key") is None
    for name in ("garage.api_key", "garage.greeting", "garage.nothing"):
        with working("market"), pytest.raises(NotDeclared, match="may not read the setting"):
            setting(name)


def test_what_extends_others_says_so():
    extension = Extension("crm.lead")
    with pytest.raises(ClaimError, match=r'needs=Needs\(records=\("crm.lead",\)\)'):
        check_extension(Plugin("x", "X"), extension.resource, {"contacts"})
    for manifest in (
        Plugin("x", "X", requires=("crm",)),
        Plugin("x", "X", needs=Needs(records=("crm",))),
        Plugin("x", "X", needs=Needs(records=("crm.lead",))),
    ):
        check_extension(manifest, extension.resource, {"contacts"})
    check_extension(Plugin("x", "X"), "contacts.contact", {"contacts"})


ANOTHERS = {
    "records": lambda session: session.scalars(select(Tree)).all(),
    "columns": lambda session: session.execute(select(Tree.name)).all(),
    "columns read fast": lambda session: rows(session, select(Tree.name)),
    "a query": lambda session: session.query(Tree).count(),
    "a subquery": lambda session: session.scalars(
        select(Vehicle).where(Vehicle.id.in_(select(Stall.tree).where(Stall.tree == Tree.id)))
    ).all(),
    "beside another": lambda session: session.execute(select(Vehicle.id, Tree.id).join(Tree, true())).all(),
    "by its key": lambda session: session.get(Tree, Vehicle(plate="x").id or "0" * 32),
    "text": lambda session: session.execute(text("SELECT count(*) FROM orchard.tree")).all(),
    "quoted text": lambda session: session.execute(text('SELECT 1 FROM "orchard" . "tree"'.replace(" . ", "."))).all(),
    "the connection": lambda session: session.connection().exec_driver_sql("SELECT 1 FROM orchard.tree").all(),
    "Core": lambda session: session.execute(
        insert(Tree.__table__).values(name="x", tenant_id=current_tenant_id()),
        execution_options={EXPLICIT: True} | TOLD,
    ),
    "a row": lambda session: session.add(Tree(name="Fig")),
}


@pytest.mark.parametrize("how", ANOTHERS)
def test_tables_of_others_are_declared(session, needs, how):
    with working("garage"), pytest.raises(NotDeclared, match=r"may not touch (orchard|market)\."):
        ANOTHERS[how](session)
    with count_statements() as seen:
        session.scalars(select(Vehicle)).all()
    assert len(seen) == 1, "the transaction is as it was"
    needs(records=("orchard.tree", "market"))
    with working("garage"), session.no_autoflush:
        ANOTHERS[how](session)


CLOSED = {
    "settings": lambda session: session.scalars(select(PluginSetting)).all(),
    "settings as text": lambda session: session.execute(text("SELECT sealed FROM public.plugin_setting")).all(),
    "tokens": lambda session: session.scalars(select(ApiToken)).all(),
    "accounts": lambda session: session.execute(text("select u.password from tenant as t, ab_user u")).all(),
    "the audit log": lambda session: session.scalars(select(AuditEntry)).all(),
    "a line in the audit log": lambda session: session.add(AuditEntry(action="x")),
}


@pytest.mark.parametrize("what", CLOSED)
def test_what_is_the_cores_own_is_closed(session, needs, what):
    needs(records=("public", "core", "audit"))
    with working("garage"), pytest.raises(NotDeclared, match="the core's own"):
        CLOSED[what](session)


def test_what_is_shared_is_open(session):
    with working("garage"):
        for model in (Contact, Member, Team, Payment, Vehicle):
            session.scalars(select(model)).all()
            session.execute(text(f"SELECT 'orchard.tree' FROM {model.__table__.fullname}")).all()
        session.add(Contact(first_name="Ann", full_name="Ann"))
        session.flush()
        assert reach(Vehicle).may("read") in (True, False)


def test_what_the_core_does_for_a_plugin_goes_on(session):
    """What a flush writes for others, the audit log and the search index of a row, the job of an event."""
    session.add(Tree(name="Fig"))
    with working("garage"):
        session.add(Vehicle(plate="A 1"))
        session.flush()  # the tree with it, which the core put there
        enqueue("garage.nothing")
        notice = session.scalars(select(Vehicle.plate)).all()
    assert notice == ["A 1"]
    assert session.scalar(select(Tree.name)) == "Fig"


def test_conditions_that_the_core_gives_may_look_anywhere(session):
    rule = exists(select(Tree.id).where(Tree.name != Vehicle.plate))
    with working("garage"):
        for conditions in (given([rule]), [rule]):
            for ask in (
                lambda: session.scalars(select(Vehicle).where(*conditions)).all(),  # noqa: B023
                lambda: rows(session, select(Vehicle.plate).where(*conditions)),  # noqa: B023
            ):
                assert list(ask()) == []
        with pytest.raises(NotDeclared):
            session.scalars(select(Vehicle).where(*given([rule]), Vehicle.id.in_(select(Stall.tree)))).all()
        with pytest.raises(NotDeclared):
            session.scalars(select(Vehicle).where(*given([rule]), text("EXISTS (SELECT FROM market.stall)"))).all()


def test_open_tables_exist():
    from app.data.base import metadata

    assert set(metadata.tables) >= OPEN


def test_it_costs_next_to_nothing(session):
    """While a plugin is at work, a statement that was seen before costs a look into a dictionary."""
    from time import perf_counter

    from app.host.borders import _check_statement

    statement = "SELECT garage.vehicle.id FROM garage.vehicle JOIN contact ON true WHERE garage.vehicle.plate = %(p)s"

    def cost(name):
        with working(name):
            began = perf_counter()
            for _time in range(2_000):
                _check_statement(None, None, statement, {}, None, False)
            return (perf_counter() - began) / 2_000

    cost("garage")
    assert min(cost("garage") for _time in range(5)) < 20e-6 * slowness()
    assert min(cost("") for _time in range(5)) < 5e-6 * slowness()


def test_another_tenants_scope_changes_nothing(app, house):
    with app.app_context(), scope(Scope(house.acme.id, via="system")):
        from app.data import db

        with working("garage"), pytest.raises(NotDeclared):
            db.session.scalars(select(Tree)).all()
