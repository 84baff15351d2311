"""The statement of an export: every value already written as the file will hold it, so that the database does the work
and this process only hands bytes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from app.data import Field, Record, current_tenant_id
from app.data.codes import Codes
from app.data.record import label_fields
from app.host.custom_fields import PREFIX
from app.screens.reading import ListRequest, Surface
from app.screens.reading.listing import select_rows
from app.screens.reading.paging import Order
from app.screens.reading.stored import (
    amount_of,
    currency_of,
    id_of,
    json_of,
    tags_of,
    text_of,
    unusual_digits,
)  # fmt: skip
from app.transfer.formula import UNSAFE
from app.transfer.targets import Target, readable

Form = Literal["text", "safe", "json"]
"""How values are written: as texts, as texts that no spreadsheet takes for a formula, as JSON."""
_OWN_WORDS = frozenset({"text", "long_text", "email", "phone", "url", "tags", "json", "money"})
"""Kinds whose texts people have written, so that they may begin like a formula."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The statement and its columns in order."""

    statement: Select[Any]
    targets: tuple[Target, ...]


def select_for(surface: Surface, request: ListRequest, columns: Sequence[str], form: Form) -> Selected:
    """All rows that a list request means, in its order, with these columns: paths, and names of inline rows.

    Row rules hold; what is hidden from this person, or unknown, is left out.
    """
    where = select_rows(surface, request).where
    known = readable(surface, _most_rows(surface, columns, where))
    names = dict.fromkeys(name for name in columns)
    paths = [path for name in names for path, one in known.items() if name in (path, one.collection)]
    targets = tuple(known[path] for path in dict.fromkeys(paths))
    writer = _Writer(surface, form)
    selected = [writer.column(target).label(f"c{place}") for place, target in enumerate(targets)]
    order = Order.of(surface.model, surface.fields[request.sort.removeprefix("-")], request.sort)
    statement = select(*selected).select_from(writer.source()).where(*where, writer.tenant)
    return Selected(statement.order_by(*order.by(backwards=False)), targets)


