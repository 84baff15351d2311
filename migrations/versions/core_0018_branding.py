"""branding

Revision ID: core_0018
Revises: core_0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0018"
down_revision = "core_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "tenant_brand",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=True),
        sa.Column("accent", sa.String(length=7), nullable=True),
        sa.Column("accent_dark", sa.String(length=7), nullable=True),
        sa.Column("mail_footer", sa.Text(), nullable=True),
        sa.Column("paper_header", sa.Text(), nullable=True),
        sa.Column("paper_footer", sa.String(length=200), nullable=True),
        sa.Column("paper_size", sa.Text(), nullable=False),
        sa.Column("logo", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("paper_size IN ('a4', 'letter')", name=op.f("ck_tenant_brand_paper_size_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tenant_brand"),
    )
    op.create_index("uq_tenant_brand_tenant", "tenant_brand", ["tenant_id"], unique=True)
    op.create_tenant_table(
        "brand_logo",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name="pk_brand_logo"),
    )


def downgrade() -> None:
    op.drop_table("brand_logo")
    op.drop_table("tenant_brand")
