"""Kinds that are quantities: whole and decimal numbers, money, yes or no."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.data import Field, Money
from app.data.money import digits_of
from app.screens.kinds.base import Kind, Schema, reader

_DIGITS = {ord(digit): str(index % 10) for index, digit in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")} | {
    0x066B: ".",
    0x066C: "",
}
_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
BIGGEST = 2**63 - 1


def number(text: str) -> Decimal:
    """A number as people type it: Arabic digits, thousands separated by commas or blanks, a decimal point."""
    plain = _BLANKS.sub("", text.translate(_DIGITS)).replace("−", "-")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not _PLAIN.fullmatch(plain) or len(plain) > 60:
        raise ValueError(_("“%(value)s” is not a number.", value=text[:80]))
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise ValueError(_("“%(value)s” is not a number.", value=text[:80])) from None


def within(field: Field, value: Any) -> Any:
    """The value, if it lies in the field's limits."""
    if field.minimum is not None and value < field.minimum:
        raise ValueError(_("This must be at least %(limit)s.", limit=field.minimum))
    if field.maximum is not None and value > field.maximum:
        raise ValueError(_("This must be at most %(limit)s.", limit=field.maximum))
    return value


class IntegerKind(Kind):
    operators = ("is", "at_least", "at_most", "between", "one_of", "empty")

    def parse(self, field: Field, text: str) -> Any:
        value = number(text)
        if value != value.to_integral_value():
            raise ValueError(_("“%(value)s” is not a whole number.", value=text[:80]))
        return self._bounded(field, int(value))

    def _bounded(self, field: Field, value: int) -> int:
        if abs(value) > BIGGEST:
            raise ValueError(_("This number is too large."))
        return int(within(field, value))

    def load(self, field: Field, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int):
            raise ValueError(_("This must be a whole number."))
        return self._bounded(field, data)

    def dump(self, field: Field, value: Any) -> Any:
        return value

    def schema(self, field: Field) -> Schema:
        low = -BIGGEST if field.minimum is None else field.minimum
        high = BIGGEST if field.maximum is None else field.maximum
        return {"type": "integer", "format": "int64", "minimum": low, "maximum": high}


class DecimalKind(Kind):
    operators = ("is", "at_least", "at_most", "between", "empty")

    def parse(self, field: Field, text: str) -> Any:
        return self._bounded(field, number(text))

    def _bounded(self, field: Field, value: Decimal) -> Decimal:
        if not value.is_finite() or value.copy_abs() >= Decimal(10) ** (field.precision - field.scale):
            raise ValueError(_("This number is too large."))
        if len(f"{value:f}".partition(".")[2].rstrip("0")) > field.scale:
            raise ValueError(ngettext("At most %(num)s decimal.", "At most %(num)s decimals.", field.scale))
        return Decimal(within(field, value))

    def show(self, field: Field, value: Any) -> str:
        return f"{value:f}"

    def load(self, field: Field, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise ValueError(_('This must be a number in a text, such as "12.50".'))
        return self._bounded(field, number(str(data)))

    def schema(self, field: Field) -> Schema:
        whole, decimals = max(1, field.precision - field.scale), max(1, field.scale)
        return {"type": "string", "pattern": rf"^[+-]?[0-9]{{1,{whole}}}(\.[0-9]{{1,{decimals}}})?$"}


class FlagKind(Kind):
    operators = ("is",)

    def parse(self, field: Field, text: str) -> Any:
        word = text.strip().casefold()
        if word in ("1", "true", "yes", "on", "y", "نعم"):
            return True
        if word in ("0", "false", "no", "off", "n", "لا"):
            return False
        raise ValueError(_("Please answer yes or no."))

    def show(self, field: Field, value: Any) -> str:
        return "true" if value else "false"

    def load(self, field: Field, data: Any) -> Any:
        if not isinstance(data, bool):
            raise ValueError(_("This must be true or false."))
        return data

    def dump(self, field: Field, value: Any) -> Any:
        return bool(value)

    def schema(self, field: Field) -> Schema:
        return {"type": "boolean"}


class MoneyKind(Kind):
    """Typed as “12.50 USD”; the tenant's currency when none is given."""

    operators = ("is", "at_least", "at_most", "between", "currency", "empty")

    def parse(self, field: Field, text: str) -> Any:
        # Letters are a currency after a number alone: “abc” is none.
        match = re.fullmatch(r"(.*\d\.?)\s*([A-Za-z]{3})?", text.strip())
        amount, currency = (match.group(1), match.group(2)) if match else (text, None)
        return self._bounded(field, self._money(number(amount), currency or reader().currency))

    def _money(self, amount: Decimal, currency: str) -> Money:
        try:
            return Money.of(amount, currency)
        except ValueError:
            pass
        try:
            digits = digits_of(currency.upper())
            Money(0, currency.upper())
        except ValueError:
            raise ValueError(_("“%(code)s” is not a currency we know.", code=currency)) from None
        if abs(amount) >= BIGGEST // 1000:
            raise ValueError(_("This number is too large."))
        words = ngettext(
            "%(code)s has %(num)s decimal.", "%(code)s has %(num)s decimals.", digits, code=currency.upper()
        )
        raise ValueError(words)

    def _bounded(self, field: Field, value: Money) -> Money:
        within(field, value.amount)
        return value

    def load(self, field: Field, data: Any) -> Any:
        if not isinstance(data, dict) or set(data) - {"amount", "currency"} or not {"amount", "currency"} <= set(data):
            raise ValueError(_("This must be an object with “amount” and “currency”."))
        amount, currency = data["amount"], data["currency"]
        if isinstance(amount, bool) or not isinstance(amount, str | int) or not isinstance(currency, str):
            raise ValueError(_("“amount” must be a number in a text, “currency” a code such as USD."))
        return self._bounded(field, self._money(number(str(amount)), currency))

    def dump(self, field: Field, value: Any) -> Any:
        return {"amount": f"{value.amount:f}", "currency": value.currency}

    def schema(self, field: Field) -> Schema:
        return {
            "type": "object",
            "required": ["amount", "currency"],
            "additionalProperties": False,
            "properties": {
                "amount": {"type": "string", "pattern": r"^[+-]?[0-9]{1,19}(\.[0-9]{1,4})?$", "examples": ["12.50"]},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]},
            },
        }
