"""first tables

Revision ID: orchard_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orchard_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "tree",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("stall", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tree"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["contact.tenant_id", "contact.id"],
            name="fk_tree_owner_id",
            ondelete="SET NULL (owner_id)",
        ),
        sa.UniqueConstraint("tenant_id", "name", name="uq_tree_name"),
        schema="orchard",
    )
    op.create_index("ix_tree_name_sort", "tree", ["tenant_id", "name_sort", "id"], unique=False, schema="orchard")
    op.create_index("ix_tree_owner_id", "tree", ["tenant_id", "owner_id", "id"], unique=False, schema="orchard")
    op.create_index("ix_tree_stall", "tree", ["tenant_id", "stall", "id"], unique=False, schema="orchard")
    op.create_tenant_table(
        "harvest",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("tree_id", sa.Uuid(), nullable=False),
        sa.Column("crates", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_harvest"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tree_id"],
            ["orchard.tree.tenant_id", "orchard.tree.id"],
            name="fk_harvest_tree_id",
            ondelete="CASCADE",
        ),
        schema="orchard",
    )
    op.create_index("ix_harvest_tree_id", "harvest", ["tenant_id", "tree_id", "id"], unique=False, schema="orchard")


def downgrade() -> None:
    op.drop_table("harvest", schema="orchard")
    op.drop_table("tree", schema="orchard")
