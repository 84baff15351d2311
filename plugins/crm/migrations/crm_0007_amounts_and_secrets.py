"""amounts of lines, own fields a stage asks for, forms that give to a team, secrets that outlive a change of keys

The secrets of forms were made of the installation's key, so no migration can keep them: addresses for advertising
platforms that were opened before are opened once more.

Revision ID: crm_0007
Revises: crm_0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0007"
down_revision = "crm_0004"
branch_labels = None
depends_on = None

FIELDS = "'contact', 'company', 'value', 'expected_close', 'assigned_to', 'status', 'source', 'description', 'next_follow_up_at'"
AMOUNTS = """
    UPDATE crm.lead_line SET
        amount_minor = round(price_minor * quantity * (100 - coalesce(discount, 0)) / 100),
        amount_currency = price_currency
"""


def upgrade() -> None:
    op.add_column("lead_line", sa.Column("amount_minor", sa.BigInteger(), nullable=True), schema="crm")
    op.add_column("lead_line", sa.Column("amount_currency", sa.String(length=3), nullable=True), schema="crm")
    op.add_column("stage_need", sa.Column("custom_key", sa.String(length=40), nullable=True), schema="crm")
    _choices(f"{FIELDS}, 'custom'")
    op.add_column("capture_form", sa.Column("team_id", sa.Uuid(), nullable=True), schema="crm")
    op.create_foreign_key(
        "fk_capture_form_team_id", "capture_form", "team", ["tenant_id", "team_id"], ["tenant_id", "id"],
        source_schema="crm", referent_schema=None, ondelete="SET NULL (team_id)",
    )  # fmt: skip
    op.create_index("ix_capture_form_team_id", "capture_form", ["tenant_id", "team_id", "id"], schema="crm")
    op.drop_column("capture_form", "webhook_salt", schema="crm")
    op.add_column("capture_form", sa.Column("webhook_secret", sa.Text(), nullable=True), schema="crm")
    _as_platform(AMOUNTS, "UPDATE crm.capture_form SET webhook_path = NULL")


def downgrade() -> None:
    op.drop_column("capture_form", "webhook_secret", schema="crm")
    op.add_column("capture_form", sa.Column("webhook_salt", sa.String(length=40), nullable=True), schema="crm")
    op.drop_column("capture_form", "team_id", schema="crm")
    _as_platform("DELETE FROM crm.stage_need WHERE needed = 'custom'")
    _choices(FIELDS)
    op.drop_column("stage_need", "custom_key", schema="crm")
    op.drop_column("lead_line", "amount_currency", schema="crm")
    op.drop_column("lead_line", "amount_minor", schema="crm")


def _choices(fields: str) -> None:
    name = op.f("ck_stage_need_needed_choice")
    op.drop_constraint(name, "stage_need", schema="crm")
    op.create_check_constraint(name, "stage_need", f"needed IN ({fields})", schema="crm")


def _as_platform(*statements: str) -> None:
    """Row-level security is forced: as the owner of the table alone, nobody sees a row."""
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    for statement in statements:
        op.execute(statement)
    op.execute("RESET ROLE")
