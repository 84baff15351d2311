"""custom fields may be amounts, links, tags, countries, languages, time zones

Revision ID: core_0037
Revises: core_0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0037"
down_revision = "core_0036"
branch_labels = None
depends_on = None

_CHECK = "ck_custom_field_def_kind_choice"
_BEFORE = "'text', 'long_text', 'choice', 'integer', 'decimal', 'flag', 'day', 'moment', 'email', 'phone', 'url'"
_NOW = f"{_BEFORE}, 'money', 'link', 'tags', 'country', 'language', 'time_zone'"


def upgrade() -> None:
    op.add_column("custom_field_def", sa.Column("links", sa.Text(), nullable=True))
    _may_be(_NOW)


def downgrade() -> None:
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    op.execute(f"DELETE FROM custom_field_def WHERE kind NOT IN ({_BEFORE})")
    op.execute("RESET ROLE")
    _may_be(_BEFORE)
    op.drop_column("custom_field_def", "links")


def _may_be(kinds: str) -> None:
    op.drop_constraint(op.f(_CHECK), "custom_field_def", type_="check")
    op.create_check_constraint(op.f(_CHECK), "custom_field_def", f"kind IN ({kinds})")
