"""What a lead is worth when it has lines: their sum, exactly."""

from __future__ import annotations

from app.sdk import FieldError, Money, _
from plugins.crm.models import Lead


def follow_lines(lead: Lead) -> None:
    """The lead's value is what its lines come to; without lines it is what somebody says. Raises FieldError for lines
    of several currencies, and for a sum that is too large."""
    lines = list(lead.lines)
    if not lines:
        return
    currency = lines[0].price.currency
    if any(line.price.currency != currency for line in lines):
        raise FieldError("lines", _("All lines of a lead must be in the same currency."))
    try:
        total = Money(sum(line.amount.minor for line in lines), currency)
    except ValueError:
        raise FieldError("lines", _("Together these lines come to more than can be stored.")) from None
    if lead.value != total:
        lead.value = total
