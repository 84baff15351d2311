"""zones, where addresses are, what timelines write their sentences from

Revision ID: core_0035
Revises: core_0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0035"
down_revision = "core_0034"
branch_labels = None
depends_on = None

_CHECK = "ck_contact_address_geocode_state_choice"


def upgrade() -> None:
    op.create_tenant_table(
        "zone",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("postal_codes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_zone"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_zone_name"),
    )
    op.create_index("ix_zone_name_sort", "zone", ["tenant_id", "name_sort", "id"])
    op.add_column("contact_address", sa.Column("zone_id", sa.Uuid(), nullable=True))
    op.add_column("contact_address", sa.Column("geocode_state", sa.Text(), nullable=True))
    op.add_column("contact_address", sa.Column("geocoded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f(_CHECK), "contact_address", "geocode_state IN ('found', 'none')")
    op.create_foreign_key(
        "fk_contact_address_zone_id", "contact_address", "zone", ["tenant_id", "zone_id"], ["tenant_id", "id"],
        ondelete="SET NULL (zone_id)",
    )  # fmt: skip
    op.create_index("ix_contact_address_zone_id", "contact_address", ["tenant_id", "zone_id", "id"])
    op.add_column(
        "timeline_entry", sa.Column("facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("timeline_entry", "facts")
    op.drop_column("contact_address", "zone_id")
    op.drop_constraint(op.f(_CHECK), "contact_address", type_="check")
    op.drop_column("contact_address", "geocoded_at")
    op.drop_column("contact_address", "geocode_state")
    op.drop_table("zone")
