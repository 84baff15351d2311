"""Money as Stripe writes it: whole numbers of a unit that is mostly, and not always, the currency's smallest.

https://docs.stripe.com/currencies#zero-decimal and the special cases below it.
"""

from __future__ import annotations

from decimal import Decimal

from app.sdk import Money, _

_NONE = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD JOD KWD OMR TND".split())
"""Their last digit must be 0."""
_WHOLE = frozenset("HUF ISK TWD UGX".split())
"""Written with two decimals that must be 00."""


def digits_of(currency: str) -> int:
    """The decimals that Stripe's amounts of a currency have."""
    return 0 if currency in _NONE else 3 if currency in _THREE else 2


def stripe_amount(money: Money) -> int:
    """The amount for a request. Raises ValueError, with a sentence, for one that Stripe cannot take."""
    exact = money.amount.scaleb(digits_of(money.currency))
    step = 10 if money.currency in _THREE else 100 if money.currency in _WHOLE else 1
    if exact % step:
        raise ValueError(_("Stripe takes no such small parts of %(currency)s.", currency=money.currency))
    return int(exact)


def money_of(amount: int, currency: str) -> Money:
    """The amount of an answer. Raises ValueError for a currency that is none."""
    code = currency.upper()
    return Money.of(Decimal(amount).scaleb(-digits_of(code)), code)
