"""campaigns on leads, click ids, what becomes of known visitors, more places for answers

Leads that came by a form get the campaign of the first answer that they came by.

Revision ID: crm_0013
Revises: crm_0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0013"
down_revision = "crm_0012"
branch_labels = None
depends_on = None

_CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_CLICKS = ("gclid", "fbclid", "msclkid")
_SORTED = ("utm_source", "utm_campaign")
_CONTACT = (
    "'contact.name', 'contact.first_name', 'contact.last_name', 'contact.email', 'contact.phone', "
    "'contact.whatsapp', 'contact.linkedin', 'contact.website', 'contact.company', 'contact.position', "
    "'contact.birthday', "
)
_ADDRESS = "'contact.street_address', 'contact.city', 'contact.state', 'contact.postal_code', 'contact.country', "
_LEAD = "'lead.title', 'lead.description', 'lead.value', 'lead.expected_close', "
_LEAD_MORE = "'lead.source', 'lead.priority', 'lead.status', 'lead.tags', "
_KINDS = "'text', 'long_text', 'email', 'phone', 'choice', 'day', 'number', 'tick'"
_FIRST_TOUCH = """
    UPDATE crm.lead SET utm_source = first.utm_source, utm_medium = first.utm_medium,
        utm_campaign = first.utm_campaign, utm_term = first.utm_term, utm_content = first.utm_content
    FROM (
        SELECT DISTINCT ON (tenant_id, lead_id) * FROM crm.capture_submission
        WHERE lead_id IS NOT NULL ORDER BY tenant_id, lead_id, id
    ) AS first
    WHERE lead.tenant_id = first.tenant_id AND lead.id = first.lead_id
        AND coalesce(first.utm_source, first.utm_medium, first.utm_campaign, first.utm_term, first.utm_content)
            IS NOT NULL
"""


def upgrade() -> None:
    for name in _CAMPAIGN:
        op.add_column("lead", sa.Column(name, sa.String(length=200), nullable=True), schema="crm")
    for table in ("lead", "capture_submission"):
        for name in _CLICKS:
            op.add_column(table, sa.Column(name, sa.String(length=500), nullable=True), schema="crm")
    op.add_column(
        "capture_submission", sa.Column("went_onto", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        schema="crm",
    )  # fmt: skip
    for name in _SORTED:
        sort = sa.Computed(f"coalesce(lower({name}), '')", persisted=True)
        op.add_column("lead", sa.Column(f"{name}_sort", sa.Text(collation="C"), sort, nullable=True), schema="crm")
        op.create_index(f"ix_lead_{name}_sort", "lead", ["tenant_id", f"{name}_sort", "id"], schema="crm")
    op.add_column(
        "capture_form", sa.Column("known_visitor", sa.Text(), server_default="owner", nullable=False), schema="crm"
    )
    op.alter_column("capture_form", "known_visitor", server_default=None, schema="crm")
    op.create_check_constraint(
        op.f("ck_capture_form_known_visitor_choice"), "capture_form", "known_visitor IN ('owner', 'onto', 'new')",
        schema="crm",
    )  # fmt: skip
    _offer("capture_field", "kind", f"{_KINDS}, 'choices'")
    _offer(
        "capture_field", "target",
        f"{_CONTACT}{_ADDRESS}'contact.custom', {_LEAD}{_LEAD_MORE}'lead.custom', 'consent'",
    )  # fmt: skip
    _offer("activity", "kind", "'call', 'meeting', 'email', 'form'")
    _as_platform(_FIRST_TOUCH)


def downgrade() -> None:
    _as_platform(
        "UPDATE crm.activity SET kind = 'email' WHERE kind = 'form'",
        "UPDATE crm.capture_field SET kind = 'text' WHERE kind = 'choices'",
        "UPDATE crm.capture_field SET target = NULL WHERE target IN ('contact.street_address', 'contact.city', "
        "'contact.state', 'contact.postal_code', 'contact.country', 'lead.source', 'lead.priority', 'lead.status', "
        "'lead.tags')",
    )
    _offer("activity", "kind", "'call', 'meeting', 'email'")
    _offer("capture_field", "target", f"{_CONTACT}'contact.custom', {_LEAD}'lead.custom', 'consent'")
    _offer("capture_field", "kind", _KINDS)
    op.drop_column("capture_form", "known_visitor", schema="crm")
    op.drop_column("capture_submission", "went_onto", schema="crm")
    for name in _SORTED:
        op.drop_column("lead", f"{name}_sort", schema="crm")
    for table in ("capture_submission", "lead"):
        for name in _CLICKS:
            op.drop_column(table, name, schema="crm")
    for name in _CAMPAIGN:
        op.drop_column("lead", name, schema="crm")


def _offer(table: str, column: str, values: str) -> None:
    """What a choice may be from now on."""
    name = op.f(f"ck_{table}_{column}_choice")
    op.drop_constraint(name, table, schema="crm")
    op.create_check_constraint(name, table, f"{column} IN ({values})", schema="crm")


def _as_platform(*statements: str) -> None:
    """Row-level security is forced: as the owner of the table alone, nobody sees a row."""
    op.execute(f'SET ROLE "{op.get_context().opts["roles"].platform}"')
    for statement in statements:
        op.execute(statement)
    op.execute("RESET ROLE")
