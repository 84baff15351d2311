"""What became of each row of an imported file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

What = Literal["added", "completed", "unchanged", "reported"]
WHATS: tuple[What, ...] = ("added", "completed", "unchanged", "reported")
_FORMULA = ("=", "+", "-", "@", "\t")


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


def write_report(path: Path, outcomes: Iterable[Outcome]) -> None:
    """A table for a spreadsheet: one line for each row of the file. Raises OSError when it cannot be written."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(["line", "result", "name", "remarks"])
        for one in outcomes:
            table.writerow([one.line, one.what, _harmless(one.name), _harmless("\n".join(one.remarks))])


def _harmless(text: str) -> str:
    """A spreadsheet must not take a person's name for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
