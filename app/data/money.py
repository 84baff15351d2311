"""An amount of money: whole minor units of one currency, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

from babel.numbers import get_currency_precision, list_currencies

_KNOWN = frozenset(list_currencies())
MAX_MINOR = 2**63 - 1
_FURTHEST_DIGIT = 100
_EXACT = Context(prec=1000)
"""The usual 28 digits would round what a hostile amount holds."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`Money(1250, "USD")` is 12.50 dollars. `minor` counts the currency's smallest unit (ISO 4217 exponent)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("Money counts whole minor units: an int.")
        if self.currency not in _KNOWN:
            raise ValueError(f"“{self.currency}” is not a currency code we know.")
        if abs(self.minor) > MAX_MINOR:
            raise ValueError("The amount is too large.")

    @property
    def amount(self) -> Decimal:
        """In major units: `Money(1250, "USD").amount == Decimal("12.50")`."""
        return Decimal(self.minor).scaleb(-digits_of(self.currency))

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """From major units. Raises ValueError when the amount has more decimals than the currency."""
        currency = currency.strip().upper()
        if currency not in _KNOWN:
            raise ValueError(f"“{currency}” is not a currency code we know.")
        try:
            value = Decimal(amount)
        except InvalidOperation:
            raise ValueError(f"“{amount}” is not an amount.") from None
        if not value.is_finite() or abs(int(value.as_tuple().exponent)) > _FURTHEST_DIGIT:
            raise ValueError(f"“{amount}” is not an amount.")
        decimals = f"{value:f}".partition(".")[2].rstrip("0")
        if len(decimals) > digits_of(currency):
            raise ValueError(f"{currency} has {digits_of(currency)} decimals; “{amount}” has more.")
        return cls(int(value.scaleb(digits_of(currency), _EXACT)), currency)

    def __composite_values__(self) -> tuple[int, str]:
        return self.minor, self.currency

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def digits_of(currency: str) -> int:
    """Decimals of a currency (CLDR): 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)
