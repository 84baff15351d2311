"""A lint of the database itself: whatever made a table, view, function or grant, the catalog shows if it breaks a rule.

It knows nothing of models: it looks at what is there. Tests run it after the migrations, `tenantry check` on a live
system.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from app.data.ddl import RoleNames

GLOBAL_TABLES_OF_TENANTS = frozenset(
    {"public.tenant_domain", "public.api_token", "public.webhook_route", "public.feature_flag"}
)
"""Asked before a tenant is known: they carry its id without being its data, and the app role cannot reach them."""
DIRECTORIES = {"public.tenant": "id"}
"""Global tables of which a tenant reads one row: the one whose column is its id."""
APP_MAY: dict[str, frozenset[str]] = {
    "public.tenant": frozenset(
        ["SELECT"]
        + [
            f"UPDATE ({column})"
            for column in "name email phone website logo_url locale timezone currency country config_version".split()
        ]
    )
}
"""What the app role may do on global tables. Everything else there is the platform role's."""

APPEND_ONLY: dict[str, frozenset[str]] = {"public.audit_entry": frozenset({"SELECT", "INSERT"})}
"""Tenant tables of which the app role may do less than to others: what happened stays on record, whoever takes over a
request. Only the platform role removes rows (retention) and empties columns of personal data (erasure)."""

_CANONICAL = "{column}=SELECTNULLIFcurrent_setting'app.tenant_id',true,''::uuid"
_OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_TENANT_TABLES = f"""
    tenant_table AS (
        SELECT c.*, n.nspname || '.' || c.relname AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND c.relkind IN ('r', 'p', 'f')
          AND n.nspname || '.' || c.relname <> ALL(:global_tables)
          AND EXISTS (SELECT FROM pg_attribute a
                      WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
    )"""


def violations(connection: Connection, roles: RoleNames) -> list[str]:
    """One sentence for each broken rule, in a stable order; empty when all is well. Reads the catalog only."""
    found: list[str] = []
    for check in _CHECKS:
        found += check(connection, roles)
    return found


def _rows(connection: Connection, statement: str, **values: Any) -> Iterator[Any]:
    values.setdefault("global_tables", sorted(GLOBAL_TABLES_OF_TENANTS))
    wanted = {name: value for name, value in values.items() if f":{name}" in statement}
    yield from connection.execute(text(statement), wanted)


