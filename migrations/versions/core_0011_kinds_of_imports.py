"""kinds of imports and exports have words

Revision ID: core_0011
Revises: core_0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0011"
down_revision = "core_0007"
branch_labels = None
depends_on = None
_TABLES = ("import", "export", "import_mapping")


def upgrade() -> None:
    for table in _TABLES:
        op.alter_column(
            table, "resource", type_=sa.Text(), existing_type=sa.String(length=100), existing_nullable=False
        )


def downgrade() -> None:
    for table in _TABLES:
        op.alter_column(
            table, "resource", type_=sa.String(length=100), existing_type=sa.Text(), existing_nullable=False
        )
