"""One helper makes table, policies, grants and indexes together, so that no tenant table exists without its wall."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Table

TENANT_IS_CURRENT = "(SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"
"""The canonical expression of every policy: a sub-select runs once a statement, nullif survives pooled connections."""


@dataclass(frozen=True, slots=True)
class RoleNames:
    """The three database roles of one installation."""

    owner: str
    app: str
    platform: str

    @classmethod
    def of(cls, prefix: str) -> RoleNames:
        return cls(f"{prefix}_owner", f"{prefix}_app", f"{prefix}_platform")


def is_tenant_table(table: Table) -> bool:
    """Tenant tables have `tenant_id` in their primary key."""
    return "tenant_id" in table.primary_key.columns


def secure_tenant_table(table: str, roles: RoleNames, column: str = "tenant_id") -> Iterator[str]:
    """Row-level security for a table (quoted name): the app sees one tenant, the platform all, nobody else anything."""
    check = f"{column} = {TENANT_IS_CURRENT}"
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY tenant ON {table} TO {roles.app} USING ({check}) WITH CHECK ({check})"
    yield f"CREATE POLICY platform ON {table} TO {roles.platform} USING (true) WITH CHECK (true)"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.app}, {roles.platform}"


def make_append_only(table: str, roles: RoleNames, erasable: str) -> Iterator[str]:
    """Rows of a tenant table that its people may add and never touch again. The platform may remove rows (retention)
    and empty the columns `erasable`, which hold personal data."""
    yield f"REVOKE UPDATE, DELETE ON {table} FROM {roles.app}"
    yield f"REVOKE UPDATE ON {table} FROM {roles.platform}"
    yield f"GRANT UPDATE ({erasable}) ON {table} TO {roles.platform}"


def secure_directory_table(table: str, roles: RoleNames, column: str, updatable: str = "") -> Iterator[str]:
    """A global table of which a tenant may read its own row, and change the columns named: the tenant directory."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    check = f"{column} = {TENANT_IS_CURRENT}"
    yield f"CREATE POLICY tenant ON {table} TO {roles.app} USING ({check}) WITH CHECK ({check})"
    yield f"CREATE POLICY platform ON {table} TO {roles.platform} USING (true) WITH CHECK (true)"
    yield f"GRANT SELECT ON {table} TO {roles.app}"
    if updatable:
        yield f"GRANT UPDATE ({updatable}) ON {table} TO {roles.app}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.platform}"


def secure_global_table(table: str, roles: RoleNames) -> Iterator[str]:
    """A global table: the platform role alone reaches it, and the counters of Flask-AppBuilder's integer keys."""
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.platform}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles.platform}"


def create_schema(schema: str, roles: RoleNames) -> Iterator[str]:
    """A plugin's schema, owned by the migration role, usable by the other two."""
    yield f'CREATE SCHEMA IF NOT EXISTS "{schema}"'
    yield f'GRANT USAGE ON SCHEMA "{schema}" TO {roles.app}, {roles.platform}'
