"""Wires relations once both classes exist: foreign keys of `belongs_to`, collections of `has_many`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapper, relationship

from app.data import columns
from app.data.fields import Field
from app.data.record import PENDING, Record


@event.listens_for(Mapper, "before_configured")
def wire_relations() -> None:
    """Runs each time SQLAlchemy is about to configure mappers; does nothing when all is wired."""
    while PENDING:
        model, spec = PENDING.pop()
        if spec.target is None:
            raise TypeError(f"{model.__name__}.{spec.name} does not say what it points to.")
        target = spec.target()
        if spec.kind == "belongs_to":
            table: Any = model.__table__
            table.append_constraint(columns.foreign_key(table.name, spec, target.__table__.fullname))
        else:
            _add_collection(model, spec, target)


def order_of_children(child: type[Record]) -> list[Any]:
    """How rows stand below their parent: by a whole number called `position` where they have one, then as they came."""
    table, field = child.__table__.c, child.__fields__.get("position")
    return [table.position, table.id] if field is not None and field.kind == "integer" else [table.id]


def _add_collection(model: type[Record], spec: Field, child: type[Record]) -> None:
    link = child.__fields__.get(spec.reverse or "")
    if link is None or link.kind != "belongs_to":
        raise TypeError(f"{model.__name__}.{spec.name}: {child.__name__} has no belongs_to named “{spec.reverse}”.")
    column = child.__table__.c[link.column]
    collection = relationship(
        child,
        primaryjoin=column == model.__table__.c.id,
        foreign_keys=[column],
        order_by=order_of_children(child),
        cascade="all, delete-orphan",
        passive_deletes=True,
        back_populates=link.name,
    )
    setattr(model, spec.name, collection)
    getattr(child, link.name).property.back_populates = spec.name
