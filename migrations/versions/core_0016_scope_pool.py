"""a row scope for what nobody has yet

Revision ID: core_0016
Revises: core_0014
"""

from __future__ import annotations

from alembic import op

revision = "core_0016"
down_revision = "core_0014"
branch_labels = None
depends_on = None

NAME = "ck_access_rule_row_scope_choice"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "access_rule")
    op.create_check_constraint(op.f(NAME), "access_rule", "row_scope IN ('default', 'all', 'team', 'pool', 'own')")


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), "access_rule")
    # Row-level security is forced: as the owner of the table alone, nobody sees a row.
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    op.execute("UPDATE access_rule SET row_scope = 'own' WHERE row_scope = 'pool'")
    op.execute("RESET ROLE")
    op.create_check_constraint(op.f(NAME), "access_rule", "row_scope IN ('default', 'all', 'team', 'own')")
