"""What sales add to the rest of the house: leads on the pages of contacts and companies, boards in the search, a number
that plans may limit."""

from __future__ import annotations

from sqlalchemy import func, select

from app.sdk import Extension, Hit, Metric, Related, _, _l, can, session
from plugins.crm.models import Lead, Pipeline
from plugins.crm.resources import social

FEW = 3


def extensions() -> list[Extension]:
    leads_of_contact = (Related(Lead, "contact", _l("Leads")),)
    asking = (social.refresh_action(),)
    return [
        Extension("contacts.contact", related=leads_of_contact, panels=(social.panel(),), actions=asking),
        Extension("contacts.company", related=(Related(Lead, "company", _l("Leads")),)),
    ]


def metrics() -> list[Metric]:
    return [Metric("leads", _l("Leads"), of=Lead)]


def search_hits(words: str) -> list[Hit]:
    """The boards of the pipelines whose names begin with these words."""
    if not can("crm.lead", "read"):
        return []
    begins = func.lower(Pipeline.name).startswith(words.casefold(), autoescape=True)
    wanted = select(Pipeline.id, Pipeline.name).where(begins, Pipeline.is_live(), Pipeline.archived_at.is_(None))
    found = session.execute(wanted.order_by(Pipeline.position, Pipeline.id).limit(FEW))
    return [Hit(_("Board of “%(pipeline)s”", pipeline=name), f"/crm/lead/board?lanes={key}") for key, name in found]
