"""response targets, holidays, answers

Revision ID: crm_0009
Revises: crm_0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0009"
down_revision = "crm_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "holiday",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("falls_on", sa.Date(), nullable=False),
        sa.Column(
            "falls_on_sort",
            sa.Date(),
            sa.Computed("coalesce(falls_on, 'infinity'::date)", persisted=True),
            nullable=True,
        ),
        sa.Column("is_yearly", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_holiday"),
        schema="crm",
    )
    op.create_index(
        "ix_holiday_falls_on_sort", "holiday", ["tenant_id", "falls_on_sort", "id"], unique=False, schema="crm"
    )
    op.create_index("ix_holiday_name_sort", "holiday", ["tenant_id", "name_sort", "id"], unique=False, schema="crm")
    op.create_tenant_table(
        "response_target",
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
        sa.Column("source", sa.String(length=500), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("pipeline_id", sa.Uuid(), nullable=True),
        sa.Column("first_minutes", sa.BigInteger(), nullable=False),
        sa.Column("again_minutes", sa.BigInteger(), nullable=True),
        sa.Column("warn_minutes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_response_target_priority_choice")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pipeline_id"],
            ["crm.pipeline.tenant_id", "crm.pipeline.id"],
            name="fk_response_target_pipeline_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_response_target"),
        schema="crm",
    )
    op.create_index(
        "ix_response_target_name_sort", "response_target", ["tenant_id", "name_sort", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_response_target_pipeline_id",
        "response_target",
        ["tenant_id", "pipeline_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_response_target_position_sort",
        "response_target",
        ["tenant_id", "position_sort", "id"],
        unique=False,
        schema="crm",
    )
    op.create_tenant_table(
        "lead_answer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("in_time", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("round IN ('first', 'again')", name=op.f("ck_lead_answer_round_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"],
            ["crm.lead.tenant_id", "crm.lead.id"],
            name="fk_lead_answer_lead_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_lead_answer_member_id",
            ondelete="SET NULL (member_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_id"],
            ["crm.response_target.tenant_id", "crm.response_target.id"],
            name="fk_lead_answer_target_id",
            ondelete="SET NULL (target_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_lead_answer"),
        schema="crm",
    )
    op.create_index("ix_lead_answer_at", "lead_answer", ["tenant_id", "answered_at", "id"], unique=False, schema="crm")
    op.create_index("ix_lead_answer_lead_id", "lead_answer", ["tenant_id", "lead_id", "id"], unique=False, schema="crm")
    op.create_index(
        "ix_lead_answer_member_id", "lead_answer", ["tenant_id", "member_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_lead_answer_target_id", "lead_answer", ["tenant_id", "target_id", "id"], unique=False, schema="crm"
    )
    op.add_column("lead", sa.Column("response_state", sa.Text(), nullable=True), schema="crm")
    op.add_column("lead", sa.Column("respond_by", sa.DateTime(timezone=True), nullable=True), schema="crm")
    op.add_column(
        "lead",
        sa.Column(
            "respond_by_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(respond_by, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        schema="crm",
    )
    op.add_column("lead", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True), schema="crm")
    op.add_column("lead", sa.Column("first_responded_at", sa.DateTime(timezone=True), nullable=True), schema="crm")
    op.add_column(
        "lead",
        sa.Column(
            "first_responded_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(first_responded_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        schema="crm",
    )
    op.add_column("lead", sa.Column("response_target_id", sa.Uuid(), nullable=True), schema="crm")
    op.drop_index(
        "ix_lead_unassigned",
        table_name="lead",
        schema="crm",
        postgresql_where=sa.text(
            "assigned_to_id IS NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.create_index(
        "ix_lead_unassigned",
        "lead",
        ["tenant_id", "respond_by_sort", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text(
            "assigned_to_id IS NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.create_index(
        "ix_lead_first_responded_at_sort",
        "lead",
        ["tenant_id", "first_responded_at_sort", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_lead_respond",
        "lead",
        ["tenant_id", "assigned_to_id", "respond_by", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text(
            "respond_by IS NOT NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.create_index(
        "ix_lead_respond_by_sort",
        "lead",
        ["tenant_id", "respond_by_sort", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_lead_response_target_id", "lead", ["tenant_id", "response_target_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_lead_waiting",
        "lead",
        ["tenant_id", "respond_by", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text(
            "respond_by IS NOT NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.create_check_constraint(
        op.f("ck_lead_response_state_choice"), "lead", "response_state IN ('waiting', 'met', 'missed')", schema="crm"
    )
    op.create_foreign_key(
        "fk_lead_response_target_id",
        "lead",
        "response_target",
        ["tenant_id", "response_target_id"],
        ["tenant_id", "id"],
        source_schema="crm",
        referent_schema="crm",
        ondelete="SET NULL (response_target_id)",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_lead_response_state_choice"), "lead", schema="crm")
    op.drop_constraint("fk_lead_response_target_id", "lead", schema="crm", type_="foreignkey")
    op.drop_index(
        "ix_lead_waiting",
        table_name="lead",
        schema="crm",
        postgresql_where=sa.text(
            "respond_by IS NOT NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.drop_index("ix_lead_response_target_id", table_name="lead", schema="crm")
    op.drop_index(
        "ix_lead_respond_by_sort", table_name="lead", schema="crm", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "ix_lead_respond",
        table_name="lead",
        schema="crm",
        postgresql_where=sa.text(
            "respond_by IS NOT NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.drop_index(
        "ix_lead_first_responded_at_sort",
        table_name="lead",
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_lead_unassigned",
        table_name="lead",
        schema="crm",
        postgresql_where=sa.text(
            "assigned_to_id IS NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.create_index(
        "ix_lead_unassigned",
        "lead",
        ["tenant_id", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text(
            "assigned_to_id IS NULL AND won_at IS NULL AND lost_at IS NULL AND deleted_at IS NULL AND archived_at IS NULL"
        ),
    )
    op.drop_column("lead", "response_target_id", schema="crm")
    op.drop_column("lead", "first_responded_at_sort", schema="crm")
    op.drop_column("lead", "first_responded_at", schema="crm")
    op.drop_column("lead", "waiting_since", schema="crm")
    op.drop_column("lead", "respond_by_sort", schema="crm")
    op.drop_column("lead", "respond_by", schema="crm")
    op.drop_column("lead", "response_state", schema="crm")
    op.drop_index("ix_lead_answer_target_id", table_name="lead_answer", schema="crm")
    op.drop_index("ix_lead_answer_member_id", table_name="lead_answer", schema="crm")
    op.drop_index("ix_lead_answer_lead_id", table_name="lead_answer", schema="crm")
    op.drop_index("ix_lead_answer_at", table_name="lead_answer", schema="crm")
    op.drop_table("lead_answer", schema="crm")
    op.drop_index("ix_response_target_position_sort", table_name="response_target", schema="crm")
    op.drop_index("ix_response_target_pipeline_id", table_name="response_target", schema="crm")
    op.drop_index("ix_response_target_name_sort", table_name="response_target", schema="crm")
    op.drop_table("response_target", schema="crm")
    op.drop_index("ix_holiday_name_sort", table_name="holiday", schema="crm")
    op.drop_index("ix_holiday_falls_on_sort", table_name="holiday", schema="crm")
    op.drop_table("holiday", schema="crm")
