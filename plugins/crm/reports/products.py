"""What products bring: won, still open, and open by how likely it is, from the lines of leads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Numeric, Select, case, cast, func, select

from app.sdk import Card, Dataset, Measure, Member, Reach, Report, _l, belongs_to, decimal, moment, money, text
from plugins.crm.models import Lead, LeadLine, Pipeline, Product, Stage

_LEAD: Any = Lead
_LINE: Any = LeadLine


def datasets() -> list[Dataset]:
    return [
        Dataset(
            "sold_products",
            _l("Products on leads"),
            Lead,
            facts,
            columns={
                "product": belongs_to(Product, label=_l("Product")),
                "category": text(label=_l("Category")),
                "line": text(label=_l("Description")),
                "owner": belongs_to(Member, label=_l("Owner")),
                "pipeline": belongs_to(Pipeline, label=_l("Pipeline")),
                "source": text(label=_l("Source")),
                "created": moment(label=_l("Created")),
                "won_at": moment(label=_l("Won")),
                "quantity": decimal(12, 3, label=_l("Quantity")),
                "won": money(label=_l("Won")),
                "open": money(label=_l("Open value")),
                "weighted": money(label=_l("Weighted value")),
            },
            measures=(
                Measure("lines", _l("Lines")),
                Measure("sold", _l("Quantity"), "sum", "quantity"),
                Measure("revenue", _l("Won"), "sum", "won"),
                Measure("still_open", _l("Open value"), "sum", "open"),
                Measure("expected", _l("Weighted value"), "sum", "weighted"),
            ),
            stems={
                "owner": "assigned_to", "created": "created_at", "won": "value", "open": "value", "weighted": "value",
                "product": "lines", "category": "lines", "line": "lines", "quantity": "lines",
            },
            by="product",
            show="revenue still_open expected",
            summary=_l("Amounts of lines before tax, of leads that are won or open; lost ones are left out."),
        )
    ]  # fmt: skip


def reports() -> list[Report]:
    measures = "revenue still_open expected sold"
    return [
        Report("revenue_by_product", _l("Revenue by product"), "sold_products", by="product", measures=measures),
        Report("revenue_by_category", _l("Revenue by category"), "sold_products", by="category", measures=measures),
    ]


def cards() -> list[Card]:
    return [Card("products", _l("Revenue by product"), report="revenue_by_product", order=58, usual=False)]


def facts(reach: Reach) -> Select[Any]:
    """A row for each line of a lead that is won or open; nobody works on what is open in the archive."""
    is_won, amount, currency = Stage.kind == "won", _LINE.amount_minor, _LINE.amount_currency
    likely = cast(func.round(cast(amount, Numeric) * Stage.probability / 100), BigInteger)
    return (
        select(
            Lead.id.label("record_id"),
            _LINE.product_id.label("product_id"),
            Product.category.label("category"),
            LeadLine.name.label("line"),
            _LEAD.assigned_to_id.label("owner_id"),
            _LEAD.pipeline_id.label("pipeline_id"),
            Lead.source.label("source"),
            Lead.created_at.label("created"),
            Lead.won_at.label("won_at"),
            LeadLine.quantity.label("quantity"),
            *_when(is_won, amount, currency, "won"),
            *_when(~is_won, amount, currency, "open"),
            *_when(~is_won, likely, currency, "weighted"),
        )
        .select_from(LeadLine)
        .join(Lead, Lead.id == _LINE.lead_id)
        .join(Stage, Stage.id == _LEAD.stage_id)
        .outerjoin(Product, Product.id == _LINE.product_id)
        .where(Stage.kind != "lost", is_won | _LEAD.archived_at.is_(None), *reach.conditions(Lead))
    )


def _when(holds: Any, minor: Any, currency: Any, name: str) -> tuple[Any, Any]:
    """An amount where something holds; else none."""
    return case((holds, minor)).label(f"{name}_minor"), case((holds, currency)).label(f"{name}_currency")
