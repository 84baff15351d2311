"""roles that plugins bring are given, ruled and laid out for as the others are

Revision ID: core_0034
Revises: core_0033
"""

from __future__ import annotations

from alembic import op

revision = "core_0034"
down_revision = "core_0033"
branch_labels = None
depends_on = None

_OF_PLUGINS = "^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$"
_IN_TEAMS = "'admin', 'manager', 'agent', 'viewer'"
_ALL = f"'owner', {_IN_TEAMS}"
_PLACES = (
    ("access_rule", "role", _ALL),
    ("layout", "role", f"'everybody', {_ALL}"),
    ("membership_role", "role", _ALL),
    ("team", "gives_role", _IN_TEAMS),
)


def upgrade() -> None:
    for table, column, roles in _PLACES:
        _check(table, column, f"{column} IN ({roles}) OR {column} ~ '{_OF_PLUGINS}'")


def downgrade() -> None:
    op.execute("UPDATE team SET gives_role = NULL WHERE gives_role LIKE '%.%'")
    for table, column, roles in _PLACES:
        if table != "team":
            op.execute(f"DELETE FROM {table} WHERE {column} LIKE '%.%'")
        _check(table, column, f"{column} IN ({roles})")


def _check(table: str, column: str, condition: str) -> None:
    name = op.f(f"ck_{table}_{column}_choice")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, condition)
