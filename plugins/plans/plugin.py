"""Plans: which plugins a tenant has, and how much of what. Read from top to bottom, it is the table of contents."""

from __future__ import annotations

import click

from app.sdk import (
    Job,
    Notice,
    Panel,
    Plugin,
    Resource,
    Schedule,
    Tenant,
    TenantInfo,
    _,
    _l,
    hookimpl,
    principal,
)
from plugins.plans import terms, trials, usage
from plugins.plans.models import Plan

plugin = Plugin(
    "plans", title=_l("Plans"), summary=_l("Which plugins each organisation has, and how much of what"),
    icon="wallet", order=820, default_on=True,
)  # fmt: skip
_READERS = {"owner": "read export", "admin": "read export"}


@hookimpl
def resources() -> list[Resource]:
    return [
        Resource(
            Plan, title=_l("Plan"), plural=_l("Your plan"), list="name trial_until trial_ended created_at",
            search="name", form="name trial_until trial_ended", verbs="read export", grants=_READERS,
            panels=(Panel("room", _l("What is in it, and used of it"), usage.facts),), custom_fields=False,
            everywhere=False, menu="setup", icon="wallet",
        )
    ]  # fmt: skip


@hookimpl
def entitled(tenant: TenantInfo, plugin: str, feature: str) -> str | None:
    return None if feature else terms.refusal(tenant, plugin)


@hookimpl
def allowance(tenant: TenantInfo, metric: str) -> int | None:
    return terms.limit(tenant, metric)


@hookimpl
def disabled(tenant: Tenant) -> None:
    """Admins cannot leave their plan by switching it off; the operator, at the shell, can."""
    if principal() is not None:
        raise ValueError(_("Plans belong to the operator of the platform, who alone can switch this off."))


@hookimpl
def jobs() -> list[Job]:
    return [Job("plans.trial", trials.look_at_trial, _l("Look after the trial"), priority="low", unique=True)]


@hookimpl
def schedules() -> list[Schedule]:
    return [Schedule("plans.every_night", "plans.trial", "10 0 * * *")]


@hookimpl
def notices() -> list[Notice]:
    return [Notice(trials.NOTICE, _l("The trial of your plan ends"), "email")]


@hookimpl
def commands() -> list[click.Command]:
    from plugins.plans.commands import apply_catalogue, give_plan, show_plans

    return [give_plan, apply_catalogue, show_plans]