def _most_rows(surface: Surface, columns: Sequence[str], where: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    """How many inline rows the longest of the records has, of each collection that is asked for."""
    found = {}
    wanted = {name.partition(".")[0] for name in columns}
    for name in surface.entry.resource.inlines.split():
        if name in wanted and name in surface.fields:
            field = surface.fields[name]
            child: Any = field.target()  # type: ignore[misc]
            link = getattr(child, f"{field.reverse}_id")
            mine = select(func.count().label("rows")).select_from(child).join(surface.model, surface.model.id == link)
            counts = mine.where(*where).group_by(link).subquery()
            found[name] = surface.session.execute(select(func.max(counts.c.rows))).scalar() or 0
    return found


class _Writer:
    """Writes the expressions of one statement and collects what has to be joined for them."""

    def __init__(self, surface: Surface, form: Form) -> None:
        self.surface, self.form = surface, form
        self.model: Any = surface.model
        self.tenant = self.model.tenant_id == current_tenant_id()
        self.joins: list[tuple[Any, Any]] = []
        self.children: dict[str, dict[str, Any]] = {}
        self.laterals: dict[str, Any] = {}

    def column(self, target: Target) -> ColumnElement[Any]:
        if target.path == "id":
            return self._finished(cast(self.model.id, Text), target.field)
        if target.collection:
            return self._of_child(target)
        return self._finished(self._value(self.model, target, self._relation), target.field)

    def source(self) -> Any:
        source: Any = self.model.__table__
        for joined, on in self.joins:
            source = source.outerjoin(joined, on)
        for name, lateral in self.laterals.items():
            source = source.outerjoin(self._lateral(name, lateral), true())
        return source

    def _value(self, model: Any, target: Target, relation: Callable[[Any, Field], Any]) -> ColumnElement[Any]:
        field = target.field
        if field.picks:
            return cast(id_of(model, field), Text) if target.is_id else relation(model, field)
        if field.name.startswith(PREFIX):
            return _custom(model, field, self.form)
        if field.kind == "money":
            return _money(getattr(model, f"{field.name}_minor"), getattr(model, f"{field.name}_currency"), self.form)
        return _written(getattr(model, field.name), field, self.form)

    def _relation(self, model: Any, field: Field) -> ColumnElement[Any]:
        if field.links:
            return self._linked(model, field)
        other: Any = field.target().__table__.alias()  # type: ignore[misc]
        on = and_(other.c.id == getattr(model, field.column), other.c.tenant_id == current_tenant_id())
        self.joins.append((other, on))
        return _label(field.target(), other.c)  # type: ignore[misc]

    def _linked(self, model: Any, field: Field) -> ColumnElement[Any]:
        """What a linked record is called, within this person's reach; nothing where a list has a tombstone."""
        names = _names(self.surface.linked(field.links))
        if names is None:
            return null()
        self.joins.append((names, names.c.id == id_of(model, field)))
        return names.c.words  # type: ignore[no-any-return]

    def _of_child(self, target: Target) -> ColumnElement[Any]:
        """One element of the list of a value over the inline rows, which are read once for all their columns."""
        spec = self.surface.fields[target.collection]
        child: Any = spec.target()  # type: ignore[misc]
        name = f"{target.field.name}{'_id' if target.is_id else ''}"
        parts = self.laterals.setdefault(target.collection, {})
        if name not in parts:
            value = self._value(child, target, self._inner_label)
            each: ColumnElement[Any] = func.to_jsonb(value) if self.form == "json" else value
            parts[name] = func.array_agg(aggregate_order_by(each, child.id))
        element: ColumnElement[Any] = literal_column(f'rows_{target.collection}."{name}"[{int(target.group)}]')
        return self._finished(element, target.field)

    def _lateral(self, name: str, parts: Mapping[str, Any]) -> Any:
        spec = self.surface.fields[name]
        child: Any = spec.target()  # type: ignore[misc]
        mine = and_(getattr(child, f"{spec.reverse}_id") == self.model.id, child.tenant_id == current_tenant_id())
        columns = [value.label(label) for label, value in parts.items()]
        return select(*columns).where(mine).correlate(self.model).lateral(f"rows_{name}")

    def _inner_label(self, model: Any, field: Field) -> ColumnElement[Any]:
        """The label of a record that an inline row refers to."""
        if field.links:
            names = _names(self.surface.linked(field.links))
            found = select(names.c.words).where(names.c.id == id_of(model, field)) if names is not None else None
            return found.scalar_subquery() if found is not None else null()
        other: Any = field.target().__table__.alias()  # type: ignore[misc]
        mine = and_(other.c.id == getattr(model, field.column), other.c.tenant_id == current_tenant_id())
        return select(_label(field.target(), other.c)).where(mine).scalar_subquery()  # type: ignore[misc]

    def _finished(self, value: ColumnElement[Any], field: Field) -> ColumnElement[Any]:
        risky = field.kind in _OWN_WORDS or field.picks or field.name.startswith(PREFIX)
        return _safe(value) if self.form == "safe" and risky else value


def _names(other: Surface | None) -> Any:
    """The linked records that somebody reaches, with what they are called; None where they may see none."""
    if other is None or not other.may("read"):
        return None
    model: Any = other.model
    where = model.tenant_id == current_tenant_id(), *other.conditions()
    return select(model.id, _label(model, model.__table__.c).label("words")).where(*where).subquery()


def _label(model: type[Record], columns: Any) -> ColumnElement[Any]:
    parts = [
        _choice(columns[name], field)
        if (field := model.__fields__.get(name)) is not None and field.kind == "choice"
        else cast(columns[name], Text)
        for name in label_fields(model)
    ]
    words = func.nullif(func.concat_ws(" ", *parts), "") if parts else null()
    return func.coalesce(words, func.right(func.replace(cast(columns.id, Text), "-", ""), 8))


def _written(column: Any, field: Field, form: Form) -> ColumnElement[Any]:
    if form == "json" and field.kind != "moment":
        return column  # type: ignore[no-any-return]
    match field.kind:
        case "choice":
            return _choice(column, field)
        case "flag":
            return case((column, literal(str(_("Yes")), Text)), else_=literal(str(_("No")), Text))
        case "tags":
            return func.array_to_string(column, ", ")
        case "decimal":
            return cast(func.trim_scale(column), Text)
        case "moment" if form == "json":
            return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        case "text" | "long_text" | "email" | "phone" | "url":
            return column  # type: ignore[no-any-return]
    return cast(column, Text)


def _choice(column: Any, field: Field) -> ColumnElement[Any]:
    if isinstance(field.choices, Codes):  # hundreds: looked up in one value, not compared one by one
        words = literal({one.value: one.words for one in field.choices}, JSONB)
        return func.coalesce(words[column].astext, column)
    labels = [(column == one.value, literal(one.words, Text)) for one in field.choices]
    return case(*labels, else_=cast(column, Text))


def _custom(model: Any, field: Field, form: Form) -> ColumnElement[Any]:
    if form == "json":
        return json_of(model, field)  # type: ignore[no-any-return]
    text = text_of(model, field)
    match field.kind:
        case "flag":
            return case((text == "true", literal(str(_("Yes")), Text)), (text == "false", literal(str(_("No")), Text)))
        case "money":
            return amount_of(model, field) + " " + currency_of(model, field)  # type: ignore[no-any-return]
        case "tags":
            return func.array_to_string(tags_of(model, field), ", ")
        case "choice":
            return _choice(text, field)
    return text  # type: ignore[no-any-return]


def _money(minor: Any, currency: Any, form: Form) -> ColumnElement[Any]:
    whole = cast(minor, Numeric)
    amounts = [
        (currency.in_(codes), cast(cast(whole / 10**digits, Numeric(40, digits)), Text))
        for digits, codes in unusual_digits().items()
    ]
    amount = case(*amounts, else_=cast(cast(whole / 100, Numeric(40, 2)), Text))
    if form == "json":
        return case((minor.is_not(None), func.jsonb_build_object("amount", amount, "currency", currency)))
    return amount + " " + currency  # type: ignore[no-any-return]


def _safe(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Most texts begin with a letter or a digit, which is cheaper to see than a pattern is to match."""
    first = func.ascii(value, type_=Integer)
    is_harmless = or_(first.between(65, 126), first.between(48, 57), first.between(0x0600, 0x06FF))
    return case((is_harmless, value), (value.regexp_match(UNSAFE), literal("'", Text) + value), else_=value)
