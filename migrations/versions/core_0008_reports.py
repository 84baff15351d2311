"""saved reports and start pages

Revision ID: core_0008
Revises: core_0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0008"
down_revision = "core_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "saved_report",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "name_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(name), '')", persisted=True),
            nullable=True,
        ),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        *_stamps(),
        sa.CheckConstraint("audience IN ('private', 'shared')", name=op.f("ck_saved_report_audience_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_saved_report"),
    )
    op.create_index("ix_saved_report_author", "saved_report", ["tenant_id", "created_by"], unique=False)
    op.create_index("ix_saved_report_name_sort", "saved_report", ["tenant_id", "name_sort", "id"], unique=False)
    op.create_tenant_table(
        "start_page",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("cards", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_start_page"),
    )
    op.create_index("uq_start_page_person", "start_page", ["tenant_id", "person"], unique=True)


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
    op.drop_table("start_page")
    op.drop_table("saved_report")
