"""What is true of stages and statuses before they are saved."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from app.sdk import FieldError, _, fields_of, session
from plugins.crm.models import Lead, Stage, StageNeed
from plugins.crm.services.kinds import follow_kind


def complete_key(row: Any, is_new: bool) -> None:
    """A key that was left empty is made from the name: `Erste Wahl` becomes `erste_wahl`."""
    if not row.key:
        row.key = re.sub(r"\W+", "_", row.name.casefold()).strip("_")[:60] or "stage"


def complete_stage(stage: Stage, is_new: bool) -> None:
    """A stage without a place comes last; what it may lead to is named once, and not itself."""
    complete_key(stage, is_new)
    if is_new and not stage.position:
        last = select(func.max(Stage.position)).where(Stage.pipeline_id == stage.pipeline_id)  # type: ignore[attr-defined]
        stage.position = (session.scalar(last) or 0) + 1
    named = [one.to_id for one in stage.next_stages]
    if stage.id in named or len(set(named)) < len(named):
        raise FieldError("next_stages", _("Name each other stage once."))
    for one in stage.needs:
        _check_need(one)
    needed = [one.field for one in stage.needs]
    if len(set(needed)) < len(needed):
        raise FieldError("needs", _("Name each field once."))
    if not is_new:
        follow_kind(stage)


def _check_need(need: StageNeed) -> None:
    """A key stands beside “own field”, names one that leads have, and nowhere else."""
    if need.needed != "custom":
        need.custom_key = None
    elif need.field not in fields_of(Lead):
        raise FieldError("needs", _("Leads have no own field of the key “%(key)s”.", key=need.custom_key or ""))
