"""What a payment is for, for those who may see it."""

from __future__ import annotations

from app.host import registry
from app.payments.models import Payment
from app.screens.targets import target_of


def facts(payment: Payment) -> list[tuple[str, str, str]]:
    """(kind, name, address) of the record; nothing when there is none, or none within the reader's reach."""
    record = target_of(payment)
    if record is None:
        return []
    entry = registry().by_model[type(record)]
    return [(entry.resource.words, str(record), f"{entry.path}/{record.id}")]
