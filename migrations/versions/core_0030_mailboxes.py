"""mailboxes

Revision ID: core_0030
Revises: core_0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0030"
down_revision = "core_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_tenant_table(
        "mail",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("from_name", sa.String(length=200), nullable=True),
        sa.Column("from_email", sa.String(length=254), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=500), nullable=False),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("refs", sa.Text(), nullable=True),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Uuid(), nullable=False),
        sa.Column("outgoing_id", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("left_out", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_mail_direction_choice")),
        sa.CheckConstraint("kind IN ('mail', 'auto_reply', 'bounce')", name=op.f("ck_mail_kind_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "outgoing_id"],
            ["outbound_message.tenant_id", "outbound_message.id"],
            name="fk_mail_outgoing_id",
            ondelete="SET NULL (outgoing_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mail"),
        sa.UniqueConstraint("tenant_id", "digest", name="uq_mail_digest"),
    )
    op.create_index("ix_mail_at_sort", "mail", ["tenant_id", "at_sort", "id"], unique=False)
    op.create_index("ix_mail_conversation", "mail", ["tenant_id", "conversation", "at"], unique=False)
    op.create_index("ix_mail_message_id", "mail", ["tenant_id", "message_id"], unique=False)
    op.create_index("ix_mail_outgoing_id", "mail", ["tenant_id", "outgoing_id", "id"], unique=False)
    op.create_index("ix_mail_root", "mail", ["tenant_id", "root"], unique=False)
    op.create_tenant_table(
        "mailbox",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "email_sort", sa.Text(collation="C"), sa.Computed("coalesce(email, '')", persisted=True), nullable=True
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("security", sa.Text(), nullable=False),
        sa.Column("username", sa.String(length=254), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("folders", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("makes_contacts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("has_password", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "state_sort", sa.Text(collation="C"), sa.Computed("coalesce(state, '')", persisted=True), nullable=True
        ),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("audience IN ('private', 'shared')", name=op.f("ck_mailbox_audience_choice")),
        sa.CheckConstraint("security IN ('tls', 'starttls', 'none')", name=op.f("ck_mailbox_security_choice")),
        sa.CheckConstraint("state IN ('new', 'works', 'stopped')", name=op.f("ck_mailbox_state_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["email_account.tenant_id", "email_account.id"],
            name="fk_mailbox_account_id",
            ondelete="SET NULL (account_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_mailbox_owner_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mailbox"),
        sa.UniqueConstraint("tenant_id", "email", name="uq_mailbox_email"),
    )
    op.create_index("ix_mailbox_account_id", "mailbox", ["tenant_id", "account_id", "id"], unique=False)
    op.create_index("ix_mailbox_email_sort", "mailbox", ["tenant_id", "email_sort", "id"], unique=False)
    op.create_index("ix_mailbox_owner_id", "mailbox", ["tenant_id", "owner_id", "id"], unique=False)
    op.create_index("ix_mailbox_state_sort", "mailbox", ["tenant_id", "state_sort", "id"], unique=False)
    op.create_tenant_table(
        "mail_folder",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("mailbox_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("high_uid", sa.BigInteger(), nullable=False),
        sa.Column("low_uid", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mailbox_id"],
            ["mailbox.tenant_id", "mailbox.id"],
            name="fk_mail_folder_mailbox_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mail_folder"),
        sa.UniqueConstraint("tenant_id", "mailbox_id", "name", name="uq_mail_folder_name"),
    )
    op.create_index("ix_mail_folder_mailbox_id", "mail_folder", ["tenant_id", "mailbox_id", "id"], unique=False)
    op.create_tenant_table(
        "mail_copy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("mailbox_id", sa.Uuid(), nullable=False),
        sa.Column("folder_id", sa.Uuid(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "folder_id"],
            ["mail_folder.tenant_id", "mail_folder.id"],
            name="fk_mail_copy_folder_id",
            ondelete="SET NULL (folder_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mail_id"], ["mail.tenant_id", "mail.id"], name="fk_mail_copy_mail_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mailbox_id"],
            ["mailbox.tenant_id", "mailbox.id"],
            name="fk_mail_copy_mailbox_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mail_copy"),
        sa.UniqueConstraint("tenant_id", "mail_id", "mailbox_id", name="uq_mail_copy_once"),
    )
    op.create_index("ix_mail_copy_folder_id", "mail_copy", ["tenant_id", "folder_id", "id"], unique=False)
    op.create_index("ix_mail_copy_mail_id", "mail_copy", ["tenant_id", "mail_id", "id"], unique=False)
    op.create_index("ix_mail_copy_mailbox_id", "mail_copy", ["tenant_id", "mailbox_id", "id"], unique=False)
    op.create_tenant_table(
        "mail_party",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint("role IN ('from', 'to', 'cc', 'bcc')", name=op.f("ck_mail_party_role_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name="fk_mail_party_contact_id",
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mail_id"], ["mail.tenant_id", "mail.id"], name="fk_mail_party_mail_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mail_party"),
        sa.UniqueConstraint("tenant_id", "mail_id", "role", "email", name="uq_mail_party_once"),
    )
    op.create_index("ix_mail_party_contact_id", "mail_party", ["tenant_id", "contact_id", "id"], unique=False)
    op.create_index("ix_mail_party_mail_id", "mail_party", ["tenant_id", "mail_id", "id"], unique=False)
    op.create_tenant_table(
        "mail_thread",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("mailbox_id", sa.Uuid(), nullable=True),
        sa.Column("conversation", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("who", sa.String(length=255), nullable=False),
        sa.Column("excerpt", sa.String(length=255), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "last_at_sort",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(last_at, 'infinity'::timestamptz)", persisted=True),
            nullable=True,
        ),
        sa.Column("is_unread", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_waiting", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("assigned_to_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "assigned_to_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_mail_thread_assigned_to_id",
            ondelete="SET NULL (assigned_to_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contact_id"],
            ["contact.tenant_id", "contact.id"],
            name="fk_mail_thread_contact_id",
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "mailbox_id"],
            ["mailbox.tenant_id", "mailbox.id"],
            name="fk_mail_thread_mailbox_id",
            ondelete="SET NULL (mailbox_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_mail_thread"),
        sa.UniqueConstraint("tenant_id", "mailbox_id", "conversation", name="uq_mail_thread_once"),
    )
    op.create_index("ix_mail_thread_assigned_to_id", "mail_thread", ["tenant_id", "assigned_to_id", "id"], unique=False)
    op.create_index("ix_mail_thread_contact_id", "mail_thread", ["tenant_id", "contact_id", "id"], unique=False)
    op.create_index("ix_mail_thread_last", "mail_thread", ["tenant_id", "mailbox_id", "last_at", "id"], unique=False)
    op.create_index("ix_mail_thread_last_at_sort", "mail_thread", ["tenant_id", "last_at_sort", "id"], unique=False)
    op.create_index("ix_mail_thread_mailbox_id", "mail_thread", ["tenant_id", "mailbox_id", "id"], unique=False)
    op.create_index(
        "ix_mail_thread_unread",
        "mail_thread",
        ["tenant_id", "mailbox_id", "last_at"],
        unique=False,
        postgresql_where=sa.text("is_unread"),
    )
    op.create_index(
        "ix_mail_thread_waiting",
        "mail_thread",
        ["tenant_id", "mailbox_id", "last_at"],
        unique=False,
        postgresql_where=sa.text("is_waiting"),
    )


def downgrade() -> None:
    op.drop_index("ix_mail_thread_waiting", table_name="mail_thread", postgresql_where=sa.text("is_waiting"))
    op.drop_index("ix_mail_thread_unread", table_name="mail_thread", postgresql_where=sa.text("is_unread"))
    op.drop_index("ix_mail_thread_mailbox_id", table_name="mail_thread")
    op.drop_index("ix_mail_thread_last_at_sort", table_name="mail_thread")
    op.drop_index("ix_mail_thread_last", table_name="mail_thread")
    op.drop_index("ix_mail_thread_contact_id", table_name="mail_thread")
    op.drop_index("ix_mail_thread_assigned_to_id", table_name="mail_thread")
    op.drop_table("mail_thread")
    op.drop_index("ix_mail_party_mail_id", table_name="mail_party")
    op.drop_index("ix_mail_party_contact_id", table_name="mail_party")
    op.drop_table("mail_party")
    op.drop_index("ix_mail_copy_mailbox_id", table_name="mail_copy")
    op.drop_index("ix_mail_copy_mail_id", table_name="mail_copy")
    op.drop_index("ix_mail_copy_folder_id", table_name="mail_copy")
    op.drop_table("mail_copy")
    op.drop_index("ix_mail_folder_mailbox_id", table_name="mail_folder")
    op.drop_table("mail_folder")
    op.drop_index("ix_mailbox_state_sort", table_name="mailbox")
    op.drop_index("ix_mailbox_owner_id", table_name="mailbox")
    op.drop_index("ix_mailbox_email_sort", table_name="mailbox")
    op.drop_index("ix_mailbox_account_id", table_name="mailbox")
    op.drop_table("mailbox")
    op.drop_index("ix_mail_root", table_name="mail")
    op.drop_index("ix_mail_outgoing_id", table_name="mail")
    op.drop_index("ix_mail_message_id", table_name="mail")
    op.drop_index("ix_mail_conversation", table_name="mail")
    op.drop_index("ix_mail_at_sort", table_name="mail")
    op.drop_table("mail")
