"""layouts by role, and form rules

Revision ID: core_0031
Revises: core_0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0031"
down_revision = "core_0030"
branch_labels = None
depends_on = None

_ROLES = "'everybody', 'owner', 'admin', 'manager', 'agent', 'viewer'"


def upgrade() -> None:
    op.create_tenant_table(
        "layout",
        *_keys(),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("published", _json(), nullable=True),
        sa.Column("draft", _json(), nullable=True),
        *_stamps(),
        sa.CheckConstraint(f"role IN ({_ROLES})", name=op.f("ck_layout_role_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_layout"),
    )
    op.create_index("uq_layout_role", "layout", ["tenant_id", "resource", "role"], unique=True)
    op.create_tenant_table(
        "form_rule",
        *_keys(),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("conditions", _json(), nullable=True),
        sa.Column("effects", _json(), nullable=True),
        *_stamps(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_form_rule"),
    )
    op.create_index("ix_form_rule_resource", "form_rule", ["tenant_id", "resource"])


def _json() -> postgresql.JSONB:
    return postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def _keys() -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    ]


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
    op.drop_table("form_rule")
    op.drop_table("layout")
