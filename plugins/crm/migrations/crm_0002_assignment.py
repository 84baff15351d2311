"""assignment

Revision ID: crm_0002
Revises: crm_0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0002"
down_revision = "crm_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "rotation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("turns", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_rotation"),
        schema="crm",
    )
    op.create_tenant_table(
        "absence",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "starts_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(starts_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "ends_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(ends_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_absence_in_order")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_absence_member_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_absence"),
        schema="crm",
    )
    op.create_index(
        "ix_absence_ends_at_sort", "absence", ["tenant_id", "ends_at_sort", "id"], unique=False, schema="crm"
    )
    op.create_index("ix_absence_member_id", "absence", ["tenant_id", "member_id", "id"], unique=False, schema="crm")
    op.create_index("ix_absence_period", "absence", ["tenant_id", "ends_at", "starts_at"], unique=False, schema="crm")
    op.create_index(
        "ix_absence_starts_at_sort", "absence", ["tenant_id", "starts_at_sort", "id"], unique=False, schema="crm"
    )
    op.create_tenant_table(
        "assignee",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column(
            "name_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(name), '')", persisted=True),
            nullable=True,
        ),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column(
            "weight_sort",
            sa.BigInteger(),
            sa.Computed("coalesce(weight, 9223372036854775807)", persisted=True),
            nullable=True,
        ),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_assignee_member_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assignee"),
        schema="crm",
    )
    op.create_index("ix_assignee_member_id", "assignee", ["tenant_id", "member_id", "id"], unique=False, schema="crm")
    op.create_index("ix_assignee_name_sort", "assignee", ["tenant_id", "name_sort", "id"], unique=False, schema="crm")
    op.create_index(
        "ix_assignee_weight_sort", "assignee", ["tenant_id", "weight_sort", "id"], unique=False, schema="crm"
    )
    op.create_index("uq_assignee_member", "assignee", ["tenant_id", "member_id"], unique=True, schema="crm")
    op.create_tenant_table(
        "assignment_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "position_sort",
            sa.BigInteger(),
            sa.Computed("coalesce(position, 9223372036854775807)", persisted=True),
            nullable=True,
        ),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("team_id IS NULL OR member_id IS NULL", name=op.f("ck_assignment_rule_one_target")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_assignment_rule_member_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"],
            ["team.tenant_id", "team.id"],
            name="fk_assignment_rule_team_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assignment_rule"),
        schema="crm",
    )
    op.create_index(
        "ix_assignment_rule_member_id", "assignment_rule", ["tenant_id", "member_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_assignment_rule_name_sort", "assignment_rule", ["tenant_id", "name_sort", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_assignment_rule_position_sort",
        "assignment_rule",
        ["tenant_id", "position_sort", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_assignment_rule_team_id", "assignment_rule", ["tenant_id", "team_id", "id"], unique=False, schema="crm"
    )
    op.create_tenant_table(
        "rule_condition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "field IN ('source', 'title', 'description', 'value', 'priority', 'tags', 'pipeline', 'stage', 'status', 'contact', 'company', 'company.country', 'company.city', 'company.industry', 'company.size')",
            name=op.f("ck_rule_condition_field_choice"),
        ),
        sa.CheckConstraint(
            "operator IN ('is', 'is_not', 'one_of', 'contains', 'starts', 'at_least', 'at_most', 'filled', 'empty')",
            name=op.f("ck_rule_condition_operator_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["crm.assignment_rule.tenant_id", "crm.assignment_rule.id"],
            name="fk_rule_condition_rule_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_rule_condition"),
        schema="crm",
    )
    op.create_index(
        "ix_rule_condition_rule_id", "rule_condition", ["tenant_id", "rule_id", "id"], unique=False, schema="crm"
    )
    op.create_tenant_table(
        "assignment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("way IN ('hand', 'turn', 'rule')", name=op.f("ck_assignment_way_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"],
            ["crm.lead.tenant_id", "crm.lead.id"],
            name="fk_assignment_lead_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_assignment_member_id",
            ondelete="SET NULL (member_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "previous_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_assignment_previous_id",
            ondelete="SET NULL (previous_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["crm.assignment_rule.tenant_id", "crm.assignment_rule.id"],
            name="fk_assignment_rule_id",
            ondelete="SET NULL (rule_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assignment"),
        schema="crm",
    )
    op.create_index("ix_assignment_lead_id", "assignment", ["tenant_id", "lead_id", "id"], unique=False, schema="crm")
    op.create_index(
        "ix_assignment_member_id", "assignment", ["tenant_id", "member_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_assignment_previous_id", "assignment", ["tenant_id", "previous_id", "id"], unique=False, schema="crm"
    )
    op.create_index("ix_assignment_rule_id", "assignment", ["tenant_id", "rule_id", "id"], unique=False, schema="crm")


def downgrade() -> None:
    op.drop_index("ix_assignment_rule_id", table_name="assignment", schema="crm")
    op.drop_index("ix_assignment_previous_id", table_name="assignment", schema="crm")
    op.drop_index("ix_assignment_member_id", table_name="assignment", schema="crm")
    op.drop_index("ix_assignment_lead_id", table_name="assignment", schema="crm")
    op.drop_table("assignment", schema="crm")
    op.drop_index("ix_rule_condition_rule_id", table_name="rule_condition", schema="crm")
    op.drop_table("rule_condition", schema="crm")
    op.drop_index("ix_assignment_rule_team_id", table_name="assignment_rule", schema="crm")
    op.drop_index("ix_assignment_rule_position_sort", table_name="assignment_rule", schema="crm")
    op.drop_index("ix_assignment_rule_name_sort", table_name="assignment_rule", schema="crm")
    op.drop_index("ix_assignment_rule_member_id", table_name="assignment_rule", schema="crm")
    op.drop_table("assignment_rule", schema="crm")
    op.drop_index("uq_assignee_member", table_name="assignee", schema="crm")
    op.drop_index("ix_assignee_name_sort", table_name="assignee", schema="crm")
    op.drop_index("ix_assignee_weight_sort", table_name="assignee", schema="crm")
    op.drop_index("ix_assignee_member_id", table_name="assignee", schema="crm")
    op.drop_table("assignee", schema="crm")
    op.drop_index("ix_absence_starts_at_sort", table_name="absence", schema="crm")
    op.drop_index("ix_absence_period", table_name="absence", schema="crm")
    op.drop_index("ix_absence_member_id", table_name="absence", schema="crm")
    op.drop_index("ix_absence_ends_at_sort", table_name="absence", schema="crm")
    op.drop_table("absence", schema="crm")
    op.drop_table("rotation", schema="crm")
