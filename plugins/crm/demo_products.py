"""What the demo tenants sell: what their leads are about."""

from __future__ import annotations

from decimal import Decimal

from app.sdk import Money, _, session
from plugins.crm.models import Product

TAX = Decimal(15)


def product_list(currency: str) -> list[Product]:
    """The products, written."""
    services, goods = _("Services"), _("Goods")
    rows = (
        ("SV-100", _("Yearly contract"), services, _("Year"), 4_800),
        ("SV-110", _("Fleet service"), services, _("Month"), 950),
        ("SV-120", _("Training"), services, _("Day"), 1_200),
        ("SV-130", _("Installation"), services, _("Hour"), 180),
        ("GD-200", _("Equipment"), goods, _("Piece"), 2_350),
        ("GD-210", _("Spare parts"), goods, _("Set"), 325),
        ("GD-220", _("Extension"), goods, _("Piece"), 640),
    )
    products = [
        Product(code=code, name=name, category=kind, unit=unit, price=Money(price * 100, currency), tax_rate=TAX)
        for code, name, kind, unit, price in rows
    ]
    session.add_all(products)
    session.flush()
    return products
