"""What a lead is about, line by line: products or services, how many, at which price."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from app.sdk import Mapped, Money, Record, _l, belongs_to, decimal, money, text
from plugins.crm.models.leads import Lead
from plugins.crm.models.products import Product


class LeadLine(Record):
    """Quantity times price, less a discount. Lines are in the currency of their lead, unless a merge brought them.

    What a line takes from its product is a copy: it may say something else, and stays when the product changes or goes.
    """

    __label__ = "name"

    lead = belongs_to(Lead, required=True, on_delete="cascade", immutable=True, label=_l("Lead"))
    product = belongs_to(Product, on_delete="set null", label=_l("Product"))
    name: Mapped[str] = text(label=_l("Description"), filled_in=True, help=_l("The product's name if empty."))
    quantity: Mapped[Decimal] = decimal(12, 3, minimum=0, default=Decimal(1), label=_l("Quantity"))
    unit: Mapped[str | None] = text(max_length=40, label=_l("Unit"))
    price: Mapped[Money] = money(label=_l("Price"), filled_in=True, help=_l("The product's if empty."))
    discount: Mapped[Decimal | None] = decimal(5, 2, minimum=0, maximum=100, label=_l("Discount in %"))
    tax_rate: Mapped[Decimal | None] = decimal(5, 2, minimum=0, maximum=100, label=_l("Tax in %"))
    amount: Mapped[Money | None] = money(label=_l("Amount"), readonly=True)

    def told(self) -> str:
        """`3 × Chair`."""
        return f"{self.quantity.normalize():f} × {self.name}"

    def comes_to(self) -> Money:
        """Quantity times price less discount, before tax, rounded once, to the smallest unit.

        Raises ValueError for more than can be stored.
        """
        part = Decimal(100) - (self.discount or Decimal(0))
        exact = Decimal(self.price.minor) * self.quantity * part / Decimal(100)
        return Money(int(exact.quantize(Decimal(1), ROUND_HALF_UP)), self.price.currency)
