"""Which version works where: `upgrade`, `pin`, `unpin`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from app.cli import context
from app.cli.plugin.tenants import TENANTS, tenant_called
from app.ops.refusal import Refusal

_RESTART = "Processes that run keep the code they started with: restart web, worker, dispatcher and scheduler."


@click.command()
@click.argument("name")
@click.option("--check", "only_look", is_flag=True, help="Only say what it would do.")
@click.option("--canary", multiple=True, metavar="SLUG", help="Tenants that try it first. May be given again.")
@click.option("--go-on", "then", flag_value="on", help="What is being tried is good: for all.")
@click.option("--back", "then", flag_value="back", help="What is being tried is not: undo its migrations.")
@click.option("--announce", is_flag=True, help="Only tell owners and admins of tenants that stay with another version.")
@click.option("--over-pins", is_flag=True, help="Go on though tenants stay with another version: they may only read.")
@click.option("--yes", is_flag=True, help="Begin without being asked.")
def upgrade(
    name: str, only_look: bool, canary: tuple[str, ...], then: str | None, announce: bool, over_pins: bool, yes: bool
) -> None:
    """Bring the plugin NAME to the version whose package is installed: for all, or for some tenants first."""
    from app.installation import pins
    from app.installation.preflight import look_ahead
    from app.installation.upgrading import MayNotUpgrade, begin, go_back, go_on

    settings = context.settings_with_database()
    with context.application():
        try:
            if announce:
                told = pins.announce(name)
                click.echo(f"Told: {', '.join(told)}." if told else "No tenant stays with another version.")
            elif then == "on":
                go_on(name, click.echo, over_pins=over_pins)
                click.echo(_RESTART)
            elif then == "back":
                go_back(settings, name, click.echo)
                click.echo(_RESTART)
            else:
                ahead = look_ahead(settings, name)
                for line in ahead.lines():
                    click.echo(line)
                if only_look:
                    return
                if ahead.is_due and not ahead.obstacle and not (yes or click.confirm("Begin?")):
                    raise Refusal("Nothing was done.")
                begin(settings, name, canary, click.echo, over_pins=over_pins)
                click.echo(_RESTART)
        except MayNotUpgrade as refused:
            hint = "" if over_pins or not pins.pins_of(name) else " (--over-pins, or tenantry plugin unpin)"
            raise Refusal(f"{refused}{hint}") from None
        except (ValueError, LookupError) as refused:
            raise Refusal(str(refused)) from None


@click.command()
@click.argument("name")
@click.argument("versions", required=False)
@click.option("--tenant", "slugs", multiple=True, metavar="SLUG", help="May be given again.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it holds (UTC).")
@click.option("--reason", default="", help="Why, for whoever reads it later.")
@click.option(
    "--by-tenants/--not-by-tenants", "theirs", default=None, help="Whether their admins may do it themselves."
)
def pin(
    name: str, versions: str | None, slugs: tuple[str, ...], until: datetime | None, reason: str, theirs: bool | None
) -> None:
    """Let tenants stay with VERSIONS ("1.*", ">=1.2,<2") of the plugin NAME; without any, say who stays with which.

    While the installed version is another one, these tenants read and do not change.
    """
    from app.installation import pins

    last = until.replace(hour=23, minute=59, tzinfo=UTC) if until else None
    if bool(versions) != bool(slugs):
        raise Refusal("Name both the versions and the tenants: tenantry plugin pin garage '1.*' --tenant acme")
    with context.application():
        try:
            if theirs is not None:
                pins.let_tenants_pin(name, theirs)
            for slug in slugs:
                _settled(
                    slug,
                    pins.pin(tenant_called(slug), name, versions or "", by_operator=True, until=last, reason=reason),
                )
        except ValueError as refused:
            raise Refusal(str(refused)) from None
        for one in pins.pins_of(name):
            click.echo(f"{name}: {one.words}")


@click.command()
@click.argument("name")
@TENANTS
def unpin(name: str, slugs: tuple[str, ...]) -> None:
    """Let tenants go along with the installed version of the plugin NAME again."""
    from app.installation import pins

    with context.application():
        for slug in slugs:
            try:
                _settled(slug, pins.unpin(tenant_called(slug), name, by_operator=True))
            except ValueError as refused:
                raise Refusal(str(refused)) from None
            click.echo(f"{name} goes along with its installed version for {slug}.")


def _settled(slug: str, is_done: bool) -> None:
    if not is_done:
        click.echo(f"{slug}: the step to the installed version failed and is tried again: see “tenantry plugin list”.")
