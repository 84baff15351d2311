"""Lines that would add a record like one that is there already: imported with a remark, or left out, as the plan says.

A resource's `warn` is what a form asks of one record, with a statement or two of its own. So its `suspects` says for a
whole chunk which lines it must be asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.host import Resource
from app.transfer.drafts import Draft
from app.transfer.plan import Plan


class Doubts:
    """Made once an import. Only records that were there `before` it (keys follow creation) raise doubts: several lines
    of one file are several records, in a check as in a run."""

    def __init__(self, resource: Resource, plan: Plan, before: UUID) -> None:
        self.resource, self.before = resource, before
        self.leaves_out = plan.doubtful == "leave_out"

    def raise_about(self, session: Session, drafts: Sequence[Draft]) -> dict[int, list[tuple[str, str]]]:
        """Remarks by line about new records, or, when such lines are to be left out, their refusal."""
        remarks: dict[int, list[tuple[str, str]]] = {}
        warn = self.resource.warn
        if warn is None:
            return remarks
        for draft in self._suspected(session, [draft for draft in drafts if draft.is_new]):
            words = [str(doubt.message) for doubt in warn(draft.record)]
            if self.leaves_out:
                for one in words:
                    draft.refuse(one)
            elif words:
                remarks[draft.line] = [("", one) for one in words]
        return remarks

    def _suspected(self, session: Session, drafts: Sequence[Draft]) -> list[Draft]:
        if self.resource.suspects is None or not drafts:
            return list(drafts)
        records = [draft.record for draft in drafts if draft.record is not None]
        likely = self.resource.suspects(session, records, self.before)
        return [draft for draft in drafts if draft.record is not None and draft.record.id in likely]
