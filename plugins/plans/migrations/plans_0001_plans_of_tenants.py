"""plans of tenants

Revision ID: plans_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "plans_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "plan",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("plugins", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("limits", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("trial_until", sa.Date(), nullable=True),
        sa.Column("trial_ended", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan"),
        schema="plans",
    )
    op.create_index("ix_plan_name_sort", "plan", ["tenant_id", "name_sort", "id"], unique=False, schema="plans")


def downgrade() -> None:
    op.drop_index("ix_plan_name_sort", table_name="plan", schema="plans")
    op.drop_table("plan", schema="plans")
