"""channels and payments

Revision ID: core_0022
Revises: core_0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0022"
down_revision = "core_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _choices()
    _messages()
    _payments()


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


def _payments() -> None:
    op.create_tenant_table(
        "provider_address",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        *_stamps(),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_provider_address"),
        sa.UniqueConstraint("tenant_id", "provider", name="uq_provider_address_once"),
    )
    op.create_tenant_table(
        "payment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "number_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(number), '')", persisted=True),
            nullable=True,
        ),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("payer_email", sa.String(length=254), nullable=True),
        sa.Column("target_type", sa.String(length=100), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "paid_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(paid_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=True),
        sa.Column("refunded_currency", sa.String(length=3), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("receipt", sa.String(length=2000), nullable=True),
        sa.Column("charge", sa.String(length=255), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("page_id", sa.Text(), nullable=True),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("page_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        *_stamps(),
        sa.CheckConstraint(
            "state IN ('pending', 'paid', 'failed', 'expired', 'refunded')", name=op.f("ck_payment_state_choice")
        ),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (amount_currency IS NULL)", name=op.f("ck_payment_amount_money_whole")
        ),
        sa.CheckConstraint(
            "(refunded_minor IS NULL) = (refunded_currency IS NULL)", name=op.f("ck_payment_refunded_money_whole")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount_positive")),
        sa.CheckConstraint(
            "refunded_minor > 0 AND refunded_minor <= amount_minor", name=op.f("ck_payment_refunded_within")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name="fk_payment_contact_id",
            ondelete="SET NULL (contact_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_payment"),
        sa.UniqueConstraint("tenant_id", "dedupe_key", name="uq_payment_once"),
    )
    op.create_index("ix_payment_contact_id", "payment", ["tenant_id", "contact_id", "id"], unique=False)
    op.create_index("ix_payment_number_sort", "payment", ["tenant_id", "number_sort", "id"], unique=False)
    op.create_index(
        "ix_payment_open",
        "payment",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'failed')"),
    )
    op.create_index("ix_payment_paid_at_sort", "payment", ["tenant_id", "paid_at_sort", "id"], unique=False)
    op.create_index("ix_payment_state_sort", "payment", ["tenant_id", "state_sort", "id"], unique=False)
    op.create_index("ix_payment_target", "payment", ["tenant_id", "target_type", "target_id", "id"], unique=False)
    op.create_tenant_table(
        "payment_refund",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.String(length=255), nullable=True),
        *_stamps(),
        sa.CheckConstraint("state IN ('doing', 'done', 'failed')", name=op.f("ck_payment_refund_state_choice")),
        sa.CheckConstraint(
            "(amount_minor IS NULL) = (amount_currency IS NULL)", name=op.f("ck_payment_refund_amount_money_whole")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payment.tenant_id", "payment.id"],
            name="fk_payment_refund_payment_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_payment_refund"),
    )
    op.create_index("ix_payment_refund_payment_id", "payment_refund", ["tenant_id", "payment_id", "id"], unique=False)
    op.create_index("ix_payment_refund_state_sort", "payment_refund", ["tenant_id", "state_sort", "id"], unique=False)


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
    op.drop_table("payment_refund")
    op.drop_table("payment")
    op.drop_table("provider_address")
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
