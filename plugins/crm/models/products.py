"""What a tenant sells: the list that lines of leads are taken from."""

from __future__ import annotations

from decimal import Decimal

from app.sdk import Mapped, Money, Record, _l, decimal, long_text, money, text


class Product(Record):
    """A product or service with its price. One that is not sold any more goes into the archive; lines keep what they
    took from it."""

    __soft_delete__ = True
    __archive__ = True
    __label__ = "name"

    name: Mapped[str] = text(max_length=200, label=_l("Name"), sortable=True)
    code: Mapped[str | None] = text(
        max_length=60, label=_l("Code"), unique=True, sortable=True, help=_l("Article number; no two are alike.")
    )
    category: Mapped[str | None] = text(max_length=100, label=_l("Category"), sortable=True)
    unit: Mapped[str | None] = text(max_length=40, label=_l("Unit"), help=_l("Piece, hour, month, ..."))
    price: Mapped[Money] = money(label=_l("Price"), sortable=True)
    tax_rate: Mapped[Decimal | None] = decimal(5, 2, minimum=0, maximum=100, label=_l("Tax in %"))
    description: Mapped[str | None] = long_text(max_length=20_000, label=_l("Description"))
