"""channels and payments

Revision ID: core_0022
Revises: core_0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0022"
down_revision = "core_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _choices()
    _messages()


def _choices() -> None:
    """Ways to be told become names of channels, which the database need not know."""
    op.drop_constraint(op.f("ck_notice_preference_delivery_choice"), "notice_preference", type_="check")
    op.alter_column("notice_preference", "delivery", new_column_name="ways", type_=sa.String(length=500))
    op.create_tenant_table(
        "channel_address",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        *_stamps(),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_channel_address_member_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_channel_address"),
        sa.UniqueConstraint("tenant_id", "member_id", "channel", name="uq_channel_address_once"),
    )
    op.create_index("ix_channel_address_member_id", "channel_address", ["tenant_id", "member_id", "id"], unique=False)


def _messages() -> None:
    """What leaves the house goes by any channel, to addresses of any kind."""
    op.drop_constraint(op.f("ck_outbound_message_channel_choice"), "outbound_message", type_="check")
    op.drop_index("ix_outbound_message_recipient_sort", table_name="outbound_message")
    op.drop_column("outbound_message", "recipient_sort")
    op.alter_column("outbound_message", "recipient", type_=sa.String(length=500))
    op.add_column(
        "outbound_message",
        sa.Column(
            "recipient_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(recipient), '')", persisted=True),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_outbound_message_recipient_sort", "outbound_message", ["tenant_id", "recipient_sort", "id"], unique=False
    )
    op.add_column("outbound_message", sa.Column("link", sa.Text(), nullable=True))
    op.add_column(
        "outbound_message",
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("outbound_message", sa.Column("provider_id", sa.String(length=255), nullable=True))
    op.create_index(
        "ix_outbound_message_provider",
        "outbound_message",
        ["tenant_id", "channel", "provider_id"],
        unique=False,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )


def _stamps() -> list[sa.Column]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    ]


def downgrade() -> None:
    """Choices of other channels, and messages by them, are gone afterwards: nobody could read them."""
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    op.execute("DELETE FROM notice_preference WHERE ways NOT IN ('off', 'in_app', 'digest', 'email')")
    op.execute("DELETE FROM outbound_message WHERE channel NOT IN ('email', 'whatsapp', 'sms')")
    op.execute("RESET ROLE")
    op.drop_index("ix_outbound_message_provider", table_name="outbound_message")
    op.drop_column("outbound_message", "provider_id")
    op.drop_column("outbound_message", "data")
    op.drop_column("outbound_message", "link")
    op.drop_index("ix_outbound_message_recipient_sort", table_name="outbound_message")
    op.drop_column("outbound_message", "recipient_sort")
    op.alter_column("outbound_message", "recipient", type_=sa.String(length=254))
    op.add_column(
        "outbound_message",
        sa.Column(
            "recipient_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(recipient, '')", persisted=True),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_outbound_message_recipient_sort", "outbound_message", ["tenant_id", "recipient_sort", "id"], unique=False
    )
    op.create_check_constraint(
        op.f("ck_outbound_message_channel_choice"), "outbound_message", "channel IN ('email', 'whatsapp', 'sms')"
    )
    op.drop_table("channel_address")
    op.alter_column("notice_preference", "ways", new_column_name="delivery", type_=sa.Text())
    op.create_check_constraint(
        op.f("ck_notice_preference_delivery_choice"),
        "notice_preference",
        "delivery IN ('off', 'in_app', 'digest', 'email')",
    )
