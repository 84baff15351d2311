"""What became of each row of an imported file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

What = Literal["added", "completed", "unchanged", "reported"]
WHATS: tuple[What, ...] = ("added", "completed", "unchanged", "reported")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reported` rows became no contact; `remarks` are the reasons, or warnings about what was kept as text only."""

    line: int
    what: What
    name: str
    remarks: tuple[str, ...] = ()
    contact_id: UUID | None = None


def count(outcomes: Iterable[Outcome]) -> dict[What, int]:
    """How many rows met each fate."""
    found = Counter(one.what for one in outcomes)
    return {what: found[what] for what in WHATS}
