"""territories

Revision ID: crm_0012
Revises: crm_0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0012"
down_revision = "crm_0011"
branch_labels = None
depends_on = None

_FIELDS = (
    "'source', 'title', 'description', 'value', 'priority', 'tags', 'pipeline', 'stage', 'status', 'contact', "
    "'company', 'company.country', 'company.city', 'company.industry', 'company.size'"
)
_MORE_FIELDS = (
    "'source', 'title', 'description', 'value', 'priority', 'tags', 'pipeline', 'stage', 'status', 'custom', "
    "'address.country', 'address.state', 'address.city', 'address.postal_code', 'contact', 'contact.locale', "
    "'contact.source', 'contact.tags', 'contact.custom', 'company', 'company.country', 'company.city', "
    "'company.industry', 'company.size', 'company.tags', 'company.custom'"
)
_OPERATORS = "'is', 'is_not', 'one_of', 'contains', 'starts', 'at_least', 'at_most', 'filled', 'empty'"
_MORE_OPERATORS = "'is', 'is_not', 'one_of', 'contains', 'starts', 'between', 'at_least', 'at_most', 'filled', 'empty'"
_ONE_TARGET = "team_id IS NULL OR member_id IS NULL"
_ONE_OF_THREE = "(team_id IS NOT NULL)::int + (member_id IS NOT NULL)::int + is_territorial::int <= 1"


def upgrade() -> None:
    op.create_tenant_table(
        "territory_review",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("which", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("by_hand", sa.BigInteger(), nullable=False),
        sa.Column("would_move", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("moves", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(
            "state IN ('counting', 'ready', 'moving', 'done')", name=op.f("ck_territory_review_state_choice")
        ),
        sa.CheckConstraint("which IN ('open', 'all')", name=op.f("ck_territory_review_which_choice")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_territory_review"),
        schema="crm",
    )
    op.create_tenant_table(
        "territory",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("part_of_id", sa.Uuid(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=True),
        sa.Column("shares_leads", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "position_sort",
            sa.BigInteger(),
            sa.Computed("coalesce(position, 9223372036854775807)", persisted=True),
            nullable=True,
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "colour IN ('grey', 'blue', 'green', 'amber', 'red', 'purple', 'pink')",
            name=op.f("ck_territory_colour_choice"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "manager_id"],
            ["membership.tenant_id", "membership.id"],
            name="fk_territory_manager_id",
            ondelete="SET NULL (manager_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "part_of_id"],
            ["crm.territory.tenant_id", "crm.territory.id"],
            name="fk_territory_part_of_id",
            ondelete="NO ACTION",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_territory"),
        schema="crm",
    )
    op.create_index(
        "ix_territory_manager_id", "territory", ["tenant_id", "manager_id", "id"], unique=False, schema="crm"
    )
    op.create_index("ix_territory_name_sort", "territory", ["tenant_id", "name_sort", "id"], unique=False, schema="crm")
    op.create_index(
        "ix_territory_part_of_id", "territory", ["tenant_id", "part_of_id", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_territory_position_sort", "territory", ["tenant_id", "position_sort", "id"], unique=False, schema="crm"
    )
    op.create_tenant_table(
        "territory_member",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
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
            name="fk_territory_member_member_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "territory_id"],
            ["crm.territory.tenant_id", "crm.territory.id"],
            name="fk_territory_member_territory_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_territory_member"),
        schema="crm",
    )
    op.create_index(
        "ix_territory_member_member_id",
        "territory_member",
        ["tenant_id", "member_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "ix_territory_member_territory_id",
        "territory_member",
        ["tenant_id", "territory_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_index(
        "uq_territory_member", "territory_member", ["tenant_id", "territory_id", "member_id"], unique=True, schema="crm"
    )
    op.create_tenant_table(
        "territory_rule",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "name_sort", sa.Text(collation="C"), sa.Computed("coalesce(lower(name), '')", persisted=True), nullable=True
        ),
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "territory_id"],
            ["crm.territory.tenant_id", "crm.territory.id"],
            name="fk_territory_rule_territory_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_territory_rule"),
        schema="crm",
    )
    op.create_index(
        "ix_territory_rule_name_sort", "territory_rule", ["tenant_id", "name_sort", "id"], unique=False, schema="crm"
    )
    op.create_index(
        "ix_territory_rule_territory_id",
        "territory_rule",
        ["tenant_id", "territory_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_tenant_table(
        "territory_condition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("custom_key", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(f"field IN ({_MORE_FIELDS})", name=op.f("ck_territory_condition_field_choice")),
        sa.CheckConstraint(f"operator IN ({_MORE_OPERATORS})", name=op.f("ck_territory_condition_operator_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["crm.territory_rule.tenant_id", "crm.territory_rule.id"],
            name="fk_territory_condition_rule_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_territory_condition"),
        schema="crm",
    )
    op.create_index(
        "ix_territory_condition_rule_id",
        "territory_condition",
        ["tenant_id", "rule_id", "id"],
        unique=False,
        schema="crm",
    )
    op.create_tenant_table(
        "territory_change",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("from_name", sa.String(length=100), nullable=True),
        sa.Column("to_name", sa.String(length=100), nullable=True),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "lead_id"],
            ["crm.lead.tenant_id", "crm.lead.id"],
            name="fk_territory_change_lead_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_territory_change"),
        schema="crm",
    )
    op.create_index(
        "ix_territory_change_lead_id", "territory_change", ["tenant_id", "lead_id", "id"], unique=False, schema="crm"
    )
    op.add_column(
        "assignment_rule",
        sa.Column("is_territorial", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="crm",
    )
    op.add_column("lead", sa.Column("territory_id", sa.Uuid(), nullable=True), schema="crm")
    op.add_column(
        "lead",
        sa.Column("territory_by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="crm",
    )
    op.create_index("ix_lead_territory_id", "lead", ["tenant_id", "territory_id", "id"], unique=False, schema="crm")
    op.create_foreign_key(
        "fk_lead_territory_id",
        "lead",
        "territory",
        ["tenant_id", "territory_id"],
        ["tenant_id", "id"],
        source_schema="crm",
        referent_schema="crm",
        ondelete="NO ACTION",
    )
    op.add_column("rule_condition", sa.Column("country", sa.Text(), nullable=True), schema="crm")
    op.add_column("rule_condition", sa.Column("language", sa.Text(), nullable=True), schema="crm")
    op.add_column("rule_condition", sa.Column("custom_key", sa.String(length=40), nullable=True), schema="crm")
    op.add_column("sales_target", sa.Column("territory_id", sa.Uuid(), nullable=True), schema="crm")
    op.drop_index(op.f("uq_sales_target"), table_name="sales_target", schema="crm", postgresql_nulls_not_distinct=True)
    op.create_index(
        "uq_sales_target",
        "sales_target",
        ["tenant_id", "owner_id", "pipeline_id", "territory_id", "period", "starts_on", "covers"],
        unique=True,
        schema="crm",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(
        "ix_sales_target_territory_id", "sales_target", ["tenant_id", "territory_id", "id"], unique=False, schema="crm"
    )
    op.create_foreign_key(
        "fk_sales_target_territory_id",
        "sales_target",
        "territory",
        ["tenant_id", "territory_id"],
        ["tenant_id", "id"],
        source_schema="crm",
        referent_schema="crm",
        ondelete="CASCADE",
    )
    _check("rule_condition", "field_choice", f"field IN ({_MORE_FIELDS})")
    _check("rule_condition", "operator_choice", f"operator IN ({_MORE_OPERATORS})")
    _check("assignment_rule", "one_target", _ONE_OF_THREE)


def _check(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, schema="crm", type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="crm")


def downgrade() -> None:
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    newer = f"field NOT IN ({_FIELDS}) OR operator NOT IN ({_OPERATORS})"
    asked = f"SELECT tenant_id, rule_id FROM crm.rule_condition WHERE {newer}"
    op.execute(f"DELETE FROM crm.assignment_rule WHERE is_territorial OR (tenant_id, id) IN ({asked})")
    op.execute("DELETE FROM crm.sales_target WHERE territory_id IS NOT NULL")
    op.execute("RESET ROLE")
    _check("assignment_rule", "one_target", _ONE_TARGET)
    _check("rule_condition", "operator_choice", f"operator IN ({_OPERATORS})")
    _check("rule_condition", "field_choice", f"field IN ({_FIELDS})")
    op.drop_constraint("fk_sales_target_territory_id", "sales_target", schema="crm", type_="foreignkey")
    op.drop_index("ix_sales_target_territory_id", table_name="sales_target", schema="crm")
    op.drop_index("uq_sales_target", table_name="sales_target", schema="crm", postgresql_nulls_not_distinct=True)
    op.create_index(
        op.f("uq_sales_target"),
        "sales_target",
        ["tenant_id", "owner_id", "pipeline_id", "period", "starts_on", "covers"],
        unique=True,
        schema="crm",
        postgresql_nulls_not_distinct=True,
    )
    op.drop_column("sales_target", "territory_id", schema="crm")
    op.drop_column("rule_condition", "custom_key", schema="crm")
    op.drop_column("rule_condition", "language", schema="crm")
    op.drop_column("rule_condition", "country", schema="crm")
    op.drop_constraint("fk_lead_territory_id", "lead", schema="crm", type_="foreignkey")
    op.drop_index("ix_lead_territory_id", table_name="lead", schema="crm")
    op.drop_column("lead", "territory_by_hand", schema="crm")
    op.drop_column("lead", "territory_id", schema="crm")
    op.drop_column("assignment_rule", "is_territorial", schema="crm")
    op.drop_index("ix_territory_change_lead_id", table_name="territory_change", schema="crm")
    op.drop_table("territory_change", schema="crm")
    op.drop_index("ix_territory_condition_rule_id", table_name="territory_condition", schema="crm")
    op.drop_table("territory_condition", schema="crm")
    op.drop_index("ix_territory_rule_territory_id", table_name="territory_rule", schema="crm")
    op.drop_index("ix_territory_rule_name_sort", table_name="territory_rule", schema="crm")
    op.drop_table("territory_rule", schema="crm")
    op.drop_index("uq_territory_member", table_name="territory_member", schema="crm")
    op.drop_index("ix_territory_member_territory_id", table_name="territory_member", schema="crm")
    op.drop_index("ix_territory_member_member_id", table_name="territory_member", schema="crm")
    op.drop_table("territory_member", schema="crm")
    op.drop_index("ix_territory_position_sort", table_name="territory", schema="crm")
    op.drop_index("ix_territory_part_of_id", table_name="territory", schema="crm")
    op.drop_index("ix_territory_name_sort", table_name="territory", schema="crm")
    op.drop_index("ix_territory_manager_id", table_name="territory", schema="crm")
    op.drop_table("territory", schema="crm")
    op.drop_table("territory_review", schema="crm")
