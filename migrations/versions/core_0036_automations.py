"""automations and the log of their runs; events remember whose doing they are

Revision ID: core_0036
Revises: core_0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0036"
down_revision = "core_0035"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_tenant_table(
        "automation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("runs_as_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("watched", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("event_name", sa.Text(), nullable=True),
        sa.Column("moment_field", sa.String(length=100), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("at_time", sa.String(length=5), nullable=True),
        sa.Column("weekday", sa.Text(), nullable=True),
        sa.Column("conditions", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("keep_days", sa.BigInteger(), nullable=False),
        sa.Column("looked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("direction IN ('before', 'after')", name=op.f("ck_automation_direction_choice")),
        sa.CheckConstraint("state IN ('draft', 'on', 'off')", name=op.f("ck_automation_state_choice")),
        sa.CheckConstraint(
            "trigger IN ('created', 'updated', 'event', 'moment', 'button', 'schedule')",
            name=op.f("ck_automation_trigger_choice"),
        ),
        sa.CheckConstraint("unit IN ('minutes', 'hours', 'days')", name=op.f("ck_automation_unit_choice")),
        sa.CheckConstraint(
            "weekday IN ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')", name=op.f("ck_automation_weekday_choice")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "runs_as_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_automation_runs_as_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_automation"),
    )
    op.create_index("ix_automation_name_sort", "automation", ["tenant_id", "name_sort", "id"], unique=False)
    op.create_index(
        "ix_automation_on",
        "automation",
        ["tenant_id", "trigger"],
        unique=False,
        postgresql_where=sa.text("state = 'on'"),
    )
    op.create_index("ix_automation_runs_as_id", "automation", ["tenant_id", "runs_as_id", "id"], unique=False)
    op.create_index("ix_automation_state_sort", "automation", ["tenant_id", "state_sort", "id"], unique=False)
    op.create_tenant_table(
        "automation_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("automation_id", sa.Uuid(), nullable=False),
        sa.Column("automation_name", sa.String(length=100), nullable=False),
        sa.Column("target_type", sa.String(length=100), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("record_label", sa.String(length=255), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'stopped', 'failed', 'held')", name=op.f("ck_automation_run_state_choice")
        ),
        sa.CheckConstraint(
            "trigger IN ('created', 'updated', 'event', 'moment', 'button', 'schedule')",
            name=op.f("ck_automation_run_trigger_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "automation_id"],
            ["automation.tenant_id", "automation.id"],
            name="fk_automation_run_automation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_automation_run"),
        sa.UniqueConstraint("tenant_id", "automation_id", "key", name="uq_automation_run_once"),
    )
    op.create_index(
        "ix_automation_run_automation_id", "automation_run", ["tenant_id", "automation_id", "id"], unique=False
    )
    op.create_index("ix_automation_run_root", "automation_run", ["tenant_id", "root_id", "automation_id"], unique=False)
    op.create_index("ix_automation_run_state_sort", "automation_run", ["tenant_id", "state_sort", "id"], unique=False)
    op.create_index(
        "ix_automation_run_target", "automation_run", ["tenant_id", "target_type", "target_id", "id"], unique=False
    )
    op.create_index(
        "ix_automation_run_waiting",
        "automation_run",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_tenant_table(
        "automation_step",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("automation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('set', 'action', 'make', 'notify', 'mail', 'webhook', 'wait', 'stop')",
            name=op.f("ck_automation_step_kind_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "automation_id"],
            ["automation.tenant_id", "automation.id"],
            name="fk_automation_step_automation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_automation_step"),
    )
    op.create_index(
        "ix_automation_step_automation_id", "automation_step", ["tenant_id", "automation_id", "id"], unique=False
    )
    op.create_tenant_table(
        "automation_outcome",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('set', 'action', 'make', 'notify', 'mail', 'webhook', 'wait', 'stop')",
            name=op.f("ck_automation_outcome_kind_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["automation_run.tenant_id", "automation_run.id"],
            name="fk_automation_outcome_run_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_automation_outcome"),
        sa.UniqueConstraint("tenant_id", "run_id", "number", name="uq_automation_outcome_once"),
    )
    op.create_index("ix_automation_outcome_run_id", "automation_outcome", ["tenant_id", "run_id", "id"], unique=False)
    op.add_column("domain_event", sa.Column("request_id", sa.String(length=64), nullable=True))


def downgrade() -> None:

    op.drop_column("domain_event", "request_id")
    op.drop_index("ix_automation_outcome_run_id", table_name="automation_outcome")
    op.drop_table("automation_outcome")
    op.drop_index("ix_automation_step_automation_id", table_name="automation_step")
    op.drop_table("automation_step")
    op.drop_index(
        "ix_automation_run_waiting", table_name="automation_run", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index("ix_automation_run_target", table_name="automation_run")
    op.drop_index("ix_automation_run_state_sort", table_name="automation_run")
    op.drop_index("ix_automation_run_root", table_name="automation_run")
    op.drop_index("ix_automation_run_automation_id", table_name="automation_run")
    op.drop_table("automation_run")
    op.drop_index("ix_automation_state_sort", table_name="automation")
    op.drop_index("ix_automation_runs_as_id", table_name="automation")
    op.drop_index("ix_automation_on", table_name="automation", postgresql_where=sa.text("state = 'on'"))
    op.drop_index("ix_automation_name_sort", table_name="automation")
    op.drop_table("automation")
