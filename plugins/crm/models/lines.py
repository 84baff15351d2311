"""What a lead is about, line by line: products or services, how many, at which price."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from app.sdk import Mapped, Money, Record, _l, belongs_to, decimal, money, text
from plugins.crm.models.leads import Lead


class LeadLine(Record):
    """Quantity times price, less a discount. Lines are in the currency of their lead, unless a merge brought them."""

    __label__ = "product"

    lead = belongs_to(Lead, required=True, on_delete="cascade", immutable=True, label=_l("Lead"))
    product: Mapped[str] = text(label=_l("Product"))
    quantity: Mapped[Decimal] = decimal(12, 3, minimum=0, default=Decimal(1), label=_l("Quantity"))
    price: Mapped[Money] = money(label=_l("Price"))
    discount: Mapped[Decimal | None] = decimal(5, 2, minimum=0, maximum=100, label=_l("Discount in %"))
    amount: Mapped[Money | None] = money(label=_l("Amount"), readonly=True)

    def comes_to(self) -> Money:
        """Quantity times price less discount, rounded once, to the smallest unit.

        Raises ValueError for more than can be stored.
        """
        part = Decimal(100) - (self.discount or Decimal(0))
        exact = Decimal(self.price.minor) * self.quantity * part / Decimal(100)
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.price.currency)
