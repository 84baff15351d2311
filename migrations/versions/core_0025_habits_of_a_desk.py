"""single keys and turned groups of the menu go with the person

Revision ID: core_0025
Revises: core_0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0025"
down_revision = "core_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("desk", sa.Column("habits", kind, server_default=sa.text("'{}'::jsonb"), nullable=False))


def downgrade() -> None:
    op.drop_column("desk", "habits")
