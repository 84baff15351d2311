"""products, what lines take from them; external ids of leads

Lines had the name of what they are about in `product`: it is their `name` now, and `product` leads to the list.

Revision ID: crm_0015
Revises: crm_0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0015"
down_revision = "crm_0014"
branch_labels = None
depends_on = None

TEXT_SORT = sa.Text(collation="C")
LIVE = sa.text("deleted_at IS NULL")
SORTED = ("name", "code", "category", "price")


def upgrade() -> None:
    op.create_tenant_table(
        "product",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        _sort("name"),
        sa.Column("code", sa.String(length=60), nullable=True),
        _sort("code"),
        sa.Column("category", sa.String(length=100), nullable=True),
        _sort("category"),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("price_currency", sa.String(length=3), nullable=False),
        sa.Column(
            "price_sort",
            sa.BigInteger(),
            sa.Computed("coalesce(price_minor, 9223372036854775807)", persisted=True),
            nullable=True,
        ),
        sa.Column("tax_rate", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
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
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(price_minor IS NULL) = (price_currency IS NULL)", name=op.f("ck_product_price_money_whole")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_product"),
        schema="crm",
    )
    for name in SORTED:
        op.create_index(
            f"ix_product_{name}_sort", "product", ["tenant_id", f"{name}_sort", "id"], schema="crm",
            postgresql_where=LIVE,
        )  # fmt: skip
    op.create_index("ix_product_live", "product", ["tenant_id", "id"], schema="crm", postgresql_where=LIVE)
    op.create_index(
        "ix_product_trash", "product", ["tenant_id", "deleted_at", "id"], schema="crm",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "uq_product_code", "product", ["tenant_id", "code"], unique=True, schema="crm", postgresql_where=LIVE
    )
    op.alter_column("lead_line", "product", new_column_name="name", schema="crm")
    op.add_column("lead_line", sa.Column("product_id", sa.Uuid(), nullable=True), schema="crm")
    op.add_column("lead_line", sa.Column("unit", sa.String(length=40), nullable=True), schema="crm")
    op.add_column("lead_line", sa.Column("tax_rate", sa.Numeric(precision=5, scale=2), nullable=True), schema="crm")
    op.create_foreign_key(
        "fk_lead_line_product_id", "lead_line", "product", ["tenant_id", "product_id"], ["tenant_id", "id"],
        source_schema="crm", referent_schema="crm", ondelete="SET NULL (product_id)",
    )  # fmt: skip
    op.create_index("ix_lead_line_product_id", "lead_line", ["tenant_id", "product_id", "id"], schema="crm")
    op.add_column("lead", sa.Column("external_id", sa.String(length=100), nullable=True), schema="crm")
    op.add_column("lead", _sort("external_id"), schema="crm")
    op.create_index(
        "ix_lead_external_id_sort", "lead", ["tenant_id", "external_id_sort", "id"], schema="crm",
        postgresql_where=LIVE,
    )  # fmt: skip
    op.create_index(
        "uq_lead_external_id", "lead", ["tenant_id", "source_sort", "external_id"], unique=True, schema="crm",
        postgresql_where=sa.text("deleted_at IS NULL AND external_id IS NOT NULL"),
    )  # fmt: skip


def _sort(name: str) -> sa.Column[str]:
    return sa.Column(
        f"{name}_sort", TEXT_SORT, sa.Computed(f"coalesce(lower({name}), '')", persisted=True), nullable=True
    )


def downgrade() -> None:
    op.drop_index("uq_lead_external_id", table_name="lead", schema="crm")
    op.drop_index("ix_lead_external_id_sort", table_name="lead", schema="crm")
    op.drop_column("lead", "external_id_sort", schema="crm")
    op.drop_column("lead", "external_id", schema="crm")
    op.drop_column("lead_line", "tax_rate", schema="crm")
    op.drop_column("lead_line", "unit", schema="crm")
    op.drop_column("lead_line", "product_id", schema="crm")
    op.alter_column("lead_line", "name", new_column_name="product", schema="crm")
    op.drop_table("product", schema="crm")
