"""Two walls, each tested alone: row-level security without the ORM, the ORM without row-level security."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, exists, func, insert, select, text, union_all, update
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.contacts.models import Company, Contact, ContactChannel
from app.data import MissingTenant, Scope, TenantMismatch, db, platform_session, scope, uuid7
from app.data.bulk import TOLD

CROSSING = text("UPDATE contact SET company_id = :c WHERE id = :p")


def contact(name, **more):
    return Contact(full_name=name, first_name=name, **more)


@pytest.fixture(scope="module")
def pair(house):
    """One company with one contact in each of two fresh tenants; ids by tenant."""
    made = {}
    for letter in "ab":
        tenant = house.new_tenant()
        company, person = Company(name=f"Company {letter}"), contact(f"Person {letter}")
        person.company_id = company.id
        person.channels.append(
            ContactChannel(kind="email", value=f"{letter}@x.example", value_normalised=f"{letter}@x.example")
        )
        house.add(company, person, tenant=tenant)
        made[letter] = tenant, company.id, person.id
    return made


@pytest.fixture
def without_rls(app):
    """Wall one switched off: the ORM must hold alone."""
    tables = ("contact", "company", "contact_channel")
    with app.app_context():
        owner = db.engines[None].url.set(
            username="tenantry_test_owner", password=app.config["TENANTRY"].derived_key("owner")
        )
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        engine = create_engine(owner, poolclass=NullPool)
        with engine.begin() as connection:
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
        with db.engines[None].connect() as raw:
            assert raw.execute(text("SELECT count(DISTINCT tenant_id) FROM contact")).scalar() > 1, (
                "the wall still stands"
            )
    yield
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))


def reads(session):
    """Every shape of reading statement; each must see one tenant's single person."""
    other = aliased(Contact)
    inner = select(Contact.id).subquery()
    return {
        "select": session.scalars(select(Contact.full_name)).all(),
        "entities": [row.full_name for row in session.scalars(select(Contact))],
        "count": ["x"] * session.scalar(select(func.count()).select_from(Contact)),
        "count of a subquery": ["x"] * session.scalar(select(func.count()).select_from(select(Contact.id).subquery())),
        "exists": session.scalars(select(Company.name).where(exists().where(Contact.company_id == Company.id))).all(),
        "alias": session.scalars(select(other.full_name)).all(),
        "join": session.execute(select(Contact.full_name).join(Contact.company)).scalars().all(),
        "in": session.scalars(select(Contact.full_name).where(Contact.id.in_(select(inner.c.id)))).all(),
        "cross join": session.execute(
            select(Contact.full_name, Company.name).where(Company.id == Contact.company_id)
        ).all(),
        "joinedload": [c.company.name for c in session.scalars(select(Contact).options(joinedload(Contact.company)))],
        "selectinload": [
            c.channels[0].value for c in session.scalars(select(Contact).options(selectinload(Contact.channels)))
        ],
        "union": session.execute(union_all(select(Contact.full_name), select(Contact.full_name))).all()[:1]
        if len(session.execute(union_all(select(Contact.full_name), select(Contact.full_name))).all()) == 2
        else ["leak", "leak"],
        "scalar subquery": session.scalars(
            select(select(func.count()).select_from(Contact).scalar_subquery()).select_from(Company)
        ).all(),
    }


def check_reads(house, pair, letter):
    tenant = pair[letter][0]
    with house.inside(tenant) as session:
        for name, rows in reads(session).items():
            assert len(rows) == 1, f"{name}: {rows}"
        assert session.scalars(select(Contact.full_name)).one() == f"Person {letter}"


def check_foreign_rows_out_of_reach(house, pair):
    """From inside a, nothing of b can be fetched, changed or deleted, nor a row be written for b."""
    (tenant_a, _ca, _person_a), (tenant_b, company_b, person_b) = pair["a"], pair["b"]
    with house.inside(tenant_a) as session:
        assert session.get(Contact, person_b) is None
        assert session.execute(update(Contact).where(Contact.id == person_b).values(position="x")).rowcount == 0
        assert session.execute(update(Contact).values(position="y")).rowcount == 1
        assert session.execute(delete(ContactChannel).where(ContactChannel.contact_id == person_b)).rowcount == 0
        assert session.execute(delete(Company).where(Company.id == company_b)).rowcount == 0
        session.rollback()
    with house.inside(tenant_b) as session:
        assert session.get(Contact, person_b).position is None


