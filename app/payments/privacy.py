"""What payments know of a person, and what is left when they are forgotten: the sums stay, the person does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.data import Record, db
from app.payments.models import Payment


def known_of(contact: Record) -> Mapping[str, Any]:
    """The payments that a contact was asked for."""
    rows = [
        {
            "number": row.number,
            "for": row.title,
            "amount": str(row.amount),
            "state": row.state,
            "email": row.payer_email,
        }
        for row in _theirs(contact)
    ]
    return {"payments": rows} if rows else {}


def forget(contact: Record) -> list[UUID]:
    """Empty who paid, and the receipt that names them."""
    rows = _theirs(contact)
    for row in rows:
        row.contact_id = row.payer_email = row.receipt = None
    return [row.id for row in rows]


def _theirs(contact: Record) -> list[Payment]:
    return list(db.session.scalars(select(Payment).where(Payment.contact_id == contact.id).order_by(Payment.id)))
