"""Alembic operations of our own, so that a revision creates a table with its wall in one call and imports no app code.

    op.create_tenant_table("vehicle", sa.Column(...), ..., schema="garage")

Autogenerate writes them: a table with `tenant_id` in its key becomes `create_tenant_table`, any other
`create_global_table`.
"""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import render, renderers, rewriter
from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations, ops
from sqlalchemy import Table

from app.data import ddl


def _quoted(operations: Operations, table: Table) -> str:
    return operations.impl.dialect.identifier_preparer.format_table(table)


def _roles(operations: Operations) -> ddl.RoleNames:
    roles: ddl.RoleNames = operations.migration_context.opts["roles"]
    return roles


@Operations.register_operation("create_tenant_table")
class CreateTenantTableOp(ops.CreateTableOp):
    """A tenant table with its policies and grants."""

    @classmethod
    def create_tenant_table(cls, operations: Operations, name: str, *columns: Any, **kw: Any) -> Any:
        """Create a tenant table: row-level security enabled and forced, policies, grants. `info["erasable"]` makes it
        append-only and names the columns that the platform may empty."""
        return operations.invoke(cls(name, columns, **kw))


@Operations.register_operation("create_global_table")
class CreateGlobalTableOp(ops.CreateTableOp):
    """A table of the platform, which the app role cannot reach (or of which, being a directory, it reads its own
    row)."""

    @classmethod
    def create_global_table(cls, operations: Operations, name: str, *columns: Any, **kw: Any) -> Any:
        """Create a global table. For a directory, `info["app_policy"]` names the tenant's column and
        `info["app_update"]`
        the columns that a tenant may change of its own row."""
        return operations.invoke(cls(name, columns, **kw))


@Operations.implementation_for(CreateTenantTableOp)
def _create_tenant(operations: Operations, operation: CreateTenantTableOp) -> Table:
    table = _create(operations, operation)
    name, roles = _quoted(operations, table), _roles(operations)
    for statement in ddl.secure_tenant_table(name, roles):
        operations.execute(statement)
    if erasable := (operation.info or {}).get("erasable"):
        for statement in ddl.make_append_only(name, roles, erasable):
            operations.execute(statement)
    return table


@Operations.implementation_for(CreateGlobalTableOp)
def _create_global(operations: Operations, operation: CreateGlobalTableOp) -> Table:
    table = _create(operations, operation)
    info = operation.info or {}
    column = info.get("app_policy")
    name, roles = _quoted(operations, table), _roles(operations)
    if column:
        wall = ddl.secure_directory_table(name, roles, column, info.get("app_update", ""))
    else:
        wall = ddl.secure_global_table(name, roles)
    for statement in wall:
        operations.execute(statement)
    return table


def _create(operations: Operations, operation: ops.CreateTableOp) -> Table:
    table = operation.to_table(operations.migration_context)
    operations.impl.create_table(table)
    return table


@renderers.dispatch_for(CreateTenantTableOp)
def _render_tenant(context: AutogenContext, operation: CreateTenantTableOp) -> str:
    return render._add_table(context, operation).replace("op.create_table(", "op.create_tenant_table(", 1)


@renderers.dispatch_for(CreateGlobalTableOp)
def _render_global(context: AutogenContext, operation: CreateGlobalTableOp) -> str:
    return render._add_table(context, operation).replace("op.create_table(", "op.create_global_table(", 1)


writer = rewriter.Rewriter()


@writer.rewrites(ops.CreateTableOp)
def _choose(context: Any, revision: Any, operation: ops.CreateTableOp) -> ops.MigrateOperation:
    table = operation.to_table()
    operation.__class__ = CreateTenantTableOp if ddl.is_tenant_table(table) else CreateGlobalTableOp
    return operation
