"""Valid mobile numbers that never repeat, in an order that looks like chance."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class _Plan:
    """Numbers of a country: a prefix, and how many free digits follow it."""

    prefixes: tuple[str, ...]
    free_digits: int

    @property
    def size(self) -> int:
        return len(self.prefixes) * int(10**self.free_digits)

    def number(self, index: int) -> str:
        prefix, rest = divmod(index, 10**self.free_digits)
        return f"{self.prefixes[prefix]}{rest:0{self.free_digits}d}"


def _prefixes(*parts: str) -> tuple[str, ...]:
    return tuple(map("".join, product(*(part.split() for part in parts))))


_US_AREAS = (
    "201 202 206 212 213 214 215 216 224 239 248 253 267 301 303 305 310 312 313 314 317 323 347 360 404 407 408 410 "
    "412 415 425 469 480 502 503 504 510 512 513 516 518 559 561 602 612 615 617 619 626 646 650 702 703 713 714 718 "
    "720 734 757 760 773 781 786 801 804 805 813 817 818 832 843 847 858 860 901 904 908 909 913 915 916 917 919 949"
)
# 555-01xx is kept for fiction in the United States; the other countries keep no mobile numbers the library calls valid.
_PLANS: Mapping[str, _Plan] = {
    "SA": _Plan(_prefixes("+966", "50 53 54 55 56 58 59"), 7),
    "AE": _Plan(_prefixes("+971", "50 52 54 55 56 58"), 7),
    "EG": _Plan(_prefixes("+20", "10 11 12 15"), 8),
    "JO": _Plan(_prefixes("+962", "790 791 795 796 797 798 799 775 776 777"), 6),
    "MA": _Plan(_prefixes("+212", "661 662 663 664 665 666 667 668 670 671"), 6),
    "GB": _Plan(_prefixes("+44", "7400 7401 7402 7403 7404 7405 7500 7501 7502"), 6),
    "US": _Plan(_prefixes("+1", _US_AREAS, "55501"), 2),
}
COUNTRIES = tuple(_PLANS)
_GOLDEN_RATIO = 0.6180339887498949


class MobileNumbers:
    """Hands out each number of a country once; which comes when depends on the start alone."""

    def __init__(self, start: int) -> None:
        self._free = {
            country: _scattered(plan, start * turn) for turn, (country, plan) in enumerate(_PLANS.items(), start=1)
        }

    def take(self, country: str) -> str | None:
        """A fresh number in E.164, None when the country has no more."""
        return next(self._free[country], None)


def _scattered(plan: _Plan, start: int) -> Iterator[str]:
    """Every number once: a step that shares no factor with the size visits all before it repeats."""
    step = int(plan.size * _GOLDEN_RATIO) | 1
    while math.gcd(step, plan.size) != 1:
        step += 2
    for turn in range(plan.size):
        yield plan.number((start + turn * step) % plan.size)
