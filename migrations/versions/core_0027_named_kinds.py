"""the records that a custom field or an access rule is for are chosen by their words

Revision ID: core_0027
Revises: core_0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0027"
down_revision = "core_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _become(sa.Text(), "coalesce(resource, '')")


def downgrade() -> None:
    _become(sa.String(length=100), "coalesce(lower(resource), '')")


def _become(kind: sa.types.TypeEngine, order: str) -> None:
    """PostgreSQL changes no column that a generated one is made of."""
    op.drop_index("ix_custom_field_def_resource_sort", table_name="custom_field_def")
    op.drop_column("custom_field_def", "resource_sort")
    for table in ("access_rule", "custom_field_def"):
        op.alter_column(table, "resource", type_=kind, existing_nullable=False)
    computed = sa.Computed(order, persisted=True)
    op.add_column("custom_field_def", sa.Column("resource_sort", sa.Text(collation="C"), computed, nullable=True))
    op.create_index("ix_custom_field_def_resource_sort", "custom_field_def", ["tenant_id", "resource_sort", "id"])
