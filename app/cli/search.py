"""`tenantry search`: the index that searches look in."""

from __future__ import annotations

import click

from app.cli.context import application
from app.ops.refusal import Refusal


@click.group()
def search() -> None:
    """The index that searches look in."""


@search.command()
@click.option("--tenant", "slugs", multiple=True, metavar="SLUG", help="Only this tenant; may be given several times.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind, such as contacts.contact.")
@click.option("--restart", is_flag=True, help="From the beginning, also where an earlier one was broken off.")
def rebuild(slugs: tuple[str, ...], kinds: tuple[str, ...], restart: bool) -> None:
    """Write the index again. People can work meanwhile; broken off, it goes on where it stopped."""
    from app.data import Scope, db, scope
    from app.search.rebuild import rebuild as rebuild_kind
    from app.search.rebuild import searchable_kinds
    from app.tenancy.services import tenant_ids

    with application():
        known = searchable_kinds()
        if wrong := sorted(set(kinds) - set(known)):
            raise Refusal(f"Not searched: {', '.join(wrong)}. Possible: {', '.join(known)}.")
        tenants = tenant_ids()
        if wrong := sorted(set(slugs) - set(tenants)):
            raise Refusal(f"There is no tenant at {', '.join(wrong)}.")
        for slug in slugs or tenants:
            with scope(Scope(tenants[slug], via="cli")):
                for kind in kinds or known:
                    steps = list(rebuild_kind(db.session(), kind, restart=restart))
                    if steps:
                        click.echo(f"{slug:30} {kind:30} {steps[-1]:,} records")
