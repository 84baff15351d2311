"""What a lead is worth when it has lines: their sum, exactly, by whatever way a line comes, changes or goes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session, object_session

from app.sdk import FieldError, Money, _, session
from plugins.crm.models import Lead, LeadLine

IMPORTED, CURRENCIES = "crm.imported_lines", "crm.currencies_of_lines"


def follow_lines(lead: Lead, is_new: bool) -> None:
    """The lead's value is what its lines in its currency come to; without lines it is what somebody says. Lines of
    another currency come by merging leads alone: they are kept, and which currency counts was chosen then. Raises
    FieldError for such lines from anybody else, for a sum that is too large, and for another value than the lines'."""
    said = lead.value
    _follow(lead, lead.lines, "lines")
    if not is_new and lead.value != said and lead.value == _stored_value(lead):
        raise FieldError("value", _("This lead has lines: its value is what they come to. Change the lines instead."))


def _stored_value(lead: Lead) -> Money | None:
    """The value as it was before somebody said another one."""
    found = select(Lead.value_minor, Lead.value_currency).where(Lead.id == lead.id)  # type: ignore[attr-defined]
    minor, currency = session.execute(found).one()
    return Money(minor, currency) if currency else None


@event.listens_for(Session, "before_flush")
def follow_lines_alone(current: Session, _context: Any, _instances: Any) -> None:
    """Lines that are saved or deleted by themselves (over REST): their leads follow. A lead that is being saved has
    followed its lines already; one that is deleted need not."""
    touched = [row for row in (*current.new, *current.dirty, *current.deleted) if isinstance(row, LeadLine)]
    with current.no_autoflush:
        for lead_id in sorted({row.lead_id for row in touched if row.lead_id is not None}):  # type: ignore[attr-defined]
            lead = current.get(Lead, lead_id)
            if lead is not None and lead not in current.dirty and lead not in current.deleted:
                current.refresh(lead, with_for_update=True)  # who adds another line at this moment waits
                _follow(lead, _lines_after(current, lead_id), "price")


def hold_to_currency(line: Any) -> None:
    """A new line that comes without its lead is in the currency of those that are there, or came before it in a file:
    those are stored past the session, where nobody could be told. Raises FieldError."""
    known: dict[Any, str | None] = session().info.setdefault(CURRENCIES, {})
    if line.lead_id not in known:
        known[line.lead_id] = _stored_currency(line.lead_id)
    counted = known[line.lead_id] = known[line.lead_id] or line.price.currency
    if line.price.currency != counted:
        raise FieldError("price", _mixed([counted, line.price.currency]))


def _stored_currency(lead_id: Any) -> str | None:
    """The one that counts of a lead's lines; None when it has none."""
    found = select(LeadLine.price_currency, Lead.value_currency).join(Lead, Lead.id == LeadLine.lead_id)  # type: ignore[attr-defined]
    rows = session.execute(found.where(Lead.id == lead_id).order_by(LeadLine.id)).all()
    return _counted(rows[0][1], [currency for currency, _value in rows]) if rows else None


def _counted(worth: str | None, currencies: list[str]) -> str:
    return worth if worth in currencies else currencies[0]


def _mixed(currencies: list[str]) -> str:
    names = ", ".join(currencies)
    return str(_("All lines of a lead must be in the same currency; these are in %(names)s.", names=names))


@event.listens_for(LeadLine, "before_insert")
def note_imported(_mapper: Any, _connection: Any, line: Any) -> None:
    """A line that an import stores past the session: its lead is remembered."""
    if object_session(line) is None and line.lead_id is not None:
        session().info.setdefault(IMPORTED, set()).add(line.lead_id)


@event.listens_for(Session, "before_commit")
def follow_imported(current: Session) -> None:
    """The leads of those lines follow, once for all lines of a lead."""
    if current.in_nested_transaction():
        return
    current.info.pop(CURRENCIES, None)
    for lead_id in sorted(current.info.pop(IMPORTED, ())):
        lead = current.get(Lead, lead_id, with_for_update=True, populate_existing=True)
        if lead is not None:
            _follow(lead, _lines_after(current, lead_id), "price")


def _lines_after(current: Session, lead_id: Any) -> list[LeadLine]:
    """The lines of a lead as they will be."""
    owned = LeadLine.lead_id == lead_id  # type: ignore[attr-defined]
    stored = [row for row in current.scalars(select(LeadLine).where(owned)) if row not in current.deleted]
    added = [row for row in current.new if isinstance(row, LeadLine) and row.lead_id == lead_id]  # type: ignore[attr-defined]
    return [*stored, *added]


def _follow(lead: Lead, several: Iterable[LeadLine], field: str) -> None:
    lines = list(several)
    if not lines:
        return
    currencies = list(dict.fromkeys(line.price.currency for line in lines))
    counted = _counted(lead.value.currency if lead.value else None, currencies)
    if any(line.price.currency != counted and _is_typed(line) for line in lines):
        raise FieldError(field, _mixed(currencies))
    try:
        total = Money(sum(line.comes_to().minor for line in lines if line.price.currency == counted), counted)
    except ValueError:
        raise FieldError(field, _("Together these lines come to more than can be stored.")) from None
    if lead.value != total:
        lead.value = total


def _is_typed(line: LeadLine) -> bool:
    """New, or with a price that somebody has just changed: not one that a merge brought along."""
    state: Any = inspect(line)
    return not state.persistent or state.attrs.price_currency.history.has_changes()