def test_both_walls_together(house, pair):
    check_reads(house, pair, "a")
    check_reads(house, pair, "b")
    check_foreign_rows_out_of_reach(house, pair)


def test_orm_wall_holds_without_row_level_security(house, pair, without_rls):
    check_reads(house, pair, "a")
    check_reads(house, pair, "b")
    check_foreign_rows_out_of_reach(house, pair)


def test_row_level_security_holds_without_the_orm(house, app, pair):
    (tenant_a, _company, _person), (_tenant_b, _cb, person_b) = pair["a"], pair["b"]
    with app.app_context(), db.engines[None].connect() as raw:
        assert raw.execute(text("SELECT count(*) FROM contact")).scalar() == 0
        raw.rollback()
        raw.execute(text("SELECT set_config('app.tenant_id', :t, true)"), {"t": str(tenant_a.id)})
        assert raw.execute(text("SELECT full_name FROM contact")).scalars().all() == ["Person a"]
        assert raw.execute(text("UPDATE contact SET position = 'x' WHERE id = :i"), {"i": person_b}).rowcount == 0
        raw.rollback()
        assert raw.execute(text("SELECT count(*) FROM contact")).scalar() == 0, "nothing survives the transaction"


@pytest.mark.parametrize("statement", ["INSERT", "UPDATE"])
def test_row_level_security_refuses_to_write_for_another_tenant(house, app, pair, statement):
    from sqlalchemy.exc import ProgrammingError

    tenant_a, tenant_b = pair["a"][0], pair["b"][0]
    commands = {
        "INSERT": "INSERT INTO company (tenant_id, name) VALUES (:b, 'x')",
        "UPDATE": "UPDATE company SET tenant_id = :b",
    }
    with app.app_context(), db.engines[None].connect() as raw:
        raw.execute(text("SELECT set_config('app.tenant_id', :t, true)"), {"t": str(tenant_a.id)})
        with pytest.raises(ProgrammingError, match="row-level security"):
            raw.execute(text(commands[statement]), {"b": tenant_b.id})


def test_no_tenant_raises_for_every_kind_of_statement(app):
    statements = [
        select(Contact),
        select(func.count()).select_from(Contact),
        select(Contact.__table__),
        select(Company.id).where(exists().where(Contact.company_id == Company.id)),
        update(Contact).values(position="x"),
        delete(Contact),
        insert(Contact).values(full_name="x"),
        select(select(Contact.id).subquery().c.id),
    ]
    with app.app_context():
        for statement in statements:
            with pytest.raises(MissingTenant):
                db.session.execute(statement)
            db.session.rollback()
        with pytest.raises(MissingTenant):
            db.session.get(Contact, uuid7())
        db.session.add(contact("nobody's"))
        with pytest.raises(MissingTenant):
            db.session.flush()
        db.session.rollback()


def test_a_row_of_another_tenant_cannot_be_written_through_the_orm(house, pair):
    tenant_a, tenant_b = pair["a"][0], pair["b"][0]
    with house.inside(tenant_a) as session:
        session.add(Company(name="smuggled", tenant_id=tenant_b.id))
        with pytest.raises(TenantMismatch):
            session.flush()
        session.rollback()
        with pytest.raises(TenantMismatch):
            session.execute(insert(Company), [{"name": "smuggled", "tenant_id": tenant_b.id}])


def test_one_session_serves_one_tenant(house, app, pair):
    from app.data.scope import enter_scope, leave_scope

    tenant_a, tenant_b = pair["a"][0], pair["b"][0]
    with app.app_context(), scope(Scope(tenant_a.id)):
        db.session.scalars(select(Contact)).all()
        token = enter_scope(Scope(tenant_b.id))
        with pytest.raises(TenantMismatch):
            db.session.scalars(select(Contact)).all()
        leave_scope(token)


def test_the_database_refuses_a_cross_tenant_reference(house, app, pair):
    """Law 2: even the platform role, which sees both tenants, cannot tie a contact to another tenant's company."""
    from sqlalchemy.exc import IntegrityError

    (_ta, _ca, person_a), (_tb, company_b, _pb) = pair["a"], pair["b"]
    with app.app_context(), pytest.raises(IntegrityError, match="foreign key"), platform_session("test") as session:
        session.execute(CROSSING, {"c": company_b, "p": person_a}, execution_options=TOLD)


def test_core_statements_must_name_the_tenant(house):
    with house.inside() as session, pytest.raises(MissingTenant, match="EXPLICIT"):
        session.execute(select(Contact.__table__.c.id))
