"""From a `Field` to SQLAlchemy: the columns, checks, indexes and relationships that one declaration stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import composite, mapped_column, relationship

from app.data.fields import SORTABLE_KINDS, Field
from app.data.money import Money

# Byte order, whatever the server's locale: prefix ranges and keyset pages rely on it.
C_TEXT = Text(collation="C")


@dataclass(slots=True)
class Expansion:
    """What one field adds to the class body and to the table."""

    attributes: dict[str, Any] = field(default_factory=dict)
    table_args: list[Any] = field(default_factory=list)


def expand(table: str, spec: Field, soft_delete: bool) -> Expansion:
    """All that one field declares. Raises TypeError for a declaration that cannot work."""
    out = Expansion()
    if spec.kind == "has_many":
        return out  # the relationship is made when both classes exist
    if spec.kind == "belongs_to":
        _expand_relation(table, spec, out)
    elif spec.kind == "money":
        _expand_money(table, spec, out)
    else:
        out.attributes[spec.name] = _column(spec)
        out.table_args += _checks(spec)
    if spec.kind == "image":
        out.table_args += _picture(table, spec)
    if spec.links:
        out.table_args.append(Index(f"ix_{table}_{spec.name}", "tenant_id", spec.name, "id"))
    if spec.unique:
        out.table_args.append(_unique(table, spec, soft_delete))
    if spec.sortable:
        _expand_sort(table, spec, soft_delete, out)
    return out


def _column(spec: Field) -> Any:
    options: dict[str, Any] = {"nullable": spec.is_nullable, "info": {"field": spec.name}}
    if spec.kind == "flag":
        return mapped_column(
            Boolean, nullable=False, default=spec.default, server_default=text("true" if spec.default else "false")
        )
    if spec.kind == "tags":
        return mapped_column(ARRAY(Text), nullable=False, default=list, server_default=text("'{}'"))
    if spec.default is not None:
        options["default"] = spec.default
    return mapped_column(_type(spec), **options)


def _type(spec: Field) -> Any:
    match spec.kind:
        case "integer":
            return BigInteger()
        case "decimal":
            return Numeric(spec.precision, spec.scale)
        case "day":
            return Date()
        case "moment":
            return DateTime(timezone=True)
        case "json":
            return JSONB(none_as_null=True)
        case "record_id":
            return Uuid()
        case "long_text" | "choice":
            return Text()
        case _:
            return String(spec.max_length)


def _checks(spec: Field) -> Iterator[CheckConstraint]:
    if spec.kind == "choice" and not spec.open:
        values = ", ".join("'" + one.value.replace("'", "''") + "'" for one in spec.choices)
        yield CheckConstraint(f"{spec.name} IN ({values})", name=f"{spec.name}_choice")


def _picture(table: str, spec: Field) -> Iterator[Any]:
    """The key of a picture of the same tenant. The database knows by it which pictures are still shown somewhere, also
    by records of a plugin that is not installed at the moment."""
    yield ForeignKeyConstraint(
        ["tenant_id", spec.name], ["picture.tenant_id", "picture.key"], name=f"fk_{table}_{spec.name}"
    )
    yield Index(f"ix_{table}_{spec.name}", "tenant_id", spec.name)


def _expand_money(table: str, spec: Field, out: Expansion) -> None:
    minor, currency = f"{spec.name}_minor", f"{spec.name}_currency"
    nullable = spec.is_nullable
    out.attributes[minor] = mapped_column(BigInteger, nullable=nullable)
    out.attributes[currency] = mapped_column(String(3), nullable=nullable)
    out.attributes[spec.name] = composite(_money_or_none, minor, currency)
    out.table_args.append(CheckConstraint(f"({minor} IS NULL) = ({currency} IS NULL)", name=f"{spec.name}_money_whole"))


def _money_or_none(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def _expand_relation(table: str, spec: Field, out: Expansion) -> None:
    column = spec.column
    out.attributes[column] = mapped_column(Uuid, nullable=spec.is_nullable, info={"field": spec.name})

    def target() -> Any:
        return spec.target()  # type: ignore[misc]

    def join() -> Any:
        return target().id == out.attributes[column].column

    out.attributes[spec.name] = relationship(
        target,
        primaryjoin=join,
        foreign_keys=lambda: [out.attributes[column].column],
        remote_side=lambda: [target().id],  # or a relation of a record to its own kind would be read backwards
        passive_deletes="all",
        lazy="select",
    )
    out.table_args.append(Index(f"ix_{table}_{column}", "tenant_id", column, "id"))


def foreign_key(table: str, spec: Field, target_table: str) -> ForeignKeyConstraint:
    """The composite key of a `belongs_to`. `SET NULL` names the one column, or PostgreSQL would empty tenant_id too."""
    rule = {"restrict": "NO ACTION", "cascade": "CASCADE", "set null": f"SET NULL ({spec.column})"}[spec.on_delete]
    return ForeignKeyConstraint(
        ["tenant_id", spec.column],
        [f"{target_table}.tenant_id", f"{target_table}.id"],
        name=f"fk_{table}_{spec.column}",
        ondelete=rule,
    )


def _unique(table: str, spec: Field, soft_delete: bool) -> Any:
    columns = ["tenant_id", spec.column]
    name = f"uq_{table}_{spec.name}"
    if soft_delete:  # a row in the trash does not hold its name
        return Index(name, *columns, unique=True, postgresql_where=text("deleted_at IS NULL"))
    return UniqueConstraint(*columns, name=name)


# Lists are ordered by a stored column that is never null and compares with a leakproof operator, so that a keyset
# page is one index range under row-level security. Empty values come last (first for text, as people expect).
_SORT_EXPRESSIONS: dict[str, tuple[Any, str]] = {
    "text": (C_TEXT, "coalesce(lower({0}), '')"),
    "choice": (C_TEXT, "coalesce({0}, '')"),
    "phone": (C_TEXT, "coalesce({0}, '')"),
    "email": (C_TEXT, "coalesce({0}, '')"),
    "money": (BigInteger(), "coalesce({0}, 9223372036854775807)"),
    "integer": (BigInteger(), "coalesce({0}, 9223372036854775807)"),
    "day": (Date(), "coalesce({0}, 'infinity'::date)"),
    "moment": (DateTime(timezone=True), "coalesce({0}, 'infinity'::timestamptz)"),
    "flag": (Boolean(), "{0}"),
}


def _expand_sort(table: str, spec: Field, soft_delete: bool, out: Expansion) -> None:
    if spec.kind not in SORTABLE_KINDS:
        raise TypeError(f"{table}.{spec.name}: a {spec.kind} field cannot be sortable.")
    kind, expression = _SORT_EXPRESSIONS[spec.kind]
    out.attributes[spec.sort_column] = mapped_column(
        kind, Computed(expression.format(spec.column), persisted=True), nullable=True, deferred=True
    )
    out.table_args.append(sort_index(table, spec.sort_column, soft_delete))


def sort_index(table: str, column: str, soft_delete: bool) -> Index:
    """The index that makes a column sortable: `(tenant_id, column, id)`, without the trash."""
    where: dict[str, Any] = {"postgresql_where": text("deleted_at IS NULL")} if soft_delete else {}
    return Index(f"ix_{table}_{column}", "tenant_id", column, "id", **where)
