"""a team may give its members a role

Revision ID: core_0024
Revises: core_0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0024"
down_revision = "core_0022"
branch_labels = None
depends_on = None

_CHECK = "ck_team_gives_role_choice"


def upgrade() -> None:
    op.add_column("team", sa.Column("gives_role", sa.Text(), nullable=True))
    op.create_check_constraint(op.f(_CHECK), "team", "gives_role IN ('admin', 'manager', 'agent', 'viewer')")


def downgrade() -> None:
    op.drop_constraint(op.f(_CHECK), "team", type_="check")
    op.drop_column("team", "gives_role")
