"""The button that says a lead was answered, by whatever way is not written down here."""

from __future__ import annotations

from app.sdk import _, utcnow
from plugins.crm.models import Lead
from plugins.crm.services.response.waiting import answered


def mark(rows: list[Lead]) -> str:
    """They were answered just now, and that counts as activity."""
    now = utcnow()
    for lead in rows:
        answered(lead, now)
        lead.last_activity_at = now
    return _("Done: %(count)s.", count=len(rows))
