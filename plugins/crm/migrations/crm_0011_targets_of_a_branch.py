"""a target is for a person alone, or with everyone below

Revision ID: crm_0011
Revises: crm_0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0011"
down_revision = "crm_0010"
branch_labels = None
depends_on = None

_UNIQUE = ["tenant_id", "owner_id", "pipeline_id", "period", "starts_on"]


def upgrade() -> None:
    op.add_column(
        "sales_target", sa.Column("covers", sa.Text(), server_default=sa.text("'person'"), nullable=False), schema="crm"
    )
    op.create_check_constraint(
        op.f("ck_sales_target_covers_choice"), "sales_target", "covers IN ('person', 'branch')", schema="crm"
    )
    _unique([*_UNIQUE, "covers"])


def downgrade() -> None:
    op.execute("DELETE FROM crm.sales_target WHERE covers = 'branch'")
    _unique(_UNIQUE)
    op.drop_constraint(op.f("ck_sales_target_covers_choice"), "sales_target", schema="crm", type_="check")
    op.drop_column("sales_target", "covers", schema="crm")


def _unique(columns: list[str]) -> None:
    op.drop_index("uq_sales_target", "sales_target", schema="crm")
    op.create_index(
        "uq_sales_target", "sales_target", columns, unique=True, schema="crm", postgresql_nulls_not_distinct=True
    )
