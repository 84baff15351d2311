"""other ways to sign in: whose they are, which begin now, and how a session began

Revision ID: core_0023
Revises: core_0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0023"
down_revision = "core_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account_session", sa.Column("way", sa.String(length=50), server_default=sa.text("'password'"), nullable=False)
    )
    op.create_global_table(
        "account_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=320), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ab_user.id"], name=op.f("fk_account_identity_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_identity")),
        sa.UniqueConstraint("issuer", "subject", name="uq_account_identity_whose"),
        sa.UniqueConstraint("account_id", "issuer", name="uq_account_identity_one_each"),
    )
    op.create_global_table(
        "pending_sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("way", sa.String(length=50), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("nonce", sa.String(length=64), server_default="", nullable=False),
        sa.Column("verifier", sa.String(length=128), server_default="", nullable=False),
        sa.Column("target", sa.Text(), server_default="", nullable=False),
        sa.Column("typed", sa.Text(), server_default="", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ab_user.id"], name=op.f("fk_pending_sign_in_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_pending_sign_in")),
    )
    op.create_index("ix_pending_sign_in_account_id", "pending_sign_in", ["account_id"], unique=False)
    op.create_index("ix_pending_sign_in_expires_at", "pending_sign_in", ["expires_at"], unique=False)


def downgrade() -> None:
    """Who came in only by another way needs a password afterwards, or the operator."""
    op.drop_table("pending_sign_in")
    op.drop_table("account_identity")
    op.drop_column("account_session", "way")
