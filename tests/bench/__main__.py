"""`python -m tests.bench`: load what is missing, serve both sides, measure, report."""

from __future__ import annotations

import time
from pathlib import Path

import click

from app.data.histories import ROOT
from tests.bench.plan import Plan

CACHE = ROOT.parent / "var" / "bench"


@click.command()
@click.option("--contacts", default=1_000_000, show_default=True)
@click.option("--tenants", default=100, show_default=True)
@click.option("--largest", default=200_000, show_default=True, help="Contacts of the tenant that is measured.")
@click.option("--rounds", default=7, show_default=True)
@click.option("--only", default="", help="Scenarios by name, separated by commas.")
@click.option("--folder", default=CACHE, type=click.Path(path_type=Path), help="Where the loaded database is kept.")
@click.option("--profile", default="", metavar="SCENARIO", help="Profile one page inside this process instead.")
@click.option("--write/--no-write", default=True, help="Write a whole report to tests/bench/RESULT.md.")
def main(
    contacts: int, tenants: int, largest: int, rounds: int, only: str, folder: Path, profile: str, write: bool
) -> None:
    """Measure Tenantry against the floor."""
    from tests.bench.database import house

    plan, began = Plan(contacts, tenants, largest), time.monotonic()

    def log(line: str) -> None:
        click.echo(f"{time.monotonic() - began:6.0f} s  {line}", err=True)

    with house(folder, plan, log) as running:
        if profile:
            from tests.bench.profiling import profile_page

            profile_page(running, profile)
            return
        from tests.bench.running import run

        text = run(running, plan, folder, rounds, [name for name in only.split(",") if name], log)
    click.echo(text)
    if write and not only:
        (Path(__file__).parent / "RESULT.md").write_text(text)


if __name__ == "__main__":
    main()
