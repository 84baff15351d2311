"""merging

Revision ID: core_0010
Revises: core_0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0010"
down_revision = "core_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "duplicate_pair",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("first_id < second_id", name=op.f("ck_duplicate_pair_in_order")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_duplicate_pair"),
    )
    op.create_index(
        "ix_duplicate_pair_score",
        "duplicate_pair",
        ["tenant_id", "kind", "score", "id"],
        unique=False,
        postgresql_where=sa.text("dismissed_at IS NULL"),
    )
    op.create_index(
        "uq_duplicate_pair_records", "duplicate_pair", ["tenant_id", "kind", "first_id", "second_id"], unique=True
    )
    op.create_tenant_table(
        "duplicate_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("resource", sa.String(length=100), nullable=False),
        sa.Column(
            "resource_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(resource), '')", persisted=True),
            nullable=True,
        ),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column(
            "path_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(path), '')", persisted=True), nullable=True
        ),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("points BETWEEN 0 AND 100", name=op.f("ck_duplicate_rule_points_range")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_duplicate_rule"),
    )
    op.create_index("ix_duplicate_rule_path_sort", "duplicate_rule", ["tenant_id", "path_sort", "id"], unique=False)
    op.create_index(
        "ix_duplicate_rule_resource_sort", "duplicate_rule", ["tenant_id", "resource_sort", "id"], unique=False
    )
    op.create_index("uq_duplicate_rule_path", "duplicate_rule", ["tenant_id", "resource", "path"], unique=True)
    op.create_tenant_table(
        "merge",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("resource", sa.String(length=100), nullable=False),
        sa.Column(
            "resource_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(resource), '')", persisted=True),
            nullable=True,
        ),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("survivor_label", sa.String(length=255), nullable=False),
        sa.Column("merged_labels", sa.String(length=2000), nullable=False),
        sa.Column(
            "merged_ids", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("state IN ('done', 'undone')", name=op.f("ck_merge_state_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_merge"),
    )
    op.create_index("ix_merge_resource_sort", "merge", ["tenant_id", "resource_sort", "id"], unique=False)
    op.create_index("ix_merge_survivor", "merge", ["tenant_id", "survivor_id", "id"], unique=False)
    op.create_tenant_table(
        "merge_change",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("settled", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "merge_id"], ["merge.tenant_id", "merge.id"], name="fk_merge_change_merge", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "merge_id", "kind", "record_id", name="pk_merge_change"),
    )
    op.add_column("company", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.create_index("ix_company_merged_into_id", "company", ["tenant_id", "merged_into_id", "id"], unique=False)
    op.create_foreign_key(
        "fk_company_merged_into_id",
        "company",
        "company",
        ["tenant_id", "merged_into_id"],
        ["tenant_id", "id"],
        ondelete="SET NULL (merged_into_id)",
    )


def downgrade() -> None:
    op.drop_constraint("fk_company_merged_into_id", "company", type_="foreignkey")
    op.drop_index("ix_company_merged_into_id", table_name="company")
    op.drop_column("company", "merged_into_id")
    op.drop_table("merge_change")
    op.drop_index("ix_merge_survivor", table_name="merge")
    op.drop_index("ix_merge_resource_sort", table_name="merge")
    op.drop_table("merge")
    op.drop_index("uq_duplicate_rule_path", table_name="duplicate_rule")
    op.drop_index("ix_duplicate_rule_resource_sort", table_name="duplicate_rule")
    op.drop_index("ix_duplicate_rule_path_sort", table_name="duplicate_rule")
    op.drop_table("duplicate_rule")
    op.drop_index("uq_duplicate_pair_records", table_name="duplicate_pair")
    op.drop_index(
        "ix_duplicate_pair_score", table_name="duplicate_pair", postgresql_where=sa.text("dismissed_at IS NULL")
    )
    op.drop_table("duplicate_pair")
