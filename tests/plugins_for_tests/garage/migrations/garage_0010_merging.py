"""merging

Revision ID: garage_0010
Revises: garage_0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "garage_0010"
down_revision = "garage_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vehicle", sa.Column("merged_into_id", sa.Uuid(), nullable=True), schema="garage")
    op.create_index(
        "ix_vehicle_merged_into_id", "vehicle", ["tenant_id", "merged_into_id", "id"], unique=False, schema="garage"
    )
    op.create_foreign_key(
        "fk_vehicle_merged_into_id",
        "vehicle",
        "vehicle",
        ["tenant_id", "merged_into_id"],
        ["tenant_id", "id"],
        source_schema="garage",
        referent_schema="garage",
        ondelete="SET NULL (merged_into_id)",
    )


def downgrade() -> None:
    op.drop_constraint("fk_vehicle_merged_into_id", "vehicle", schema="garage", type_="foreignkey")
    op.drop_index("ix_vehicle_merged_into_id", table_name="vehicle", schema="garage")
    op.drop_column("vehicle", "merged_into_id", schema="garage")
