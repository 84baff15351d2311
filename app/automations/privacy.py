"""What the log of automations knows of a person: runs on their contact, and on what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select

from app.automations.models import AutomationOutcome, AutomationRun
from app.contacts.models import Contact
from app.data import Record, db
from app.host import registry


def known_of(contact: Record) -> Mapping[str, Any]:
    """The runs, with what came of their steps."""
    one, step = AutomationRun, AutomationOutcome
    found = db.session.execute(
        select(one.created_at, one.automation_name, step.words)
        .outerjoin(step, step.run_id == one.id).where(about(contact)).order_by(one.id, step.number)
    )  # fmt: skip
    lines = [{"at": at.isoformat(), "automation": name, "what": words} for at, name, words in found]
    return {"automations": lines} if lines else {}


def forget(contact: Record) -> None:
    """Their runs go, with all that the log says of them."""
    db.session.execute(
        delete(AutomationRun).where(about(contact)), execution_options={"synchronize_session": False}
    )  # fmt: skip


def about(contact: Record) -> ColumnElement[bool]:
    """Runs on the contact, and on records that belong to it."""
    return or_(AutomationRun.target_id == contact.id, *_belonging(contact))


def _belonging(contact: Record) -> Iterator[ColumnElement[bool]]:
    for entry in registry().entries.values():
        for field in entry.model.__fields__.values():
            if field.kind == "belongs_to" and field.target is not None and field.target() is Contact:
                column: Any = getattr(entry.model, field.column)
                theirs = select(entry.model.id).where(column == contact.id)
                yield (AutomationRun.target_type == entry.key) & AutomationRun.target_id.in_(theirs)
