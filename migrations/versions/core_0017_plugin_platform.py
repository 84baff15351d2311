"""plugin platform: features, faults of hooks, approvals, canaries

Revision ID: core_0017
Revises: core_0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0017"
down_revision = "core_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_global_table(
        "feature_flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feature_key", sa.String(length=100), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Integer(), server_default=sa.text("100"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by", sa.Text(), server_default="", nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_feature_flag_tenant_id_tenant"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_flag")),
    )
    op.create_index(op.f("ix_feature_flag_tenant_id"), "feature_flag", ["tenant_id"], unique=False)
    op.create_index(
        "uq_feature_flag_place",
        "feature_flag",
        ["feature_key", "tenant_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_tenant_table(
        "tenant_feature",
        *_record_columns(),
        sa.Column("feature_key", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tenant_feature"),
    )
    op.create_index("uq_tenant_feature_key", "tenant_feature", ["tenant_id", "feature_key"], unique=True)
    op.create_tenant_table(
        "user_capability",
        *_record_columns(),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("feature_key", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_user_capability_membership_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_user_capability"),
    )
    op.create_index(
        "uq_user_capability_member", "user_capability", ["tenant_id", "membership_id", "feature_key"], unique=True
    )
    op.create_index("ix_user_capability_membership_id", "user_capability", ["tenant_id", "membership_id", "id"])
    op.create_tenant_table(
        "hook_fault",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("plugin_key", sa.String(length=50), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cut_off", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "plugin_key", "place", name="pk_hook_fault"),
    )
    op.create_tenant_table(
        "made_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("plugin_key", sa.String(length=50), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "table_name", "row_id", name="pk_made_row"),
    )
    op.add_column("installed_plugin", sa.Column("stopped", sa.Text(), nullable=True))
    op.add_column("installed_plugin", sa.Column("approved", postgresql.ARRAY(sa.String(length=200)), nullable=True))
    op.add_column("installed_plugin", sa.Column("approved_by", sa.Text(), nullable=True))
    op.add_column("installed_plugin", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("installed_plugin", sa.Column("trying", sa.String(length=50), nullable=True))
    op.add_column("installed_plugin", sa.Column("canary", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.add_column("installed_plugin", sa.Column("back_to", sa.String(length=100), nullable=True))


def _record_columns() -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
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
    for column in ("back_to", "canary", "trying", "approved_at", "approved_by", "approved", "stopped"):
        op.drop_column("installed_plugin", column)
    for table in ("made_row", "hook_fault", "user_capability", "tenant_feature", "feature_flag"):
        op.drop_table(table)
