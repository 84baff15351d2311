"""Custom fields as SQL: what stands in `custom_fields` as a value that the database can join, add up and write.

What was stored when a field was of another kind is no value here: nothing is cast that is not seen to be one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from babel.numbers import get_currency_precision, list_currencies
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Numeric, Text, Uuid, case, cast, func, select

from app.data import Field
from app.host.custom_fields import PREFIX

_NUMERIC = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_ID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def json_of(columns: Any, field: Field) -> Any:
    """The value as it is stored."""
    return columns.custom_fields[field.name.removeprefix(PREFIX)]


def text_of(columns: Any, field: Field) -> Any:
    """The value as one text."""
    return json_of(columns, field).astext


def number_of(columns: Any, field: Field) -> ColumnElement[Any]:
    """A number; of an amount of money its minor units."""
    if field.kind != "money":
        return _numeric(text_of(columns, field))
    digits = case(
        *((currency_of(columns, field).in_(codes), 10**digits) for digits, codes in unusual_digits().items()), else_=100
    )
    return cast(_numeric(amount_of(columns, field)) * digits, BigInteger)


def _numeric(text: Any) -> ColumnElement[Any]:
    return case((text.regexp_match(_NUMERIC), cast(text, Numeric)))


def amount_of(columns: Any, field: Field) -> Any:
    """An amount of money in major units, as it was entered."""
    return json_of(columns, field)["amount"].astext


def currency_of(columns: Any, field: Field) -> Any:
    """The currency of an amount, of a field with columns of its own as well."""
    if field.name.startswith(PREFIX):
        return json_of(columns, field)["currency"].astext
    return getattr(columns, f"{field.name}_currency")


def id_of(columns: Any, field: Field) -> ColumnElement[Any]:
    """The id that a relation or link holds."""
    if not field.name.startswith(PREFIX):
        return getattr(columns, field.column)  # type: ignore[no-any-return]
    text = text_of(columns, field)
    return case((text.regexp_match(_ID), cast(text, Uuid)))


def tags_of(columns: Any, field: Field) -> ColumnElement[Any]:
    """Tags as an array; an empty one where there are none."""
    if not field.name.startswith(PREFIX):
        return getattr(columns, field.name)  # type: ignore[no-any-return]
    stored = json_of(columns, field)
    each = func.jsonb_array_elements_text(case((func.jsonb_typeof(stored) == "array", stored)))
    return func.array(select(each.column_valued()).scalar_subquery(), type_=ARRAY(Text))


@cache
def unusual_digits() -> dict[int, list[str]]:
    """The currencies that have not two decimals, by how many they have."""
    found: dict[int, list[str]] = {}
    for code in sorted(list_currencies()):
        digits = get_currency_precision(code)
        if digits != 2:
            found.setdefault(digits, []).append(code)
    return found
