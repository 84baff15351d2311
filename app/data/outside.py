"""What a plugin's migrations may not touch: everything outside its own schema. The catalogue is written down before and
after, inside the transaction of the migrations, and so are the broken rules (`app.data.catalog`).

Foreign keys to tables of the core are legitimate: PostgreSQL hangs triggers of its own on these, which do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.data import catalog
from app.data.ddl import RoleNames
from app.data.histories import History

_OTHERS = """n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> :schema"""
_TABLES = f"c.relname <> :version_table AND c.relname <> :version_key AND {_OTHERS}"
_CATALOG = f"""
    SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'view ' WHEN 'i' THEN 'index ' WHEN 'I' THEN 'index '
                          WHEN 'S' THEN 'sequence ' WHEN 'c' THEN 'type ' ELSE 'table ' END
           || n.nspname || '.' || c.relname AS name,
           concat_ws(' ', c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.reloptions,
                     c.relpersistence,
                     CASE WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid)
                          WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END) AS is_
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind <> 't' AND {_TABLES}
    UNION ALL
    SELECT 'column ' || n.nspname || '.' || c.relname || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attacl,
                     pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('t', 'i', 'I') AND {_TABLES}
    UNION ALL
    SELECT 'constraint ' || n.nspname || '.' || c.relname || '.' || o.conname,
           concat_ws(' ', pg_get_constraintdef(o.oid), o.convalidated)
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_TABLES}
    UNION ALL
    SELECT 'trigger ' || n.nspname || '.' || c.relname || '.' || t.tgname,
           concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {_TABLES}
    UNION ALL
    SELECT 'rule ' || n.nspname || '.' || c.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND {_TABLES}
    UNION ALL
    SELECT 'policy ' || n.nspname || '.' || c.relname || '.' || p.polname,
           concat_ws(' ', p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid),
                     pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_TABLES}
    UNION ALL
    SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
           concat_ws(' ', md5(p.prosrc), p.prosecdef, p.proowner, p.proacl, p.proconfig, p.prolang)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OTHERS}
    UNION ALL
    SELECT 'type ' || n.nspname || '.' || t.typname,
           concat_ws(' ', t.typowner, t.typacl, t.typnotnull, t.typdefault,
                     (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e
                      WHERE e.enumtypid = t.oid))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r') AND {_OTHERS}
    UNION ALL
    SELECT 'schema ' || n.nspname, concat_ws(' ', n.nspowner, n.nspacl) FROM pg_namespace n WHERE {_OTHERS}
    UNION ALL
    SELECT 'extension ' || e.extname, e.extversion FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE {_OTHERS}
    UNION ALL
    SELECT 'default rights ' || coalesce(n.nspname, 'everywhere') || ' ' || a.defaclobjtype::text, a.defaclacl::text
    FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
    WHERE n.nspname IS DISTINCT FROM :schema
    UNION ALL
    SELECT 'trigger on events ' || evtname, concat_ws(' ', evtevent, evtenabled) FROM pg_event_trigger
    UNION ALL
    SELECT 'settings of the role ' || coalesce(r.rolname, 'everybody'), setconfig::text
    FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
    WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
       OR (s.setdatabase = 0 AND r.rolname = current_user)
"""
SHOWN = 6


class OutOfBounds(ValueError):
    """Migrations did what they may not; the message names it."""


def outside(connection: Connection, schema: str, version_table: str) -> dict[str, str]:
    """Everything in the catalogue but what lies in the schema: what it is called, and what it is."""
    names = {"schema": schema, "version_table": version_table, "version_key": f"{version_table}_pkc"}
    return {row.name: row.is_ for row in connection.execute(text(_CATALOG), names)}


def reached(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What is new, gone or another now, in words; what hangs on a table that is new or gone is not told by itself."""
    told = [
        *(f"made the {name}" for name in sorted(after.keys() - before.keys())),
        *(f"removed the {name}" for name in sorted(before.keys() - after.keys())),
        *(f"changed the {name}" for name in sorted(before.keys() & after.keys()) if before[name] != after[name]),
    ]
    whole = {one.partition(" the table ")[2] for one in told if " the table " in one and "changed" not in one}
    return [one for one in told if not _is_part(one, whole)]


def _is_part(words: str, tables: set[str]) -> bool:
    kind, _space, name = words.partition(" the ")[2].partition(" ")
    return kind in ("column", "constraint", "policy", "trigger", "rule") and name.rpartition(".")[0] in tables


@dataclass(frozen=True, slots=True)
class Walls:
    """What stood before the migrations of one plugin."""

    history: History
    roles: RoleNames
    there: dict[str, str]
    broken: frozenset[str]

    @classmethod
    def before(cls, connection: Connection, history: History, roles: RoleNames) -> Walls:
        """Written down now."""
        schema = history.schema or ""
        there = outside(connection, schema, history.version_table)
        return cls(history, roles, there, frozenset(catalog.violations(connection, roles)))

    def check(self, connection: Connection) -> None:
        """Raises OutOfBounds when what is there now is not what was there, or breaks a rule of the catalogue."""
        connection.execute(text("RESET ROLE"))
        found = list(self._differences(connection))
        if found:
            more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
            raise OutOfBounds(f"Its migrations were taken back, because {'; '.join(found[:SHOWN])}{more}.")

    def _differences(self, connection: Connection) -> Iterator[str]:
        now = outside(connection, self.history.schema or "", self.history.version_table)
        for one in reached(self.there, now):
            yield f"they {one}, outside their own schema “{self.history.schema}”"
        for rule in catalog.violations(connection, self.roles):
            if rule not in self.broken:
                yield rule.rstrip(".")
