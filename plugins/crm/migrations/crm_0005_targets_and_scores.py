"""sales targets, scoring rules, why a lead has its score

Revision ID: crm_0005
Revises: crm_0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0005"
down_revision = "crm_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead", sa.Column("score_reasons", sa.Text(), nullable=True), schema="crm")
    op.create_tenant_table(
        "score_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *_stamps(),
        sa.CheckConstraint(
            "subject IN ('contact', 'contact_email', 'contact_phone', 'company', 'stage', 'status', 'priority', 'value', 'source', 'tags', 'description', 'assigned_to', 'expected_close', 'created_at', 'last_activity_at', 'next_follow_up_at')",
            name=op.f("ck_score_rule_subject_choice"),
        ),
        sa.CheckConstraint(
            "comparison IN ('filled', 'empty', 'is', 'is_not', 'contains', 'at_least', 'at_most', 'newer', 'older')",
            name=op.f("ck_score_rule_comparison_choice"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_score_rule"),
        schema="crm",
    )
    op.create_index("ix_score_rule_name_sort", "score_rule", ["tenant_id", "name_sort", "id"], schema="crm")
    op.create_tenant_table(
        "sales_target",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column(
            "starts_on_sort",
            sa.Date(),
            sa.Computed("coalesce(starts_on, 'infinity'::date)", persisted=True),
            nullable=True,
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("pipeline_id", sa.Uuid(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        *_stamps(),
        sa.CheckConstraint("period IN ('month', 'quarter', 'year')", name=op.f("ck_sales_target_period_choice")),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (amount_currency IS NULL)", name=op.f("ck_sales_target_amount_money_whole")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_sales_target_owner_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pipeline_id"],
            ["crm.pipeline.tenant_id", "crm.pipeline.id"],
            name="fk_sales_target_pipeline_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sales_target"),
        schema="crm",
    )
    op.create_index("ix_sales_target_owner_id", "sales_target", ["tenant_id", "owner_id", "id"], schema="crm")
    op.create_index("ix_sales_target_pipeline_id", "sales_target", ["tenant_id", "pipeline_id", "id"], schema="crm")
    op.create_index(
        "ix_sales_target_starts_on_sort", "sales_target", ["tenant_id", "starts_on_sort", "id"], schema="crm"
    )
    op.create_index(
        "uq_sales_target",
        "sales_target",
        ["tenant_id", "owner_id", "pipeline_id", "period", "starts_on"],
        unique=True,
        schema="crm",
        postgresql_nulls_not_distinct=True,
    )


def _stamps() -> list[sa.Column]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    ]


def downgrade() -> None:
    op.drop_table("sales_target", schema="crm")
    op.drop_table("score_rule", schema="crm")
    op.drop_column("lead", "score_reasons", schema="crm")
