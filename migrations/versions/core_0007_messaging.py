"""messaging

Revision ID: core_0007
Revises: core_0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "communication_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column(
            "key_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(key), '')", persisted=True), nullable=True
        ),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=True),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "channel IN ('email', 'whatsapp', 'sms')", name=op.f("ck_communication_template_channel_choice")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_communication_template"),
        sa.UniqueConstraint("tenant_id", "channel", "key", "language", name="uq_communication_template_key"),
    )
    op.create_index(
        "ix_communication_template_key_sort", "communication_template", ["tenant_id", "key_sort", "id"], unique=False
    )
    op.create_tenant_table(
        "email_account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "email_sort", sa.Text(collation="C"), sa.Computed("coalesce(email, '')", persisted=True), nullable=True
        ),
        sa.Column("sender_name", sa.String(length=100), nullable=True),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("security", sa.Text(), nullable=False),
        sa.Column("username", sa.String(length=254), nullable=True),
        sa.Column("daily_limit", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("has_password", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("security IN ('starttls', 'tls', 'none')", name=op.f("ck_email_account_security_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_email_account"),
    )
    op.create_index("ix_email_account_email_sort", "email_account", ["tenant_id", "email_sort", "id"], unique=False)
    op.create_tenant_table(
        "send_quota",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("sender", sa.String(length=60), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_send_quota"),
        sa.UniqueConstraint("tenant_id", "sender", "on_day", name="uq_send_quota_day"),
    )
    op.create_tenant_table(
        "outbound_message",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "attachments", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column(
            "recipient_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(recipient, '')", persisted=True),
            nullable=True,
        ),
        sa.Column("recipient_name", sa.String(length=200), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("channel IN ('email', 'whatsapp', 'sms')", name=op.f("ck_outbound_message_channel_choice")),
        sa.CheckConstraint(
            "state IN ('pending', 'claimed', 'sending', 'sent', 'failed', 'unknown')",
            name=op.f("ck_outbound_message_state_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["email_account.tenant_id", "email_account.id"],
            name="fk_outbound_message_account_id",
            ondelete="SET NULL (account_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_outbound_message"),
        sa.UniqueConstraint("tenant_id", "dedupe_key", name="uq_outbound_message_once"),
    )
    op.create_index(
        "ix_outbound_message_account_id", "outbound_message", ["tenant_id", "account_id", "id"], unique=False
    )
    op.create_index(
        "ix_outbound_message_due",
        "outbound_message",
        ["tenant_id", "not_before"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
    )
    op.create_index(
        "ix_outbound_message_recipient_sort", "outbound_message", ["tenant_id", "recipient_sort", "id"], unique=False
    )
    op.create_index(
        "ix_outbound_message_state_sort", "outbound_message", ["tenant_id", "state_sort", "id"], unique=False
    )
    op.create_tenant_table(
        "notice_preference",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "delivery IN ('off', 'in_app', 'digest', 'email')", name=op.f("ck_notice_preference_delivery_choice")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_notice_preference_member_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_notice_preference"),
        sa.UniqueConstraint("tenant_id", "member_id", "kind", name="uq_notice_preference_kind"),
    )
    op.create_index(
        "ix_notice_preference_member_id", "notice_preference", ["tenant_id", "member_id", "id"], unique=False
    )
    op.create_tenant_table(
        "notification",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("target_type", sa.String(length=100), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "due_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(due_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail", sa.String(length=10), server_default=sa.text("'none'"), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_notification_member_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_notification"),
    )
    op.create_index("ix_notification_due_at_sort", "notification", ["tenant_id", "due_at_sort", "id"], unique=False)
    op.create_index(
        "ix_notification_mail",
        "notification",
        ["tenant_id", "mail", "due_at"],
        unique=False,
        postgresql_where=sa.text("mail IN ('wanted', 'digest')"),
    )
    op.create_index("ix_notification_member", "notification", ["tenant_id", "member_id", "due_at", "id"], unique=False)
    op.create_index("ix_notification_member_id", "notification", ["tenant_id", "member_id", "id"], unique=False)
    op.create_index("ix_notification_target", "notification", ["tenant_id", "target_type", "target_id"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["tenant_id", "member_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "uq_notification_once",
        "notification",
        ["tenant_id", "member_id", "dedupe_key"],
        unique=True,
        postgresql_where=sa.text("dedupe_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_notification_once", table_name="notification", postgresql_where=sa.text("dedupe_key IS NOT NULL"))
    op.drop_index("ix_notification_unread", table_name="notification", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_index("ix_notification_target", table_name="notification")
    op.drop_index("ix_notification_member_id", table_name="notification")
    op.drop_index("ix_notification_member", table_name="notification")
    op.drop_index(
        "ix_notification_mail", table_name="notification", postgresql_where=sa.text("mail IN ('wanted', 'digest')")
    )
    op.drop_index("ix_notification_due_at_sort", table_name="notification")
    op.drop_table("notification")
    op.drop_index("ix_notice_preference_member_id", table_name="notice_preference")
    op.drop_table("notice_preference")
    op.drop_index("ix_outbound_message_state_sort", table_name="outbound_message")
    op.drop_index("ix_outbound_message_recipient_sort", table_name="outbound_message")
    op.drop_index(
        "ix_outbound_message_due",
        table_name="outbound_message",
        postgresql_where=sa.text("state IN ('pending', 'claimed', 'sending')"),
    )
    op.drop_index("ix_outbound_message_account_id", table_name="outbound_message")
    op.drop_table("outbound_message")
    op.drop_table("send_quota")
    op.drop_index("ix_email_account_email_sort", table_name="email_account")
    op.drop_table("email_account")
    op.drop_index("ix_communication_template_key_sort", table_name="communication_template")
    op.drop_table("communication_template")
