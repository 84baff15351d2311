"""A lead that is stored with another value in what the rules look at is scored in the same flush, by whatever way the
change comes: form, REST, a button, the board, a job."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.sdk import session
from plugins.crm.models import Lead
from plugins.crm.services.differences import changes
from plugins.crm.services.scoring.points import score
from plugins.crm.services.scoring.rules import known


@event.listens_for(Session, "before_flush")
def score_changed(current: Session, _context: Any, _instances: Any) -> None:
    """New leads were scored before (`services.leads`), for an import stores them past the session."""
    leads = [row for row in current.dirty if isinstance(row, Lead)]
    if not leads or current is not session():
        return
    with current.no_autoflush:
        rules = known()
        looked_at = [lead for lead in leads if changes(lead, *rules.inputs)]
        if looked_at:
            score(looked_at, rules)
