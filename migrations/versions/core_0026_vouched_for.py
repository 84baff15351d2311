"""a sign-in under way may hold what was said of who that is

Revision ID: core_0026
Revises: core_0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0026"
down_revision = "core_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("pending_sign_in", sa.Column("vouched", kind, nullable=True))


def downgrade() -> None:
    op.drop_column("pending_sign_in", "vouched")
