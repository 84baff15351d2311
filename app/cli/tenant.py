"""`tenantry tenant`: tenants from the command line."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.context import application
from app.cli.user import account_for
from app.ops.refusal import Refusal


@click.group()
def tenant() -> None:
    """Tenants."""


@tenant.command()
@click.argument("slug")
@click.option("--name", required=True, help="The name people read.")
@click.option("--owner", required=True, metavar="EMAIL", help="Who owns it; an account is made when there is none.")
def create(slug: str, name: str, owner: str) -> None:
    """Create the tenant SLUG (it appears in addresses: /t/SLUG/) and give it an owner."""
    from app.host.provisioning import provision_tenant
    from app.identity.accounts import clean_email
    from app.identity.services import add_member

    with application():
        clean_email(owner)  # refused before anything is made
        try:
            made = provision_tenant(slug, name)
        except ValueError as error:
            raise Refusal(str(error)) from error
        account, password = account_for(owner)
        add_member(account, made, "owner")
    click.echo(f"Created the tenant “{name}” at /t/{slug}/, owned by {account.email}.")
    if password:
        click.echo(f"Their password is {password} (shown this once).")


@tenant.command()
@click.argument("slug")
@click.argument("host")
def domain(slug: str, host: str) -> None:
    """Let the host name HOST lead to the tenant SLUG, without /t/SLUG/ in the address."""
    from app.tenancy.services import map_domain

    with application():
        try:
            mapped = map_domain(slug, host)
        except ValueError as error:
            raise Refusal(str(error)) from error
    click.echo(f"{mapped.domain} leads to “{slug}” from now on.")


@tenant.command()
@click.argument("slug")
@click.option("--to", "target", type=click.Path(path_type=Path), help="The file to write [default: SLUG-DATE.zip].")
def export(slug: str, target: Path | None) -> None:
    """Write everything of the tenant SLUG to a ZIP: JSON lines for each kind of record, files, manifest, checksums."""
    from app.transfer.commands import export_tenant

    with application():
        export_tenant(slug, target)


@tenant.command()
@click.argument("slug")
@click.option("--confirm", metavar="SLUG", help="The address again, instead of being asked for it.")
def close(slug: str, confirm: str | None) -> None:
    """Close the tenant SLUG: its plugins are told, nobody gets in any more. Its records stay in the database."""
    from app.installation.closing import close_tenant
    from app.tenancy.services import find_tenant

    with application():
        found = find_tenant(slug)
        if found is None or found.deleted_at is not None:
            raise Refusal(f"There is no tenant “{slug}”.")
        if (confirm or click.prompt("Type the tenant's address")) != slug:
            raise Refusal("The address is another one: nothing was closed.")
        failed = close_tenant(found)
    click.echo(f"“{slug}” is closed." + (f" These plugins failed at it: {', '.join(failed)}." if failed else ""))
