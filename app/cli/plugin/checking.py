"""`tenantry plugin check`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from app.ops.refusal import Refusal

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("check")
@click.argument("name")
@click.option("--quick", is_flag=True, help="Only what takes seconds: files, code, translations, migrations.")
@click.option(
    "--only", multiple=True, metavar="PART", help="Of the contract suite this alone (budget). Again for more."
)
@click.option("--report", type=_FILE, help="Write what was found as Markdown.")
@click.option("--html", type=_FILE, help="Write it as a page.")
@click.option("--json", "data", type=_FILE, help="Write it for programs.")
def check_one(
    name: str, quick: bool, only: tuple[str, ...], report: Path | None, html: Path | None, data: Path | None
) -> None:
    """Ask of the plugin NAME what every plugin must keep. Takes some minutes; starts servers of its own."""
    _check_tools(() if quick else ("pytest", "xdist", "playwright"))
    from app.cli.words import faults_in
    from app.testing.checking import Finding, check_plugin, lines_of

    def say(finding: Finding) -> None:
        for line in lines_of(finding):
            click.echo(line)

    try:
        found = check_plugin(name, faults_in, say, quick=quick, only=only)
    except LookupError as error:
        raise Refusal(f"“{name}” cannot be checked: {error}.") from None
    for target, text in ((report, found.markdown), (html, found.html), (data, found.json)):
        if target is not None:
            target.write_text(text(), encoding="utf-8")
    if not found.is_clean:
        raise Refusal(f"{name}: {found.verdict}.")
    click.echo(f"{name} {found.verdict}.")


def _check_tools(names: Sequence[str]) -> None:
    """Raises Refusal where a part of `tenantry[test]` is missing, before minutes were spent."""
    missing = [name for name in ("defusedxml", *names) if find_spec(name) is None]
    if missing:
        raise Refusal(
            f"This needs the test tools ({', '.join(missing)}): pip install 'tenantry[test]', or add --quick."
        )
