"""pictures in fields of records; contacts and companies have one

Revision ID: core_0032
Revises: core_0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0032"
down_revision = "core_0031"
branch_labels = None
depends_on = None

_SHOWN = (("contact", "photo"), ("company", "logo"))


def upgrade() -> None:
    op.create_tenant_table(
        "picture",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("goes_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "key", name="pk_picture"),
    )
    op.create_tenant_table(
        "picture_file",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("size", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "key"], ["picture.tenant_id", "picture.key"], name="fk_picture_file_key", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", "size", name="pk_picture_file"),
    )
    op.create_index("ix_picture_file_key", "picture_file", ["tenant_id", "key"], unique=False)
    for table, column in _SHOWN:
        op.add_column(table, sa.Column(column, sa.String(length=60), nullable=True))
        op.create_index(f"ix_{table}_{column}", table, ["tenant_id", column], unique=False)
        op.create_foreign_key(f"fk_{table}_{column}", table, "picture", ["tenant_id", column], ["tenant_id", "key"])


def downgrade() -> None:
    for table, column in _SHOWN:
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")
        op.drop_index(f"ix_{table}_{column}", table_name=table)
        op.drop_column(table, column)
    op.drop_table("picture_file")
    op.drop_table("picture")
