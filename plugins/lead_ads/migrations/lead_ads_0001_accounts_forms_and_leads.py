"""accounts at advertising platforms, their forms, their leads

Revision ID: lead_ads_0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "lead_ads_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _table(
        "ad_account",
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("page_id", sa.String(length=60), nullable=True),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=True),
        sa.Column("has_secret", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_token", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_lead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_test_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("app_secret", sa.Text(), nullable=True),
        sa.Column("access_token", sa.Text(), nullable=True),
        sa.CheckConstraint("platform IN ('meta', 'google')", name=op.f("ck_ad_account_platform_choice")),
        _to_form("ad_account"),
    )
    op.create_index("ix_ad_account_form_id", "ad_account", ["tenant_id", "form_id", "id"], schema="lead_ads")
    op.create_index("ix_ad_account_name_sort", "ad_account", ["tenant_id", "name_sort", "id"], schema="lead_ads")
    _table(
        "ad_form",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("platform_form", sa.String(length=60), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        _to_account("ad_form"),
        _to_form("ad_form"),
    )
    op.create_index("ix_ad_form_account_id", "ad_form", ["tenant_id", "account_id", "id"], schema="lead_ads")
    op.create_index("ix_ad_form_form_id", "ad_form", ["tenant_id", "form_id", "id"], schema="lead_ads")
    op.create_index(
        "uq_ad_form_number", "ad_form", ["tenant_id", "account_id", "platform_form"], unique=True, schema="lead_ads"
    )
    _table(
        "ad_lead",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=60), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("told", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f("ck_ad_lead_state_choice")),
        _to_account("ad_lead"),
    )
    op.create_index("ix_ad_lead_account_id", "ad_lead", ["tenant_id", "account_id", "id"], schema="lead_ads")
    op.create_index(
        "uq_ad_lead_external_id", "ad_lead", ["tenant_id", "account_id", "external_id"], unique=True, schema="lead_ads"
    )


def downgrade() -> None:
    for table in ("ad_lead", "ad_form", "ad_account"):
        op.drop_table(table, schema="lead_ads")


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_tenant_table(
        name,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *parts,
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=f"pk_{name}"),
        schema="lead_ads",
    )


def _to_form(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "form_id"], ["crm.capture_form.tenant_id", "crm.capture_form.id"], name=f"fk_{table}_form_id",
        ondelete="NO ACTION",
    )  # fmt: skip


def _to_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "account_id"], ["lead_ads.ad_account.tenant_id", "lead_ads.ad_account.id"],
        name=f"fk_{table}_account_id", ondelete="CASCADE",
    )  # fmt: skip
