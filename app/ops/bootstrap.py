"""The three database roles and their rights, made again at every start so that they cannot drift.

owner    owns every table and runs the migrations; may become `platform` for data migrations (SET ROLE)
app      requests and jobs of one tenant; row-level security applies; owns nothing
platform the operator's console, sign-in and sweepers; an ordinary role with policies of its own, no BYPASSRLS
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, get_args

import psycopg
from psycopg import sql

from app.ops.preflight import connect_database
from config import Role

if TYPE_CHECKING:
    from config import Settings

# What PostgreSQL says when another transaction changed the same role at the same moment.
COLLISIONS = (psycopg.errors.InternalError_, psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject)
ATTEMPTS = 20
TOO_MUCH = {
    "rolsuper": "SUPERUSER",
    "rolbypassrls": "BYPASSRLS",
    "rolcreaterole": "CREATEROLE",
    "rolcreatedb": "CREATEDB",
    "rolreplication": "REPLICATION",
}
LOCK = 0x7E4A_0001
ROLE_SETTINGS: dict[Role, dict[str, str]] = {
    "owner": {"timezone": "UTC", "search_path": "public"},
    "app": {
        "timezone": "UTC",
        "search_path": "public",
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    },
    "platform": {
        "timezone": "UTC",
        "search_path": "public",
        "statement_timeout": "60s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    },
}


def prepare_roles(settings: Settings) -> None:
    """Create or correct the roles, their passwords and their rights. Idempotent, safe when two run at once.

    Roles whose address is given by a setting of its own are taken as they are. Raises Refusal.
    """
    for attempt in range(ATTEMPTS):
        with connect_database(settings.database_url) as connection:
            try:
                _prepare(connection, settings)
                return
            except COLLISIONS:
                # Roles belong to the whole cluster, the advisory lock to one database: two databases may collide.
                if attempt == ATTEMPTS - 1:
                    raise
        time.sleep(0.05 * (attempt + 1))


def _prepare(connection: psycopg.Connection, settings: Settings) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    for role in get_args(Role):
        if role not in settings.role_urls:
            _make_role(connection, settings, role)
    names = {role: sql.Identifier(_role_name(settings, role)) for role in get_args(Role)}
    database = sql.Identifier(connection.info.dbname)
    for statement in _grants():
        connection.execute(sql.SQL(statement).format(database=database, **names))


def _role_name(settings: Settings, role: Role) -> str:
    from sqlalchemy.engine import make_url

    return make_url(settings.role_url(role)).username or settings.role_name(role)


def _make_role(connection: psycopg.Connection, settings: Settings, role: Role) -> None:
    name = settings.role_name(role)
    # The verifier is computed here, so that no server log ever sees a password.
    verifier = connection.pgconn.encrypt_password(settings.derived_key(role).encode(), name.encode(), b"scram-sha-256")
    found = connection.execute(f"SELECT {', '.join(TOO_MUCH)} FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
    verb = "ALTER" if found else "CREATE"
    # Naming an attribute needs the right to give it, so it is done only where something must be taken away.
    less = " ".join(f"NO{attribute}" for attribute, held in zip(TOO_MUCH.values(), found or (), strict=False) if held)
    connection.execute(
        sql.SQL(f"{verb} ROLE {{}} LOGIN NOINHERIT {less} PASSWORD {{}}").format(
            sql.Identifier(name), sql.Literal(verifier.decode())
        )
    )
    for option, value in ROLE_SETTINGS[role].items():
        connection.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                sql.Identifier(name), sql.Identifier(connection.info.dbname), sql.Identifier(option), sql.Literal(value)
            )
        )


def _grants() -> list[str]:
    return [
        # Only a member may hand a schema to a role; a superuser is one already.
        "GRANT {owner} TO CURRENT_USER",
        "GRANT {platform} TO {owner}",
        "REVOKE TEMPORARY, CREATE ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {owner}",
        "GRANT CONNECT ON DATABASE {database} TO {app}, {platform}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}, {platform}",
    ]
