"""light or dark and records seen last go with the person

Revision ID: core_0020
Revises: core_0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0020"
down_revision = "core_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("theme", sa.String(length=8), server_default=sa.text("''"), nullable=False))
    empty = sa.text("'[]'::jsonb")
    kind = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("desk", sa.Column("recent", kind, server_default=empty, nullable=False))


def downgrade() -> None:
    op.drop_column("desk", "recent")
    op.drop_column("account", "theme")
