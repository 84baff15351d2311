"""forms in every language that is offered

Revision ID: crm_0008
Revises: crm_0007
"""

from __future__ import annotations

from alembic import op

revision = "crm_0008"
down_revision = "crm_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _offer("'en', 'ar', 'es', 'fr', 'tr'")


def downgrade() -> None:
    _as_platform("UPDATE crm.capture_form SET language = 'en' WHERE language IN ('es', 'fr', 'tr')")
    _offer("'en', 'ar'")


def _offer(languages: str) -> None:
    name = op.f("ck_capture_form_language_choice")
    op.drop_constraint(name, "capture_form", schema="crm")
    op.create_check_constraint(name, "capture_form", f"language IN ({languages})", schema="crm")


def _as_platform(statement: str) -> None:
    """Row-level security is forced: as the owner of the table alone, nobody sees a row."""
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    op.execute(statement)
    op.execute("RESET ROLE")
