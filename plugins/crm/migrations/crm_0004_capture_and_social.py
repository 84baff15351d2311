"""capture and social

Revision ID: crm_0004
Revises: crm_0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0004"
down_revision = "crm_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "social_snapshot",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("target_type", sa.String(length=100), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "source_sort", sa.Text(collation="C"), sa.Computed("coalesce(source, '')", persisted=True), nullable=True
        ),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "taken_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(taken_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("profile", sa.String(length=2000), nullable=True),
        sa.Column("headline", sa.String(length=255), nullable=True),
        sa.Column("data", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_social_snapshot"),
        schema="crm",
    )
    op.create_index(
        "ix_social_snapshot_live",
        "social_snapshot",
        ["tenant_id", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_social_snapshot_source_sort",
        "social_snapshot",
        ["tenant_id", "source_sort", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_social_snapshot_taken_at_sort",
        "social_snapshot",
        ["tenant_id", "taken_at_sort", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_social_snapshot_target",
        "social_snapshot",
        ["tenant_id", "target_type", "target_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_social_snapshot_trash",
        "social_snapshot",
        ["tenant_id", "deleted_at", "id"],
        unique=False,
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_tenant_table(
        "capture_form",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=True),
        sa.Column("intro", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("thanks", sa.Text(), nullable=True),
        sa.Column("redirect_url", sa.String(length=2000), nullable=True),
        sa.Column("allowed_origins", sa.Text(), nullable=True),
        sa.Column("pipeline_id", sa.Uuid(), nullable=True),
        sa.Column("stage_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_to_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.String(length=100), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("double_opt_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("consent_purpose", sa.String(length=100), nullable=False),
        sa.Column("webhook_path", sa.String(length=255), nullable=True),
        sa.Column("webhook_salt", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('en', 'ar')", name=op.f("ck_capture_form_language_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assigned_to_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_capture_form_assigned_to_id",
            ondelete="SET NULL (assigned_to_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pipeline_id"],
            ["crm.pipeline.tenant_id", "crm.pipeline.id"],
            name="fk_capture_form_pipeline_id",
            ondelete="SET NULL (pipeline_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stage_id"],
            ["crm.stage.tenant_id", "crm.stage.id"],
            name="fk_capture_form_stage_id",
            ondelete="SET NULL (stage_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_capture_form"),
        schema="crm",
    )
    op.create_index(
        "ix_capture_form_assigned_to_id",
        "capture_form",
        ["tenant_id", "assigned_to_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_capture_form_name_sort", "capture_form", ["tenant_id", "name_sort", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_capture_form_pipeline_id", "capture_form", ["tenant_id", "pipeline_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_capture_form_stage_id", "capture_form", ["tenant_id", "stage_id", "id"], unique=False, schema="crm"
    )
    op.create_index("uq_capture_form_key", "capture_form", ["tenant_id", "key"], unique=True, schema="crm")
    op.create_tenant_table(
        "capture_field",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("custom_key", sa.String(length=40), nullable=True),
        sa.Column("options", sa.Text(), nullable=True),
        sa.Column("required", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('text', 'long_text', 'email', 'phone', 'choice', 'day', 'number', 'tick')",
            name=op.f("ck_capture_field_kind_choice"),
        ),
        sa.CheckConstraint(
            "target IN ('contact.name', 'contact.first_name', 'contact.last_name', 'contact.email', 'contact.phone', 'contact.whatsapp', 'contact.linkedin', 'contact.website', 'contact.company', 'contact.position', 'contact.birthday', 'contact.custom', 'lead.title', 'lead.description', 'lead.value', 'lead.expected_close', 'lead.custom', 'consent')",
            name=op.f("ck_capture_field_target_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_id"],
            ["crm.capture_form.tenant_id", "crm.capture_form.id"],
            name="fk_capture_field_form_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_capture_field"),
        schema="crm",
    )
    op.create_index(
        "ix_capture_field_form_id", "capture_field", ["tenant_id", "form_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "uq_capture_field_name", "capture_field", ["tenant_id", "form_id", "name"], unique=True, schema="crm"
    )
    op.create_tenant_table(
        "capture_submission",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("answers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("utm_source", sa.String(length=200), nullable=True),
        sa.Column("utm_medium", sa.String(length=200), nullable=True),
        sa.Column("utm_campaign", sa.String(length=200), nullable=True),
        sa.Column("utm_term", sa.String(length=200), nullable=True),
        sa.Column("utm_content", sa.String(length=200), nullable=True),
        sa.Column("referrer", sa.String(length=2000), nullable=True),
        sa.Column("page", sa.String(length=2000), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("agent", sa.String(length=300), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("raw", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "state IN ('received', 'waiting', 'done', 'dead', 'spam')", name=op.f("ck_capture_submission_state_choice")
        ),
        sa.CheckConstraint("via IN ('page', 'endpoint', 'webhook')", name=op.f("ck_capture_submission_via_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name="fk_capture_submission_contact_id",
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_id"],
            ["crm.capture_form.tenant_id", "crm.capture_form.id"],
            name="fk_capture_submission_form_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"],
            ["crm.lead.tenant_id", "crm.lead.id"],
            name="fk_capture_submission_lead_id",
            ondelete="SET NULL (lead_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_capture_submission"),
        schema="crm",
    )
    op.create_index(
        "ix_capture_submission_address",
        "capture_submission",
        ["tenant_id", "form_id", "address", "created_at"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_capture_submission_contact_id",
        "capture_submission",
        ["tenant_id", "contact_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_capture_submission_form_id",
        "capture_submission",
        ["tenant_id", "form_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_capture_submission_lead_id",
        "capture_submission",
        ["tenant_id", "lead_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_capture_submission_state", "capture_submission", ["tenant_id", "state", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_capture_submission_state_sort",
        "capture_submission",
        ["tenant_id", "state_sort", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "uq_capture_submission_key", "capture_submission", ["tenant_id", "form_id", "key"], unique=True, schema="crm"
    )
    op.add_column("lead", sa.Column("merged_into_id", sa.Uuid(), nullable=True), schema="crm")
    op.create_index("ix_lead_merged_into_id", "lead", ["tenant_id", "merged_into_id", "id"], unique=False, schema="crm")
    op.create_foreign_key(
        "fk_lead_merged_into_id",
        "lead",
        "lead",
        ["tenant_id", "merged_into_id"],
        ["tenant_id", "id"],
        source_schema="crm",
        referent_schema="crm",
        ondelete="SET NULL (merged_into_id)",
    )


def downgrade() -> None:
    op.drop_constraint("fk_lead_merged_into_id", "lead", schema="crm", type_="foreignkey")
    op.drop_index("ix_lead_merged_into_id", table_name="lead", schema="crm")
    op.drop_column("lead", "merged_into_id", schema="crm")
    op.drop_index("uq_capture_submission_key", table_name="capture_submission", schema="crm")
    op.drop_index("ix_capture_submission_state_sort", table_name="capture_submission", schema="crm")
    op.drop_index("ix_capture_submission_state", table_name="capture_submission", schema="crm")
    op.drop_index("ix_capture_submission_lead_id", table_name="capture_submission", schema="crm")
    op.drop_index("ix_capture_submission_form_id", table_name="capture_submission", schema="crm")
    op.drop_index("ix_capture_submission_contact_id", table_name="capture_submission", schema="crm")
    op.drop_index("ix_capture_submission_address", table_name="capture_submission", schema="crm")
    op.drop_table("capture_submission", schema="crm")
    op.drop_index("uq_capture_field_name", table_name="capture_field", schema="crm")
    op.drop_index("ix_capture_field_form_id", table_name="capture_field", schema="crm")
    op.drop_table("capture_field", schema="crm")
    op.drop_index("uq_capture_form_key", table_name="capture_form", schema="crm")
    op.drop_index("ix_capture_form_stage_id", table_name="capture_form", schema="crm")
    op.drop_index("ix_capture_form_pipeline_id", table_name="capture_form", schema="crm")
    op.drop_index("ix_capture_form_name_sort", table_name="capture_form", schema="crm")
    op.drop_index("ix_capture_form_assigned_to_id", table_name="capture_form", schema="crm")
    op.drop_table("capture_form", schema="crm")
    op.drop_index(
        "ix_social_snapshot_trash",
        table_name="social_snapshot",
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index("ix_social_snapshot_target", table_name="social_snapshot", schema="crm")
    op.drop_index(
        "ix_social_snapshot_taken_at_sort",
        table_name="social_snapshot",
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_social_snapshot_source_sort",
        table_name="social_snapshot",
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_social_snapshot_live",
        table_name="social_snapshot",
        schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("social_snapshot", schema="crm")
