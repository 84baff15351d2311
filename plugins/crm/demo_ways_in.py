"""A way by which leads come to a demo tenant by themselves: a public form, and the rule that gives its leads to
somebody."""

from __future__ import annotations

from sqlalchemy import select

from app.sdk import Member, _, session
from plugins.crm.models import CaptureField, CaptureForm
from plugins.crm.models.assignment import AssignmentRule, RuleCondition

SOURCE = "web"


def fill() -> None:
    """Write both; the caller commits."""
    asked = (
        (_("Name"), "name", "text", "contact.name"),
        (_("E-mail"), "email", "email", "contact.email"),
        (_("Phone"), "phone", "phone", "contact.phone"),
        (_("Company"), "company", "text", "contact.company"),
        (_("Message"), "message", "long_text", "lead.description"),
    )
    questions = [
        CaptureField(label=label, name=name, kind=kind, target=target, required=name in ("name", "email"), position=at)
        for at, (label, name, kind, target) in enumerate(asked)
    ]
    heading = _("How can we help?")
    form = CaptureForm(name=_("Website"), key="website", heading=heading, source=SOURCE, questions=questions)
    session.add(form)
    agent = session.scalars(select(Member.id).where(Member.is_active, ~Member.is_owner).order_by(Member.email)).first()
    if agent is not None:
        condition = RuleCondition(field="source", operator="is", value=SOURCE)
        session.add(AssignmentRule(name=_("From the website"), position=1, member_id=agent, conditions=[condition]))
    session.flush()
