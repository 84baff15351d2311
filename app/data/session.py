"""The sessions, and the second wall: every ORM statement on tenant data is scoped to one tenant, or refused.

The first wall is PostgreSQL's row-level security, told the tenant at the start of each transaction. The second is here,
and does not rely on the first: a criterion on every tenant table of every statement, a check of every row written.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import has_app_context
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Table, Uuid, bindparam, event
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, with_loader_criteria
from sqlalchemy.sql import visitors

from app.data.base import Base
from app.data.dialect import begin_for, giving_back
from app.data.record import TenantTable
from app.data.scope import MissingTenant, TenantMismatch, current_scope, current_tenant_id

log = logging.getLogger(__name__)


class TenantSession(FlaskSession):
    """A session that serves exactly one tenant, the one in force when it first reaches the database."""

    def close(self) -> None:
        """End the transaction and give the connection back, without waiting for the answer to its ROLLBACK."""
        with giving_back():
            super().close()


db = SQLAlchemy(model_class=Base, session_options={"class_": TenantSession, "autoflush": True}, disable_autonaming=True)

PLATFORM_BIND = "platform"
DIRECT_BIND = "platform_direct"
"""The platform role in autocommit, for single statements (`app.identity.statements`)."""

# One object for all statements, so that SQLAlchemy's statement cache hits; the tenant is read when it is executed.
_TENANT = bindparam("tenantry_tenant", callable_=current_tenant_id, type_=Uuid(), unique=False)
SAME_TENANT = with_loader_criteria(
    TenantTable, lambda cls: cls.tenant_id == _TENANT, include_aliases=True, track_closure_variables=False
)
EXPLICIT = "tenantry_tenant_is_explicit"
"""Execution option of Core statements that name the tenant themselves."""


def forget_session() -> None:
    """Close the session of the current application context, if there is one: its tenant is about to change."""
    if has_app_context():
        db.session.remove()


def session_tenant(session: Session) -> UUID | None:
    """The tenant this session serves. Raises TenantMismatch when another one is now in force."""
    tenant_id = current_scope().tenant_id
    served = session.info.setdefault("tenant_id", tenant_id)
    if served is None and tenant_id is not None:
        session.info["tenant_id"] = served = tenant_id
    if served != tenant_id:
        raise TenantMismatch("This session already serves another tenant: open a new one (scope() does).")
    return served


@event.listens_for(TenantSession, "after_begin")
def tell_database(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Wall one is told the tenant, for this transaction only, so that nothing survives in a pooled connection."""
    tenant_id = session_tenant(session)
    if transaction.nested:
        return  # a savepoint knows what its transaction was told
    driver = session.info["driver"] = connection.connection.driver_connection
    if tenant_id is not None and not begin_for(driver, tenant_id):
        connection.exec_driver_sql("SELECT set_config('app.tenant_id', %s, true)", (str(tenant_id),))


@event.listens_for(TenantSession, "do_orm_execute")
def scope_statement(state: ORMExecuteState) -> None:
    """Wall two, reading: scope the statement, or refuse it."""
    if state.is_column_load:
        return  # a row that this session already holds
    if session_tenant(state.session) is None:
        _refuse_tenant_tables(state)
    elif state.is_orm_statement:
        if state.is_insert:
            _check_inserted_rows(state)
        else:
            state.statement = state.statement.options(SAME_TENANT)  # type: ignore[attr-defined]
    elif not state.execution_options.get(EXPLICIT) and tenant_tables(state.statement):
        raise MissingTenant("A Core statement on tenant tables must name the tenant (execution option EXPLICIT).")


def tenant_tables(statement: Any) -> set[str]:
    """Names of the tenant tables a statement touches, subqueries and CTEs included."""
    return {
        element.fullname
        for element in visitors.iterate(statement)
        if isinstance(element, Table) and "tenant_id" in element.c and element.info.get("tenant", True)
    }


def _refuse_tenant_tables(state: ORMExecuteState) -> None:
    touched = tenant_tables(state.statement)
    mapped = {m.class_.__name__ for m in state.all_mappers if issubclass(m.class_, TenantTable)}
    if touched or mapped:
        raise MissingTenant(f"No tenant is set, so {', '.join(sorted(touched | mapped))} cannot be read or written.")


def _check_inserted_rows(state: ORMExecuteState) -> None:
    given: Any = state.parameters or {}
    rows = given if isinstance(given, list | tuple) else [given]
    if any("tenant_id" in row and row["tenant_id"] != current_tenant_id() for row in rows):
        raise TenantMismatch("A row of another tenant cannot be written.")


@event.listens_for(TenantSession, "before_flush")
def check_written_rows(session: Session, flush_context: Any, instances: Any) -> None:
    """Wall two, writing: stamp new rows, refuse rows of another tenant."""
    # Each of these properties builds a new set when it is asked: once a flush, not once a row.
    created = [row for row in session.new if isinstance(row, TenantTable)]
    changed = [row for rows in (session.dirty, session.deleted) for row in rows if isinstance(row, TenantTable)]
    if not created and not changed:
        return
    if session_tenant(session) is None:
        raise MissingTenant("No tenant is set, so tenant data cannot be written.")
    tenant_id = current_tenant_id()
    for row in created:
        if row.tenant_id is None:
            row.tenant_id = tenant_id
    for row in (*created, *changed):
        if row.tenant_id != tenant_id:
            raise TenantMismatch(f"A {type(row).__name__} of another tenant cannot be written.")


@contextmanager
def platform_session(reason: str) -> Iterator[Session]:
    """The only way round the walls: a session of the platform role, which sees every tenant.

    `reason` says in words why no tenant can be named; it is logged. Commits when the block ends, rolls back when it
    raises. A test keeps the list of modules that may call this.
    """
    log.debug("platform session: %s", reason)
    engine = db.engines[PLATFORM_BIND]
    with Session(engine, expire_on_commit=False, info={"platform": reason}) as session, session.begin():
        yield session
