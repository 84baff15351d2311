"""rules of scores have conditions of their own; conditions of all rules have alternatives

Revision ID: crm_0014
Revises: crm_0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "crm_0014"
down_revision = "crm_0013"
branch_labels = None
depends_on = None

_FIELDS = (
    "'source', 'title', 'description', 'value', 'priority', 'tags', 'pipeline', 'stage', 'status', 'custom', "
    "'address.country', 'address.state', 'address.city', 'address.postal_code', 'contact', 'contact.locale', "
    "'contact.source', 'contact.tags', 'contact.custom', 'company', 'company.country', 'company.city', "
    "'company.industry', 'company.size', 'company.tags', 'company.custom', 'contact.email', 'contact.phone', "
    "'contact.position', 'assigned_to', 'territory', 'expected_close', 'created_at', 'last_activity_at', "
    "'next_follow_up_at', 'activity.calls', 'activity.meetings', 'activity.emails', 'activity.any', 'activity.last'"
)
_OPERATORS = (
    "'is', 'is_not', 'one_of', 'contains', 'starts', 'between', 'at_least', 'at_most', 'filled', 'empty', 'newer', "
    "'older'"
)
_SUBJECTS = (
    "'contact', 'contact_email', 'contact_phone', 'company', 'stage', 'status', 'priority', 'value', 'source', 'tags', "
    "'description', 'assigned_to', 'expected_close', 'created_at', 'last_activity_at', 'next_follow_up_at'"
)
_COMPARISONS = "'filled', 'empty', 'is', 'is_not', 'contains', 'at_least', 'at_most', 'newer', 'older'"
_FROM_BEFORE = """
    INSERT INTO crm.score_condition (tenant_id, rule_id, field, operator, value)
    SELECT tenant_id, id, replace(subject, 'contact_', 'contact.'), comparison, value FROM crm.score_rule
"""
_TO_BEFORE = f"""
    UPDATE crm.score_rule rule SET subject = replace(one.field, 'contact.', 'contact_'), comparison = one.operator,
        value = left(one.value, 200)
    FROM crm.score_condition one WHERE (one.tenant_id, one.rule_id) = (rule.tenant_id, rule.id)
        AND replace(one.field, 'contact.', 'contact_') IN ({_SUBJECTS}) AND one.operator IN ({_COMPARISONS})
"""


def upgrade() -> None:
    for table in ("rule_condition", "territory_condition"):
        op.add_column(
            table, sa.Column("alternative", sa.BigInteger(), server_default=sa.text("1"), nullable=False), schema="crm"
        )
    _add_conditions()
    _as_platform(_FROM_BEFORE)
    for name in ("subject", "comparison"):
        op.drop_constraint(op.f(f"ck_score_rule_{name}_choice"), "score_rule", schema="crm", type_="check")
    for name in ("subject", "comparison", "value"):
        op.drop_column("score_rule", name, schema="crm")


def _add_conditions() -> None:
    op.create_tenant_table(
        "score_condition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("custom_key", sa.String(length=40), nullable=True),
        sa.Column("days", sa.BigInteger(), nullable=True),
        sa.Column("alternative", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "custom_fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.CheckConstraint(f"field IN ({_FIELDS})", name=op.f("ck_score_condition_field_choice")),
        sa.CheckConstraint(f"operator IN ({_OPERATORS})", name=op.f("ck_score_condition_operator_choice")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["crm.score_rule.tenant_id", "crm.score_rule.id"],
            name="fk_score_condition_rule_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_score_condition"),
        schema="crm",
    )
    op.create_index("ix_score_condition_rule_id", "score_condition", ["tenant_id", "rule_id", "id"], schema="crm")


def _as_platform(statement: str) -> None:
    """Rows of all tenants."""
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    op.execute(statement)
    op.execute("RESET ROLE")


def downgrade() -> None:
    """Of several conditions of a rule one stays; rules that the old version could not say never match."""
    op.add_column(
        "score_rule", sa.Column("subject", sa.Text(), server_default=sa.text("'source'"), nullable=False), schema="crm"
    )
    op.add_column(
        "score_rule", sa.Column("comparison", sa.Text(), server_default=sa.text("'is'"), nullable=False), schema="crm"
    )
    op.add_column("score_rule", sa.Column("value", sa.String(length=200), nullable=True), schema="crm")
    _as_platform(_TO_BEFORE)
    for name, known in (("subject", _SUBJECTS), ("comparison", _COMPARISONS)):
        op.alter_column("score_rule", name, server_default=None, schema="crm")
        op.create_check_constraint(
            op.f(f"ck_score_rule_{name}_choice"), "score_rule", f"{name} IN ({known})", schema="crm"
        )
    op.drop_index("ix_score_condition_rule_id", table_name="score_condition", schema="crm")
    op.drop_table("score_condition", schema="crm")
    for table in ("territory_condition", "rule_condition"):
        op.drop_column(table, "alternative", schema="crm")
