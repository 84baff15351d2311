"""The states of a payment and the moves between them. Money that arrived is never denied, however late the news of
it; what is paid can only be given back."""

from __future__ import annotations

from collections.abc import Mapping

PENDING, PAID, FAILED, EXPIRED, REFUNDED = "pending", "paid", "failed", "expired", "refunded"
MOVES: Mapping[str, frozenset[str]] = {
    PENDING: frozenset({PAID, FAILED, EXPIRED}),
    FAILED: frozenset({PENDING, PAID, EXPIRED}),  # the payer tries another card; or the news overtook each other
    EXPIRED: frozenset({PAID}),  # it was under way when time ran out
    PAID: frozenset({REFUNDED}),
    REFUNDED: frozenset(),
}
OPEN = frozenset({PENDING, FAILED})
"""States in which somebody may still pay."""


def may_move(before: str, after: str) -> bool:
    """Whether the step is legal. Staying is no step."""
    return after in MOVES[before]
