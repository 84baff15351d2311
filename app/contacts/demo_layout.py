"""A layout and a form rule of a demo tenant: what agents see of contacts, and who looks after important ones."""

from __future__ import annotations

from flask_babel import gettext as _

from app.data import db
from app.host.form_rules import FormRule
from app.host.layouts import Arranged, Layout, Part, PlacedField, as_stored

_CONTACTS = "contacts.contact"
IMPORTANT = "VIP"
"""One of the tags of the demo's people."""


def fill(locale: str) -> None:
    """Agents begin with whom a contact works for; what they seldom need is folded or left out."""
    first = Part(_placed("first_name last_name company position tags assigned_to"), "", {locale: _("Who it is")})
    more = Part(_placed("birthday source locale timezone"), "", {locale: _("Seldom needed")}, "folded")
    out = Part((PlacedField("external_id", "none"),), "More")
    columns = ("full_name", "company", "tags", "assigned_to", "created_at")
    arranged = Arranged((first, more, out), columns=columns)
    db.session.add(Layout(resource=_CONTACTS, role="agent", position=10, published=as_stored(arranged)))
    db.session.add(
        FormRule(
            name=_("Important contacts have somebody who looks after them"),
            resource=_CONTACTS,
            is_active=True,
            position=10,
            conditions=[[{"field": "tags", "operator": "has", "values": [IMPORTANT]}]],
            effects=[{"do": "require", "field": "assigned_to", "values": []}],
        )
    )


def _placed(names: str) -> tuple[PlacedField, ...]:
    return tuple(PlacedField(name) for name in names.split())
