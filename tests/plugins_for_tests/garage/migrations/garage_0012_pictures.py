"""a picture of each vehicle

Revision ID: garage_0012
Revises: garage_0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "garage_0012"
down_revision = "garage_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("vehicle", sa.Column("photo", sa.String(length=60), nullable=True), schema="garage")
    op.create_index("ix_vehicle_photo", "vehicle", ["tenant_id", "photo"], unique=False, schema="garage")
    op.create_foreign_key(
        "fk_vehicle_photo", "vehicle", "picture", ["tenant_id", "photo"], ["tenant_id", "key"], source_schema="garage"
    )


def downgrade() -> None:
    op.drop_constraint("fk_vehicle_photo", "vehicle", type_="foreignkey", schema="garage")
    op.drop_index("ix_vehicle_photo", table_name="vehicle", schema="garage")
    op.drop_column("vehicle", "photo", schema="garage")
