"""countries, languages and time zones are chosen by their names

Revision ID: core_0028
Revises: core_0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0028"
down_revision = "core_0027"
branch_labels = None
depends_on = None

_COLUMNS = (("company", "country", 2), ("contact_address", "country", 2), ("contact", "locale", 20),
            ("contact", "timezone", 64))  # fmt: skip


def upgrade() -> None:
    for table, column, _length in _COLUMNS:
        op.alter_column(table, column, type_=sa.Text(), existing_nullable=True)


def downgrade() -> None:
    for table, column, length in _COLUMNS:
        op.alter_column(table, column, type_=sa.String(length=length), existing_nullable=True)
