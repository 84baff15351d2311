"""first tables

Revision ID: market_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "market_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "stall",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("tree", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_stall"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_stall_name"),
        schema="market",
    )
    op.create_index("ix_stall_name_sort", "stall", ["tenant_id", "name_sort", "id"], unique=False, schema="market")
    op.create_index("ix_stall_tree", "stall", ["tenant_id", "tree", "id"], unique=False, schema="market")


def downgrade() -> None:
    op.drop_table("stall", schema="market")
