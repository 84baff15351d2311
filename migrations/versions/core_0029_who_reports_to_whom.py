"""who reports to whom

Revision ID: core_0029
Revises: core_0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0029"
down_revision = "core_0028"
branch_labels = None
depends_on = None

_KEY, _INDEX = "fk_membership_reports_to_id", "ix_membership_reports_to_id"


def upgrade() -> None:
    op.add_column("membership", sa.Column("reports_to_id", sa.Uuid(), nullable=True))
    op.create_index(_INDEX, "membership", ["tenant_id", "reports_to_id", "id"])
    op.create_foreign_key(
        _KEY, "membership", "membership", ["tenant_id", "reports_to_id"], ["tenant_id", "id"],
        ondelete="SET NULL (reports_to_id)",
    )  # fmt: skip


def downgrade() -> None:
    op.drop_constraint(_KEY, "membership", type_="foreignkey")
    op.drop_index(_INDEX, "membership")
    op.drop_column("membership", "reports_to_id")
