"""Trees, and what was picked from them."""

from __future__ import annotations

from uuid import UUID

from app.sdk import Contact, Mapped, Record, belongs_to, integer, record_link, text


class Tree(Record):
    """A tree, which may belong to somebody, and whose fruit may be sold at a stall of another plugin."""

    name: Mapped[str] = text(unique=True, sortable=True)
    owner = belongs_to(Contact, on_delete="set null")
    stall: Mapped[UUID | None] = record_link("market.stall", label="Sold at")


class Harvest(Record):
    """What was picked from a tree once."""

    __publishes__ = False

    tree = belongs_to(Tree, required=True, on_delete="cascade")
    crates: Mapped[int] = integer(default=1)