def _row_level_security(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        WITH {_TENANT_TABLES}
        SELECT name, relrowsecurity, relforcerowsecurity FROM tenant_table
        UNION ALL
        SELECT n.nspname || '.' || c.relname, relrowsecurity, relforcerowsecurity
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname || '.' || c.relname = ANY(:directories)
        ORDER BY 1"""
    for name, enabled, forced in _rows(connection, statement, directories=sorted(DIRECTORIES)):
        if not enabled:
            yield f"{name}: row-level security is not enabled."
        if not forced:
            yield f"{name}: row-level security is not forced on its owner."


def _policies(connection: Connection, roles: RoleNames) -> Iterator[str]:
    """Exactly two policies a table: the app's with the canonical expression, the platform's open one."""
    statement = f"""
        WITH {_TENANT_TABLES}
        SELECT t.name, 'tenant_id' AS col, t.oid FROM tenant_table t
        UNION ALL
        SELECT name, col, to_regclass(name)::oid
        FROM unnest(CAST(:names AS text[]), CAST(:columns AS text[])) AS d(name, col)
        ORDER BY 1"""
    tables = list(_rows(connection, statement, names=list(DIRECTORIES), columns=list(DIRECTORIES.values())))
    held = _policies_by_table(connection)
    for name, column, oid in tables:
        if oid is None:
            continue
        canonical = _CANONICAL.format(column=column)
        expected = {
            ("tenant", (roles.app,), "*", True, canonical, canonical),
            ("platform", (roles.platform,), "*", True, "true", "true"),
        }
        policies = held.get(oid, set())
        for missing in sorted(expected - policies):
            yield f"{name}: the policy “{missing[0]}” is missing or not the canonical one."
        for more in sorted(policies - expected):
            if more[0] not in {one[0] for one in expected}:
                yield f"{name}: the policy “{more[0]}” is one too many."


def _policies_by_table(connection: Connection) -> dict[int, set[tuple[Any, ...]]]:
    bare = """regexp_replace(pg_get_expr({0}, polrelid), '\\s+|[()]|::text| AS "?nullif"?', '', 'g')"""
    statement = f"""
        SELECT polrelid, polname,
               ARRAY(SELECT coalesce(r.rolname, 'public') FROM unnest(polroles) AS o(oid)
                     LEFT JOIN pg_roles r ON r.oid = o.oid ORDER BY 1),
               polcmd, polpermissive, {bare.format("polqual")}, {bare.format("polwithcheck")}
        FROM pg_policy"""
    found: dict[int, set[tuple[Any, ...]]] = {}
    for oid, name, role_names, command, permissive, using, checked in connection.exec_driver_sql(statement):
        policy = (name, tuple(role_names), _letter(command), permissive, using or "", checked or "")
        found.setdefault(oid, set()).add(policy)
    return found


def _letter(value: Any) -> str:
    """`"char"` columns arrive as bytes or as text, depending on the driver's loader."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _keys(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        WITH {_TENANT_TABLES}
        SELECT t.name,
               (SELECT array_agg(a.attname::text ORDER BY k.at)
                FROM pg_constraint p, unnest(p.conkey) WITH ORDINALITY AS k(num, at)
                JOIN pg_attribute a ON a.attnum = k.num AND a.attrelid = t.oid
                WHERE p.conrelid = t.oid AND p.contype = 'p') AS key,
               EXISTS (SELECT FROM pg_attribute a
                       WHERE a.attrelid = t.oid AND a.attname = 'id' AND NOT a.attisdropped) AS has_id
        FROM tenant_table t ORDER BY 1"""
    for name, key, has_id in _rows(connection, statement):
        if not key:
            yield f"{name}: there is no primary key."
        elif key[0] != "tenant_id" or (has_id and key != ["tenant_id", "id"]):
            yield f"{name}: the primary key is ({', '.join(key)}) and does not lead with the tenant, then the id."


def _unique_indexes(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        WITH {_TENANT_TABLES}
        SELECT t.name, i.relname
        FROM tenant_table t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
        LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
        WHERE x.indisunique AND a.attname IS DISTINCT FROM 'tenant_id' ORDER BY 1, 2"""
    for name, index in _rows(connection, statement):
        yield f"{name}: {index} is unique over all tenants: it must start with tenant_id."


def _foreign_keys(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        WITH {_TENANT_TABLES}
        SELECT sn.nspname || '.' || s.relname, f.conname,
               f.conrelid IN (SELECT oid FROM tenant_table),
               (SELECT attname FROM pg_attribute WHERE attrelid = f.conrelid AND attnum = f.conkey[1]),
               (SELECT attname FROM pg_attribute WHERE attrelid = f.confrelid AND attnum = f.confkey[1])
        FROM pg_constraint f JOIN pg_class s ON s.oid = f.conrelid JOIN pg_namespace sn ON sn.oid = s.relnamespace
        WHERE f.contype = 'f' AND f.confrelid IN (SELECT oid FROM tenant_table) ORDER BY 1, 2"""
    for name, key, is_tenants, first, referred in _rows(connection, statement):
        if (first, referred) != ("tenant_id", "tenant_id"):
            yield f"{name}: the foreign key {key} does not start with tenant_id on both sides."
        elif not is_tenants:
            yield f"{name}: the foreign key {key} refers to tenant data from a global table."


def _unindexed_foreign_keys(connection: Connection, roles: RoleNames) -> Iterator[str]:
    """Tables of Flask-AppBuilder are small and not ours to index."""
    statement = f"""
        SELECT n.nspname || '.' || c.relname, f.conname
        FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE f.contype = 'f' AND {_OURS} AND c.relname NOT LIKE 'ab\\_%' AND NOT EXISTS (
            SELECT FROM pg_index x
            WHERE x.indrelid = f.conrelid AND x.indpred IS NULL
              AND (x.indkey::smallint[])[0:cardinality(f.conkey) - 1] @> f.conkey
              AND (x.indkey::smallint[])[0:cardinality(f.conkey) - 1] <@ f.conkey)
        ORDER BY 1, 2"""
    for name, key in _rows(connection, statement):
        yield f"{name}: the foreign key {key} has no index."


def _columns(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        WITH {_TENANT_TABLES}
        SELECT t.name, a.attname, a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'
        FROM tenant_table t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum ORDER BY 1, 2"""
    for name, column, is_serial in _rows(connection, statement):
        if is_serial:
            yield f"{name}: {column} counts over all tenants: use a UUID or a number sequence."
    virtual = f"""
        SELECT n.nspname || '.' || c.relname, a.attname
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND a.attgenerated = 'v' ORDER BY 1, 2"""
    for name, column in _rows(connection, virtual):
        yield f"{name}: {column} is a virtual generated column, which cannot be indexed: make it STORED."


def _views(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        SELECT n.nspname || '.' || c.relname, c.relkind = 'm',
               has_table_privilege(:app, c.oid, 'SELECT') OR has_any_column_privilege(:app, c.oid, 'SELECT')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND (c.relkind = 'm' OR (c.relkind = 'v' AND NOT EXISTS (
            SELECT FROM unnest(c.reloptions) AS o(setting)
            WHERE setting IN ('security_invoker=true', 'security_invoker=on', 'security_invoker=1'))))
        ORDER BY 1"""
    for name, is_stored, reachable in _rows(connection, statement, app=roles.app):
        if not is_stored:
            yield f"{name}: the view runs with its owner's rights: make it WITH (security_invoker = true)."
        elif reachable:
            yield f"{name}: the app role can read a materialized view, which holds the rows of all tenants."


def _functions(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = f"""
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {_OURS} AND p.prosecdef ORDER BY 1"""
    for (name,) in _rows(connection, statement):
        yield f"{name}: SECURITY DEFINER steps over the walls."


def _role_rights(connection: Connection, roles: RoleNames) -> Iterator[str]:
    statement = """
        SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
        FROM pg_roles WHERE rolname IN (:app, :platform) ORDER BY 1"""
    for name, too_much in _rows(connection, statement, app=roles.app, platform=roles.platform):
        if too_much:
            yield f"{name}: the role has rights over the whole server, such as BYPASSRLS."
    owned = """
        SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_shdepend d
        JOIN pg_roles r ON r.oid = d.refobjid
        WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname = :app
          AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1"""
    for (what,) in _rows(connection, owned, app=roles.app):
        yield f"{roles.app}: owns {what}."
    memberships = """
        SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
        WHERE r.rolname = :app ORDER BY 1"""
    for (group,) in _rows(connection, memberships, app=roles.app):
        yield f"{roles.app}: is a member of {group}."
    creates = f"""
        SELECT nspname FROM pg_namespace n WHERE {_OURS} AND has_schema_privilege(:app, n.oid, 'CREATE') ORDER BY 1"""
    for (schema,) in _rows(connection, creates, app=roles.app):
        yield f"{roles.app}: may create objects in the schema {schema}."


def _grants(connection: Connection, roles: RoleNames) -> Iterator[str]:
    """Rights of the app role, given to it or to everybody, on tables and on single columns."""
    statement = f"""
        WITH {_TENANT_TABLES}, given AS (
            SELECT c.oid, c.relnamespace, c.relname, g.grantee, g.privilege_type AS right, NULL::name AS col
            FROM pg_class c, aclexplode(c.relacl) g WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            UNION ALL
            SELECT c.oid, c.relnamespace, c.relname, g.grantee, g.privilege_type, a.attname
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid, aclexplode(a.attacl) g
        )
        SELECT n.nspname || '.' || g.relname, coalesce(r.rolname, 'everybody'), g.right, g.col,
               g.oid IN (SELECT oid FROM tenant_table), c.relkind IN ('v', 'm')
        FROM given g JOIN pg_namespace n ON n.oid = g.relnamespace JOIN pg_class c ON c.oid = g.oid
        LEFT JOIN pg_roles r ON r.oid = g.grantee
        WHERE {_OURS} AND (g.grantee = 0 OR r.rolname = :app) ORDER BY 1, 2, 3, 4"""
    for name, holder, right, column, is_tenants, is_view in _rows(connection, statement, app=roles.app):
        what = f"{right} ({column})" if column else right
        if right in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN") or holder == "everybody":
            yield f"{name}: {holder} holds {what}."
        elif name in APPEND_ONLY and what not in APPEND_ONLY[name]:
            yield f"{name}: the app role holds {what} on a table that may only grow."
        elif not is_tenants and not is_view and what not in APP_MAY.get(name, frozenset()):
            yield f"{name}: the app role holds {what} on a global table."


_CHECKS = (
    _row_level_security, _policies, _keys, _unique_indexes, _foreign_keys, _unindexed_foreign_keys, _columns, _views,
    _functions, _role_rights, _grants,
)  # fmt: skip
