"""teams and row scopes

Revision ID: core_0009
Revises: core_0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None


def _stamps() -> list[sa.Column[object]]:
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


def upgrade() -> None:
    op.create_tenant_table(
        "team",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort",
            sa.Text(collation="C"),
            sa.Computed("coalesce(lower(name), '')", persisted=True),
            nullable=True,
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        sa.CheckConstraint("privacy IN ('public', 'private', 'secret')", name=op.f("ck_team_privacy_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_team"),
    )
    op.create_index("ix_team_name_sort", "team", ["tenant_id", "name_sort", "id"], unique=False)
    op.create_tenant_table(
        "team_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        *_stamps(),
        sa.CheckConstraint("role IN ('member', 'lead')", name=op.f("ck_team_member_role_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_team_member_membership_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "team_id"], ["team.tenant_id", "team.id"], name="fk_team_member_team_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_team_member"),
    )
    op.create_index("ix_team_member_membership_id", "team_member", ["tenant_id", "membership_id", "id"], unique=False)
    op.create_index("ix_team_member_team_id", "team_member", ["tenant_id", "team_id", "id"], unique=False)
    op.create_index(
        "uq_team_member_place",
        "team_member",
        ["tenant_id", "team_id", "membership_id"],
        unique=True,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_constraint(op.f("ck_access_rule_row_scope_choice"), "access_rule")
    op.create_check_constraint(
        op.f("ck_access_rule_row_scope_choice"), "access_rule", "row_scope IN ('default', 'all', 'team', 'own')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_access_rule_row_scope_choice"), "access_rule")
    # Row-level security is forced: as the owner of the table alone, nobody sees a row.
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    op.execute("UPDATE access_rule SET row_scope = 'own' WHERE row_scope = 'team'")
    op.execute("UPDATE access_rule SET row_scope = 'all' WHERE row_scope = 'default'")
    op.execute("RESET ROLE")
    op.create_check_constraint(op.f("ck_access_rule_row_scope_choice"), "access_rule", "row_scope IN ('all', 'own')")
    op.drop_table("team_member")
    op.drop_table("team")
