"""`tenantry user`: people from the command line."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import click

from app.cli.context import application
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from flask import Flask

    from app.identity.models import Account
    from app.tenancy.models import Tenant

PASSWORD_BYTES = 12


@click.group()
def user() -> None:
    """People who sign in."""


@user.command()
@click.argument("email")
@click.option("--tenant", metavar="SLUG", help="The tenant to make them a member of.")
@click.option("--role", default="agent", show_default=True, help="Their role in that tenant.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--operator", is_flag=True, help="Let them run the platform (all tenants).")
@click.option("--password", help="Others can see this in the list of processes: prefer --password-stdin.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(
    email: str,
    tenant: str | None,
    role: str,
    first_name: str,
    last_name: str,
    operator: bool,
    password: str | None,
    password_stdin: bool,
) -> None:
    """Create the account EMAIL, or add an existing one to a tenant. Without a password a random one is shown once."""
    from app.identity.services import add_member

    given = sys.stdin.readline().rstrip("\n") if password_stdin else password
    with application() as app:
        check_role(app, role)
        place = find_tenant(tenant) if tenant else None
        account, made = account_for(email, given, first_name, last_name, operator=operator)
        if place is not None:
            add_member(account, place, role)
    click.echo(f"{account.email} can sign in" + (f" to “{tenant}” as {role}." if tenant else "."))
    if made and given is None:
        click.echo(f"Their password is {made} (shown this once).")


@user.command()
@click.argument("email")
def link(email: str) -> None:
    """Make a link that signs EMAIL in once, within a quarter of an hour: when no other way in works.

    It needs neither passwords, nor the directory, nor a provider. Whoever has the link is that person: hand it over
    safely.
    """
    from app.identity.recovery import make_link
    from app.identity.services import find_account

    with application() as app:
        account = find_account(email)
        if account is None or not account.active:
            raise Refusal(f"There is no account for {email} that may sign in.")
        click.echo(f"{app.config['TENANTRY'].public_url}/login/link/{make_link(account.id)}")
        click.echo("It works once, for 15 minutes.", err=True)


@user.command()
@click.argument("email")
def unlink(email: str) -> None:
    """Forget by which directories and providers EMAIL comes in; the next right sign-in there links them again."""
    from app.identity.identities import identities_of
    from app.identity.identities import unlink as forget
    from app.identity.services import find_account

    with application():
        account = find_account(email)
        if account is None:
            raise Refusal(f"There is no account for {email}.")
        linked = identities_of(account.id)
        for one in linked:
            forget(one.id, account.id)
            click.echo(f"{account.email} is no longer {one.name} of {one.issuer}.")
    if not linked:
        click.echo(f"{account.email} has no other way in.")


def check_role(app: Flask, role: str) -> None:
    """Raises Refusal for a role that neither the core nor an installed plugin has."""
    from app.tenancy.models import ROLES

    known = (*ROLES, *app.extensions["tenantry"].roles)
    if role not in known:
        raise Refusal(f"There is no role “{role}”: choose one of {', '.join(known)}.")


def account_for(
    email: str, password: str | None = None, first_name: str = "", last_name: str = "", *, operator: bool = False
) -> tuple[Account, str | None]:
    """The account with this address and, when it was made just now, its password."""
    from app.identity.services import create_account, find_account

    found = find_account(email)
    if found is not None:
        if password is not None or operator:
            raise Refusal(f"{email} has an account already: its password and rights stay as they are.")
        return found, None
    chosen = password or secrets.token_urlsafe(PASSWORD_BYTES)
    first = first_name or email.partition("@")[0]
    return create_account(email, first, last_name, chosen, operator=operator), chosen


def find_tenant(slug: str) -> Tenant:
    """The tenant with this slug. Raises Refusal when there is none."""
    from app.tenancy.services import find_tenant as find

    found = find(slug)
    if found is None:
        raise Refusal(f"There is no tenant “{slug}”.")
    return found
