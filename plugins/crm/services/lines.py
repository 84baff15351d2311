"""A line before it is saved: what it takes from its product, and what it comes to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect

from app.sdk import FieldError, _, session
from plugins.crm.models import LeadLine, Product
from plugins.crm.services.amounts import hold_to_currency

COPIED = ("name", "unit", "price", "tax_rate")
"""What a line has of its product until somebody says something else."""


def complete_line(line: LeadLine, is_new: bool) -> None:
    """Fill in what the product says, and the amount. Raises FieldError for a line that says nothing, for a product
    that is not sold any more, for another currency than its lead's lines have, and for more than can be stored."""
    chosen = _chosen(line) if is_new or _has_changed(line, "product_id") else None
    if chosen is not None:
        _copy(line, chosen, is_new)
    if not (line.name or "").strip():
        raise FieldError("name", _("Choose a product, or say what this line is about."))
    if line.price is None:
        raise FieldError("price", _("Choose a product, or give a price."))
    if is_new and line.lead_id is not None:  # type: ignore[attr-defined]
        hold_to_currency(line)
    try:
        amount = line.comes_to()
    except ValueError:
        raise FieldError("price", _("This line comes to more than can be stored.")) from None
    if line.amount != amount:
        line.amount = amount


def _chosen(line: Any) -> Product | None:
    with session.no_autoflush:
        product = session.get(Product, line.product_id) if line.product_id else None
    if product is not None and product.archived_at is not None:  # type: ignore[attr-defined]
        raise FieldError("product", _("“%(what)s” is not sold any more.", what=product.name))
    return product


def _copy(line: LeadLine, product: Product, is_new: bool) -> None:
    """A new line takes what it does not say itself; another product brings what is not changed along with it."""
    for name in COPIED:
        is_said = getattr(line, name) not in (None, "") if is_new else _has_changed(line, name)
        if not is_said:
            setattr(line, name, getattr(product, name))


def _has_changed(line: LeadLine, name: str) -> bool:
    state: Any = inspect(line)
    parts = ("price_minor", "price_currency") if name == "price" else (name,)
    return any(state.attrs[part].history.has_changes() for part in parts)
