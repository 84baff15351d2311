"""What a check found, to be read by people: on the terminal, or as a page a vendor can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise of the contract: whether it is kept, and if not, what was seen."""

    promise: str
    kept: bool
    details: tuple[str, ...] = ()
    tests: int = 0
    """How many tests stand behind it; 0 where a look was enough."""


@dataclass(slots=True)
class Report:
    """All findings about one plugin."""

    plugin: str
    version: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return all(one.kept for one in self.findings)

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        for one in self.findings:
            tests = f" ({one.tests} tests)" if one.tests else ""
            yield f"{'ok  ' if one.kept else 'FAIL'}  {one.promise}{tests}"
            yield from (f"      {line}" for line in one.details)

    def markdown(self) -> str:
        """For a README or a web page."""
        rows = [
            f"| {one.promise} | {'kept' if one.kept else '**broken**'} | {one.tests or ''} |" for one in self.findings
        ]
        details = [f"- {one.promise}: {line}" for one in self.findings for line in one.details]
        head = [f"# Contract of {self.plugin} {self.version}", "", "| promise | | tests |", "|---|---|---|"]
        return "\n".join([*head, *rows, "", *details]).rstrip() + "\n"
