"""The lint of the catalog: silent on what the migrations made, and loud on every fault planted here."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.data.catalog import APP_MAY, violations
from app.data.ddl import RoleNames, secure_tenant_table
from app.tenancy.models import OWN_SETTINGS

ROLES = RoleNames.of("tenantry_test")
GOOD = (
    "CREATE TABLE scratch.good (tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id))",
    *secure_tenant_table("scratch.good", ROLES),
)
BODY = "tenant_id uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (tenant_id, id)"


def secured(*columns, name="scratch.bad", body=BODY):
    return (f"CREATE TABLE {name} ({', '.join([body, *columns])})", *secure_tenant_table(name, ROLES))


SETTING = "current_setting('app.tenant_id', true)"
FAULTS = {
    "row-level security is not enabled": (*secured(), "ALTER TABLE scratch.bad DISABLE ROW LEVEL SECURITY"),
    "row-level security is not forced": (*secured(), "ALTER TABLE scratch.bad NO FORCE ROW LEVEL SECURITY"),
    "the policy “tenant” is missing": (*secured(), "DROP POLICY tenant ON scratch.bad"),
    "the policy “platform” is missing": (*secured(), "DROP POLICY platform ON scratch.bad"),
    "the policy “tenant” is missing or not the canonical one": (
        *secured(),
        "DROP POLICY tenant ON scratch.bad",
        f"CREATE POLICY tenant ON scratch.bad TO {ROLES.app} USING (true) WITH CHECK (true)",
    ),
    "“tenant” is missing or not the canonical": (  # without nullif: fails on the second request of a connection
        *secured(),
        "DROP POLICY tenant ON scratch.bad",
        f"CREATE POLICY tenant ON scratch.bad TO {ROLES.app} USING (tenant_id = (SELECT {SETTING}::uuid))",
    ),
    "the policy “more” is one too many": (*secured(), "CREATE POLICY more ON scratch.bad FOR SELECT USING (true)"),
    "there is no primary key": secured(body="tenant_id uuid NOT NULL, id uuid"),
    "the primary key is (id)": secured(body="tenant_id uuid NOT NULL, id uuid PRIMARY KEY"),
    "the primary key is (tenant_id, other)": secured(
        body="tenant_id uuid, id uuid, other int, PRIMARY KEY (tenant_id, other)"
    ),
    "is unique over all tenants": secured("name text UNIQUE"),
    "bad_lower is unique over all tenants": (
        *secured("name text"),
        "CREATE UNIQUE INDEX bad_lower ON scratch.bad (lower(name), tenant_id)",
    ),
    "does not start with tenant_id on both sides": (
        *GOOD,
        "ALTER TABLE scratch.good ADD UNIQUE (id)",
        *secured("good_id uuid REFERENCES scratch.good (id)"),
        "CREATE INDEX ON scratch.bad (good_id)",
    ),
    "refers to tenant data from a global table": (
        *GOOD,
        "ALTER TABLE tenant_domain ADD good_id uuid",
        "ALTER TABLE tenant_domain ADD FOREIGN KEY (tenant_id, good_id) REFERENCES scratch.good",
    ),
    "has no index": (*GOOD, *secured("good_id uuid, FOREIGN KEY (tenant_id, good_id) REFERENCES scratch.good")),
    "fk_partial has no index": (
        *GOOD,
        *secured("good_id uuid, CONSTRAINT fk_partial FOREIGN KEY (tenant_id, good_id) REFERENCES scratch.good"),
        "CREATE INDEX ON scratch.bad (tenant_id, good_id) WHERE good_id > '00000000-0000-0000-0000-000000000000'",
    ),
    "number counts over all tenants": secured("number serial"),
    "counts over all tenants": secured("number bigint GENERATED ALWAYS AS IDENTITY"),
    "is a virtual generated column": secured("name text, low text GENERATED ALWAYS AS (upper(name)) VIRTUAL"),
    "the view runs with its owner's rights": (*GOOD, "CREATE VIEW scratch.bad AS SELECT * FROM scratch.good"),
    "can read a materialized view": (
        *GOOD,
        "CREATE MATERIALIZED VIEW scratch.bad AS SELECT * FROM scratch.good",
        f"GRANT SELECT ON scratch.bad TO {ROLES.app}",
    ),
    "SECURITY DEFINER steps over the walls": (
        "CREATE FUNCTION scratch.bad() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    ),
    "owns table": (
        *secured(),
        f"GRANT CREATE ON SCHEMA scratch TO {ROLES.app}",
        f"ALTER TABLE scratch.bad OWNER TO {ROLES.app}",
    ),
    "may create objects in the schema scratch": (f"GRANT CREATE ON SCHEMA scratch TO {ROLES.app}",),
    "is a member of": (f"GRANT {ROLES.platform} TO {ROLES.app}",),
    "has rights over the whole server": (f"ALTER ROLE {ROLES.platform} BYPASSRLS",),
    f"{ROLES.app} holds TRUNCATE": (*secured(), f"GRANT TRUNCATE ON scratch.bad TO {ROLES.app}"),
    f"{ROLES.app} holds REFERENCES": (*secured(), f"GRANT REFERENCES ON scratch.bad TO {ROLES.app}"),
    f"{ROLES.app} holds TRIGGER": (*secured(), f"GRANT TRIGGER ON scratch.bad TO {ROLES.app}"),
    "everybody holds SELECT": (*secured(), "GRANT SELECT ON scratch.bad TO PUBLIC"),
    "the app role holds SELECT on a global table": (
        "CREATE TABLE scratch.plans (id uuid PRIMARY KEY)",
        f"GRANT SELECT ON scratch.plans TO {ROLES.app}",
    ),
    "the app role holds SELECT (email) on a global table": (f"GRANT SELECT (email) ON ab_user TO {ROLES.app}",),
    "the app role holds UPDATE (status) on a global table": (f"GRANT UPDATE (status) ON tenant TO {ROLES.app}",),
    "the app role holds UPDATE on a table that may only grow": (f"GRANT UPDATE ON audit_entry TO {ROLES.app}",),
    "the app role holds DELETE on a table that may only grow": (f"GRANT DELETE ON audit_entry TO {ROLES.app}",),
    "public.tenant: the policy “tenant” is missing": ("DROP POLICY tenant ON tenant",),
    "scratch.bad_1: row-level security is not enabled": (
        f"CREATE TABLE scratch.bad ({BODY}) PARTITION BY HASH (tenant_id)",
        *secure_tenant_table("scratch.bad", ROLES),
        "CREATE TABLE scratch.bad_1 PARTITION OF scratch.bad FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def superuser(settings):
    engine = create_engine(settings.database_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def test_what_the_migrations_made_breaks_no_rule(app, superuser):
    found = violations(superuser, ROLES)
    superuser.rollback()
    assert found == []


def test_a_sound_table_breaks_no_rule(superuser):
    superuser.execute(text("CREATE SCHEMA scratch"))
    for statement in GOOD:
        superuser.execute(text(statement))
    found = violations(superuser, ROLES)
    superuser.rollback()
    assert found == []


@pytest.mark.parametrize("complaint", FAULTS)
def test_a_planted_fault_is_found(superuser, complaint):
    if "virtual" in complaint and superuser.dialect.server_version_info < (18,):
        return  # older servers know no virtual columns
    try:
        superuser.execute(text("CREATE SCHEMA scratch"))
        for statement in FAULTS[complaint]:
            superuser.execute(text(statement))
        found = violations(superuser, ROLES)
    finally:
        superuser.rollback()
    assert any(complaint in one for one in found), found


def test_a_tenant_changes_only_its_own_settings():
    """The lint's list and the model's list are written apart, and must agree."""
    named = {f"UPDATE ({column.strip()})" for column in OWN_SETTINGS.split(",")}
    assert APP_MAY["public.tenant"] == {"SELECT", *named}


def test_the_lint_may_be_run_by_the_owner(settings):
    engine = create_engine(settings.role_url("owner"), poolclass=NullPool)
    with engine.connect() as connection:
        assert violations(connection, ROLES) == []
