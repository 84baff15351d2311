"""New records by the thousand: as their constructor and a flush's defaults would make them.

The ORM is told of every value that is set on an object, which costs more than all the rest of a line. A new record of
an import is never in a session, so nobody asks what has changed of it: its values are put where the ORM keeps them, the
way it does itself with rows that it loads. Rules of resources see an object like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import instance_dict, set_committed_value

from app.data import Field, Record, current_scope, current_tenant_id, utcnow, uuid7


class Blanks:
    """Makes new records of one model. Made once an import."""

    def __init__(self, model: type[Record]) -> None:
        mapper = inspect(model)
        self._new: Callable[[], Record] = mapper.class_manager.new_instance  # type: ignore[assignment]
        self._same: dict[str, Any] = {}
        self._made: dict[str, Callable[[], Any]] = {}
        columns = [mapper.columns[attribute.key] for attribute in mapper.column_attrs]
        for column in columns:
            if callable(made := _default(column)):
                self._made[column.key] = made
            elif made is not None or (column.server_default is None and column.computed is None):
                self._same[column.key] = made
        watched = {column.key for column in columns if getattr(model, column.key).dispatch.set}
        self._plain = {column.key for column in columns} - watched
        fields = (one for one in model.__fields__.values() if one.kind not in ("has_many", "belongs_to"))
        self._told = {f.name: f.default for f in fields if f.default is not None and f.name not in mapper.columns}
        self._made["id"] = uuid7
        self.stamp()

    def stamp(self) -> None:
        """What the records that are made next have in common: when and by whom. Asked for with each chunk."""
        now, actor = utcnow(), current_scope().actor_id
        stamps = {
            "tenant_id": current_tenant_id(), "created_at": now, "updated_at": now,
            "created_by": actor, "updated_by": actor,
        }  # fmt: skip
        self._same |= stamps
        self._made = {name: make for name, make in self._made.items() if name not in stamps}

    def complete(self, record: Record) -> None:
        """Give a record that somebody else has made the defaults that it lacks."""
        held = instance_dict(record)
        held.update({name: value for name, value in self._same.items() if name not in held})
        held.update({name: make() for name, make in self._made.items() if name not in held})

    def make(self, values: Mapping[str, Any]) -> Record:
        """A record with these values and every default."""
        record = self._new()
        held = instance_dict(record)
        held.update(self._same)
        for name, make in self._made.items():
            held[name] = make()
        if self._plain.issuperset(values) and not self._told:
            held.update(values)
            return record
        defaults = {name: value() if callable(value) else value for name, value in self._told.items()}
        for name, value in {**defaults, **values}.items():
            if name in self._plain:
                held[name] = value
            else:  # a value of several columns, or one that somebody listens for
                setattr(record, name, value)
        return record


def adopt(record: Record, collection: Field, children: Sequence[Record]) -> None:
    """Make these the inline rows of a new record."""
    set_committed_value(record, collection.name, list(children))
    for child in children:
        instance_dict(child)[str(collection.reverse)] = record


def _default(column: Any) -> Any:
    default = column.default
    if default is None:
        return None
    return (lambda: default.arg(None)) if default.is_callable else default.arg
