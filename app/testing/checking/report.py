"""What a check found, to be read by people and programs: on the terminal, as Markdown, as a page, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from html import escape


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise of the contract: whether it is kept, and if not, what was seen."""

    promise: str
    kept: bool
    details: tuple[str, ...] = ()
    tests: int = 0
    """How many tests stand behind it; 0 where a look was enough."""
    is_empty: bool = False
    """Whether there was nothing to ask it of: a promise about records, and the plugin has none."""
    is_unseen: bool = False
    """Whether something that it takes is not on this machine, so that nobody looked: no pass."""

    @property
    def is_bad(self) -> bool:
        """Broken, or not looked at."""
        return not self.kept or self.is_unseen

    @property
    def word(self) -> str:
        if self.is_unseen and self.kept:
            return "not looked at"
        if self.is_empty:
            return "no case"
        return "kept" if self.kept else "broken"


@dataclass(slots=True)
class Report:
    """All findings about one plugin."""

    plugin: str
    version: str
    findings: list[Finding] = field(default_factory=list)
    made_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def is_clean(self) -> bool:
        return not any(one.is_bad for one in self.findings)

    @property
    def verdict(self) -> str:
        broken = sum(not one.kept for one in self.findings)
        unseen = sum(one.is_unseen and one.kept for one in self.findings)
        if broken:
            return f"{broken} of {len(self.findings)} promises are broken"
        return f"{unseen} of {len(self.findings)} promises were not looked at" if unseen else "keeps the contract"

    def markdown(self) -> str:
        """For a README."""
        rows = [
            f"| {one.promise} | {f'**{one.word}**' if one.is_bad else one.word} | {one.tests or ''} |"
            for one in self.findings
        ]
        details = [f"- {one.promise}: {line}" for one in self.findings for line in one.details]
        head = [f"# Contract of {self.plugin} {self.version}", "", f"{self.made_at}: {self.verdict}.", ""]
        return "\n".join([*head, "| promise | | tests |", "|---|---|---|", *rows, "", *details]).rstrip() + "\n"

    def json(self) -> str:
        """For programs."""
        found = {"plugin": self.plugin, "version": self.version, "made_at": self.made_at, "is_clean": self.is_clean}
        return json.dumps(found | {"findings": [asdict(one) for one in self.findings]}, indent=1, ensure_ascii=False)

    def html(self) -> str:
        """A page that stands alone: no script, no address of anybody's."""
        rows = "\n".join(self._row(one) for one in self.findings)
        title = escape(f"Contract of {self.plugin} {self.version}")
        return _PAGE.format(
            title=title, verdict=escape(self.verdict), kind="kept" if self.is_clean else "broken", at=self.made_at,
            rows=rows,
        )  # fmt: skip

    @staticmethod
    def _row(one: Finding) -> str:
        lines = "".join(f"<li>{escape(line)}</li>" for line in one.details)
        details = f"<ul>{lines}</ul>" if lines else ""
        return (
            f'<tr class="{one.word.replace(" ", "-")}"><th scope="row">{escape(one.promise)}{details}</th>'
            f"<td>{one.word}</td><td>{one.tests or ''}</td></tr>"
        )


def lines_of(one: Finding) -> Iterator[str]:
    """A finding for the terminal."""
    tests = f" ({one.tests} tests)" if one.tests else ""
    head = {"kept": "ok  ", "broken": "FAIL", "no case": "-   ", "not looked at": "?   "}[one.word]
    more = f" ({one.word})" if one.word in ("no case", "not looked at") else tests
    yield f"{head}  {one.promise}{more}"
    yield from (f"      {line}" for line in one.details)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: start; vertical-align: top; padding: .5rem; border-block-end: 1px solid #8884 }}
th[scope=row] {{ font-weight: 400; overflow-wrap: anywhere }}
.kept td:first-of-type, .verdict.kept {{ color: light-dark(#166534, #86efac) }}
.broken td:first-of-type, .not-looked-at td:first-of-type, .verdict.broken {{
  color: light-dark(#b91c1c, #fca5a5); font-weight: 600
}}
</style></head><body>
<h1>{title}</h1>
<p class="verdict {kind}">{verdict}</p><p><time>{at}</time></p>
<table><thead><tr><th scope="col">Promise</th><th scope="col"></th><th scope="col">Tests</th></tr></thead>
<tbody>
{rows}
</tbody></table>
</body></html>
"""
