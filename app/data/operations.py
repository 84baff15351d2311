"""Alembic operations of our own, so that a revision creates a table with its wall in one call and imports no app code.

    op.create_tenant_table("vehicle", sa.Column(...), ..., schema="garage")
    op.fill_column("vehicle", "seats", "5", schema="garage")

Autogenerate writes them: a table with `tenant_id` in its key becomes `create_tenant_table`, any other
`create_global_table`, and a required column comes with a value for the rows that are there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from alembic.autogenerate import render, renderers, rewriter
from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations, ops
from sqlalchemy import Column, Integer, Numeric, String, Table, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault

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


@Operations.register_operation("fill_column")
class FillColumnOp(ops.MigrateOperation):
    """Values for the rows in which a column has none yet."""

    def __init__(self, table: str, column: str, value: str, schema: str | None = None) -> None:
        self.table, self.column, self.value, self.schema = table, column, value, schema

    @classmethod
    def fill_column(
        cls, operations: Operations, table: str, column: str, value: str, *, schema: str | None = None
    ) -> None:
        """Set the column to `value` (SQL) in all rows, of every tenant, where it is null. The owner of the tables sees
        no rows of tenants, so it is done as the platform."""
        operations.invoke(cls(table, column, value, schema))


@Operations.implementation_for(FillColumnOp)
def _fill(operations: Operations, operation: FillColumnOp) -> None:
    quote = operations.impl.dialect.identifier_preparer.quote
    table = ".".join(quote(one) for one in (operation.schema, operation.table) if one)
    column = quote(operation.column)
    operations.execute(f"SET LOCAL ROLE {_roles(operations).platform}")
    operations.execute(f"UPDATE {table} SET {column} = {operation.value} WHERE {column} IS NULL")
    operations.execute("RESET ROLE")


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


@renderers.dispatch_for(FillColumnOp)
def _render_fill(context: AutogenContext, operation: FillColumnOp) -> list[str]:
    given = f"{operation.table!r}, {operation.column!r}, {operation.value!r}, schema={operation.schema!r}"
    return [
        "# Rows that are there need a value before the column can be required: say which.",
        f"op.fill_column({given})",
    ]


writer = rewriter.Rewriter()


@writer.rewrites(ops.CreateTableOp)
def _choose(context: Any, revision: Any, operation: ops.CreateTableOp) -> ops.MigrateOperation:
    table = operation.to_table()
    operation.__class__ = CreateTenantTableOp if ddl.is_tenant_table(table) else CreateGlobalTableOp
    return operation


@writer.rewrites(ops.AddColumnOp)
def _with_a_value(context: Any, revision: Any, operation: ops.AddColumnOp) -> Any:
    """A required column that a table with rows can take: with its field's default as the server's, or in three steps,
    first empty, then filled, then required."""
    column = operation.column
    if column.nullable or column.server_default is not None or column.computed or column.identity:
        return operation
    default = column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    table, schema = operation.table_name, operation.schema
    if default is not None:
        return ops.AddColumnOp(table, _bare(column, nullable=False, default=_literal(default)), schema=schema)
    return [
        ops.AddColumnOp(table, _bare(column, nullable=True), schema=schema),
        FillColumnOp(table, column.name, _neutral(column.type), schema),
        ops.AlterColumnOp(table, column.name, schema=schema, existing_type=column.type, modify_nullable=False),
    ]


def _bare(column: Column[Any], *, nullable: bool, default: str | None = None) -> Column[Any]:
    given = None if default is None else text(default)
    return Column(column.name, column.type, nullable=nullable, server_default=given, comment=column.comment)


def _literal(value: Any) -> str:
    """A default as SQL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float, Decimal)) else "'" + str(value).replace("'", "''") + "'"


def _neutral(kind: Any) -> str:
    """What says nothing, in this type; NULL where there is no such value, and whoever writes the revision must say."""
    if isinstance(kind, (Integer, Numeric)):
        return "0"
    return "''" if isinstance(kind, String) else "NULL"
