"""the time zone of an appointment is chosen from a list

Revision ID: crm_0010
Revises: crm_0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0010"
down_revision = "crm_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("appointment", "timezone", type_=sa.Text(), existing_nullable=False, schema="crm")


def downgrade() -> None:
    op.alter_column("appointment", "timezone", type_=sa.String(length=64), existing_nullable=False, schema="crm")
