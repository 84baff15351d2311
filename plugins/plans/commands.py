"""`tenantry plans`: what the operator does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click

from app.sdk import in_tenant, tenant_slugs
from plugins.plans.catalogue import BadCatalogue, Offer, read
from plugins.plans.giving import consequences, give, held, is_unknown, usual_trial
from plugins.plans.models import Plan

_CATALOGUE = click.option(
    "--from", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
    help="The file of plans (TOML).",
)  # fmt: skip
_CHECK = click.option("--check", "only_look", is_flag=True, help="Only say what it would do.")


@contextmanager
def _said() -> Iterator[None]:
    """What cannot be is said in its sentence."""
    try:
        yield
    except (BadCatalogue, LookupError) as refused:
        raise click.ClickException(str(refused)) from None


@click.command("give")
@click.argument("slug")
@click.argument("plan")
@_CATALOGUE
@click.option("--trial-until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of a trial.")
@click.option("--for-good", is_flag=True, help="No trial, whatever the catalogue says: it is paid for.")
@_CHECK
def give_plan(slug: str, plan: str, file: Path, trial_until: datetime | None, for_good: bool, only_look: bool) -> None:
    """Give the tenant SLUG the plan PLAN of a catalogue. Nothing of the tenant's is deleted."""
    with _said():
        offer = _chosen(read(file), plan)
        with in_tenant(slug) as tenant:
            for words in is_unknown(offer):
                click.echo(f"Nothing installed is called so: {words}.")
            for words in consequences(offer):
                click.echo(words)
            if not only_look:
                usual = None if for_good else usual_trial(tenant, offer)
                made = give(tenant, offer, trial_until.date() if trial_until else usual)
                click.echo(f"{slug} has {_in_words(made)}.")


def _chosen(offers: dict[str, Offer], key: str) -> Offer:
    if key not in offers:
        raise BadCatalogue(f"There is no plan “{key}” in this file: {', '.join(sorted(offers)) or 'it is empty'}.")
    return offers[key]


def _in_words(plan: Plan) -> str:
    until: date | None = plan.trial_until
    trial = f", a trial {'that ended' if plan.trial_ended else 'until'} {until}" if until else ""
    return f"the plan {plan.key} ({plan.name}){trial}"


@click.command("apply")
@_CATALOGUE
@_CHECK
def apply_catalogue(file: Path, only_look: bool) -> None:
    """Let a changed catalogue hold for the tenants that have its plans: until then they keep their terms."""
    with _said():
        offers = read(file)
        for slug in tenant_slugs():
            with in_tenant(slug) as tenant:
                now = held()
                offer = offers.get(now.key) if now is not None else None
                if now is None or offer is None or _is_same(now, offer):
                    continue
                click.echo(f"{slug}: the terms of {offer.key} change.")
                for words in consequences(offer):
                    click.echo(f"  {words}")
                if not only_look:
                    give(tenant, offer, now.trial_until)


def _is_same(plan: Plan, offer: Offer) -> bool:
    return (plan.name, plan.plugins, plan.limits) == (offer.name, list(offer.plugins), dict(offer.limits))


@click.command("show")
@click.argument("slugs", metavar="[SLUG]...", nargs=-1)
def show_plans(slugs: tuple[str, ...]) -> None:
    """Say which plan each tenant has, or those named."""
    with _said():
        for slug in slugs or tenant_slugs():
            with in_tenant(slug):
                now = held()
            click.echo(f"{slug}: {_in_words(now) if now is not None else 'no plan, so everything'}")
