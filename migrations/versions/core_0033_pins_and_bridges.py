"""bridges remember what switched them, and tenants the version of a plugin that they work with and stay with

Revision ID: core_0033
Revises: core_0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0033"
down_revision = "core_0032"
branch_labels = None
depends_on = None

_CHECK = "ck_tenant_plugin_by_hand_choice"
_NEW = ("pin_by_operator", "pin_reason", "pin_until", "pin", "held", "plugin_version", "along_with")


def upgrade() -> None:
    no = sa.text("false")
    op.add_column("tenant_plugin", sa.Column("by_hand", sa.Text(), nullable=True))
    op.create_check_constraint(op.f(_CHECK), "tenant_plugin", "by_hand IN ('off', 'read_only')")
    op.add_column("tenant_plugin", sa.Column("along_with", sa.String(length=50), nullable=True))
    op.add_column("tenant_plugin", sa.Column("plugin_version", sa.String(length=50), nullable=True))
    op.add_column("tenant_plugin", sa.Column("held", sa.Boolean(), server_default=no, nullable=False))
    op.add_column("tenant_plugin", sa.Column("pin", sa.String(length=100), nullable=True))
    op.add_column("tenant_plugin", sa.Column("pin_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tenant_plugin", sa.Column("pin_reason", sa.String(length=255), nullable=True))
    op.add_column("tenant_plugin", sa.Column("pin_by_operator", sa.Boolean(), server_default=no, nullable=False))
    op.add_column("installed_plugin", sa.Column("may_pin", sa.Boolean(), server_default=no, nullable=False))


def downgrade() -> None:
    op.drop_column("installed_plugin", "may_pin")
    for name in _NEW:
        op.drop_column("tenant_plugin", name)
    op.drop_constraint(op.f(_CHECK), "tenant_plugin", type_="check")
    op.drop_column("tenant_plugin", "by_hand")
