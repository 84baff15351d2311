"""Whether a plugin works, and where: `enable`, `disable`, `approve`, `flag`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from app.cli import context
from app.cli.plugin.tenants import TENANTS, tenant_called
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from flask import Flask


def _switch(name: str, slugs: tuple[str, ...], state: str, *, demo: bool = False) -> None:
    from app.data import Scope, db, scope
    from app.demo import write_demo
    from app.host import FieldError
    from app.host.lifecycle import switch

    with context.application() as app:
        if state != "off":
            _prepare(app, name)
        for slug in slugs:
            tenant = tenant_called(slug)
            with scope(Scope(tenant.id, via="cli")):
                try:
                    switch(tenant, name, state)
                    if demo:
                        write_demo(tenant, name)
                except FieldError as refused:
                    db.session.rollback()
                    raise Refusal(f"{slug}: {refused.message}") from None
                db.session.commit()
            click.echo(f"{name} is {state.replace('_', '-')} for {slug}.")


def _prepare(app: Flask, name: str) -> None:
    """Raises Refusal for a plugin that would fail: it lacks tables or columns, or nobody has accepted what it asks for.
    Roles get its permissions, which a purge took from them."""
    from app.host import registry
    from app.host.accepted import asked_of_operator
    from app.identity.sync import sync_all
    from app.ops.migrations import pending

    if name in pending(context.settings_with_database(), registry().histories()):
        raise Refusal(
            f"The migrations of {name} are not applied: start “tenantry up” anew, or run “tenantry db upgrade” first."
        )
    if name in asked_of_operator():
        raise Refusal(
            f"The operator has not accepted yet what it asks for: read it with “tenantry plugin approve {name}”."
        )
    sync_all(app)


@click.command()
@click.argument("name")
@TENANTS
@click.option("--read-only", is_flag=True, help="Its records may be read and not changed.")
@click.option("--demo", is_flag=True, help="Write its demo records (demo_data), as “tenantry up” did for the others.")
def enable(name: str, slugs: tuple[str, ...], read_only: bool, demo: bool) -> None:
    """Switch the plugin NAME on for tenants."""
    _switch(name, slugs, "read_only" if read_only else "on", demo=demo)


@click.command()
@click.argument("name")
@TENANTS
def disable(name: str, slugs: tuple[str, ...]) -> None:
    """Switch the plugin NAME off for tenants; its records stay."""
    _switch(name, slugs, "off")


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Accept without being asked.")
def approve(name: str, yes: bool) -> None:
    """Accept what the plugin NAME asks for: hosts it calls, secrets, files, other plugins' records."""
    from app.host import registry
    from app.host.accepted import asked_of_operator
    from app.installation.approval import accept
    from app.installation.words import need_words

    with context.application():
        waiting = asked_of_operator().get(name, ())
        needs = registry().needs.get(name, ())
        if not needs:
            click.echo(f"{name} asks for nothing." if registry().plugin(name) else f"{name} is not installed.")
            return
        for one in needs:
            click.echo(f"{'new      ' if one in waiting else 'accepted '} {need_words(one)} ({one})")
        if not waiting:
            return
        if not yes and not click.confirm("Accept this?"):
            raise Refusal(f"{name} works nowhere until it is accepted.")
        accept(name, "command line", needs)
    click.echo(f"{name} is accepted.")


@click.command()
@click.argument("feature", metavar="PLUGIN.FEATURE")
@click.option("--open/--close", "is_on", default=None, help="Open or close it.")
@click.option("--forget", is_flag=True, help="Take back what was said.")
@click.option("--tenant", "slug", metavar="SLUG", help="For this tenant alone.")
@click.option("--percent", type=click.IntRange(0, 100), default=100, show_default=True, help="A share of all tenants.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it holds (UTC).")
def flag(
    feature: str, is_on: bool | None, forget: bool, slug: str | None, percent: int, until: datetime | None
) -> None:
    """Open or close a flag that a plugin declares; without an option, say how it stands."""
    from app.installation.features import flags_of, forget_flag, set_flag

    with context.application():
        tenant = tenant_called(slug).id if slug else None
        try:
            if forget:
                forget_flag(feature, tenant)
            elif is_on is not None:
                last = until.replace(hour=23, minute=59, tzinfo=UTC) if until else None
                set_flag(feature, tenant, is_on, "command line", percent=percent, until=last)
        except ValueError as refused:
            raise Refusal(str(refused)) from None
        for one, place in flags_of(feature.partition(".")[0]):
            if one.feature_key == feature:
                share = place or f"{one.percent} % of all tenants"
                end = f" until {one.expires_at:%Y-%m-%d}" if one.expires_at else ""
                click.echo(f"{feature} is {'open' if one.is_enabled else 'closed'} for {share}{end}")
