"""The hooks a plugin may implement, by phase. All declarations are asked once, at start-up, without a database.

Implementations are plain functions in the plugin's `plugin.py`, marked with `@hookimpl`; each may take fewer arguments
than the specification names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import isfunction
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from app.data import Field, Record
from app.host.channels import Channel
from app.host.contributions import Hit, Metric, Permission
from app.host.declarations import Dialect, Job, Notice, Page, Resource, Schedule, Timeline
from app.host.events import Event, Handler
from app.host.extensions import Extension
from app.host.feature import Feature
from app.host.first_steps import Step
from app.host.payments import PaymentProvider
from app.host.reporting import Card, Dataset, Report
from app.host.roles import Role
from app.host.webhooks import WebhookIn

if TYPE_CHECKING:
    from uuid import UUID

    import click
    from flask import Blueprint

    from app.identity.principal import TenantInfo
    from app.tenancy.models import Tenant

hookspec = pluggy.HookspecMarker("tenantry")
"""Marks a function of a plugin as a hook that others may implement; its name begins with the plugin's."""
hookimpl = pluggy.HookimplMarker("tenantry")
"""Marks a function as an implementation. Of another plugin's hook: `@hookimpl(optionalhook=True)`, unless the plugin
requires that one."""


def published_by(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The hooks that a plugin's module specifies itself, by name."""
    return {
        name: value for name, value in vars(module).items() if isfunction(value) and hasattr(value, "tenantry_spec")
    }


# Declarations: asked at start-up --------------------------------------------------------------------------------------


@hookspec
def resources() -> Sequence[Resource]:
    """The records that get screens, REST, permissions, menu entry, search and custom fields."""
    raise NotImplementedError


@hookspec
def extensions() -> Sequence[Extension]:
    """What the plugin adds to records of others: fields, columns, lists, panels, actions, rules."""
    raise NotImplementedError


@hookspec
def records() -> Sequence[type[Record]]:
    """Records without screens of their own (rows edited inside another form need no entry here)."""
    raise NotImplementedError


@hookspec
def jobs() -> Sequence[Job]:
    """Work that outlives a request: `enqueue(name, *args)` writes it down, a worker does it."""
    raise NotImplementedError


@hookspec
def schedules() -> Sequence[Schedule]:
    """Times at which a job is enqueued in every tenant that has the plugin on."""
    raise NotImplementedError


@hookspec
def events() -> Sequence[type[Event]]:
    """The plugin's own events, beside those that its resources have anyway."""
    raise NotImplementedError


@hookspec
def handlers() -> Sequence[Handler]:
    """What the plugin does when something happens, here or in another plugin."""
    raise NotImplementedError


@hookspec
def webhooks_in() -> Sequence[WebhookIn]:
    """Messages that other systems send to the plugin."""
    raise NotImplementedError


@hookspec
def datasets() -> Sequence[Dataset]:
    """Facts to report on that are no plain record of one resource."""
    raise NotImplementedError


@hookspec
def reports() -> Sequence[Report]:
    """Reports that are there from the start."""
    raise NotImplementedError


@hookspec
def cards() -> Sequence[Card]:
    """Cards for the start page of a tenant."""
    raise NotImplementedError


@hookspec
def pages() -> Sequence[Page]:
    """Pages of the plugin's own that stand in the menu beside its resources."""
    raise NotImplementedError


@hookspec
def timelines() -> Sequence[Timeline]:
    """What the plugin knows to tell on the timelines of records, its own and others'."""
    raise NotImplementedError


@hookspec
def first_steps() -> Sequence[Step]:
    """What a new tenant does first with the plugin."""
    raise NotImplementedError


@hookspec
def notices() -> Sequence[Notice]:
    """The kinds of things that the plugin tells people of."""
    raise NotImplementedError


@hookspec
def channels() -> Sequence[Channel]:
    """Ways by which the plugin reaches people: members choose them for their notices, code names them in `send_by`."""
    raise NotImplementedError


@hookspec
def payment_providers() -> Sequence[PaymentProvider]:
    """Those who take payments: `ask_for_payment` offers them, their messages come in as webhooks do."""
    raise NotImplementedError


@hookspec
def blueprints() -> Sequence[Blueprint]:
    """The views behind such pages. Every view declares `access(...)`; addresses begin with the plugin's name, public
    ones with `/<plugin>/public/`. Tenants that have the plugin off do not find them."""
    raise NotImplementedError


@hookspec
def dialects() -> Sequence[Dialect]:
    """Files of other products that can be imported as they are."""
    raise NotImplementedError


@hookspec
def features() -> Sequence[Feature]:
    """Parts of the plugin that can be off while it is on: by a tenant's admins, the operator, or member by member."""
    raise NotImplementedError


@hookspec
def settings() -> Sequence[Field]:
    """What a tenant's admins fill in for the plugin, as fields with a name: `text(name="sender")`. A `secret` one is
    kept sealed and never shown again; `setting("garage.sender")` reads it."""
    raise NotImplementedError


@hookspec
def permissions() -> Sequence[Permission]:
    """Permissions of the plugin's own pages, where those of its resources and actions do not fit."""
    raise NotImplementedError


@hookspec
def roles() -> Sequence[Role]:
    """Roles of the plugin's trade, which admins give to members beside those of every tenant."""
    raise NotImplementedError


@hookspec
def metrics() -> Sequence[Metric]:
    """Numbers that plans may limit, such as how many records there are."""
    raise NotImplementedError


@hookspec
def commands() -> Sequence[click.Command]:
    """Commands of the group `tenantry <plugin>`, run in the application; `in_tenant` enters a tenant."""
    raise NotImplementedError


# Life cycle: called inside the tenant, in the transaction of the change -----------------------------------------------


@hookspec
def enabled(tenant: Tenant) -> None:
    """The plugin was switched on for a tenant, or came on with what it joins: write the rows it starts with. Called
    again on every switch-on: be idempotent."""


@hookspec
def disabled(tenant: Tenant) -> None:
    """The plugin was switched off, or archived, for a tenant. Its records stay; cancel what goes on elsewhere."""


@hookspec
def upgrading(tenant: Tenant, before: str, after: str) -> None:
    """The plugin's version changed: called in each tenant that has it on, from the version it worked with last, once a
    pin of the tenant allows it (also when it is switched on again after versions went by). Be idempotent: what fails
    is made again."""


@hookspec
def tenant_closed(tenant: Tenant) -> None:
    """The tenant leaves: give back what the plugin holds for it in other systems."""


@hookspec
def purging(tenant: Tenant) -> None:
    """The plugin is removed for good: called once in every tenant that ever had it, before its rows go, on or off. Undo
    what other systems hold for it: webhooks, accounts, subscriptions. What fails here is told to the operator and stops
    the purge only if they want that; after a purge that broke off it is called again."""


@hookspec
def demo_data(tenant: Tenant) -> None:
    """`tenantry up` fills a demo tenant for the first time, or `tenantry plugin enable --demo` asks for it: write
    believable records."""


# Contributions: asked inside one tenant -------------------------------------------------------------------------------


@hookspec
def search_hits(words: str) -> Sequence[Hit]:
    """What the search over everything shows beside records. Asked with every search: answer quickly, and only what the
    reader may open."""
    raise NotImplementedError


# Plans: asked of every installed plugin, on or off --------------------------------------------------------------------


@hookspec
def entitled(tenant: TenantInfo, plugin: str, feature: str) -> str | None:
    """Whether the tenant's plan has the plugin (`feature` is empty) or one of its features: a sentence when it has not.
    A plugin that is on and not in the plan is read-only, its jobs wait; one that is off cannot be switched on. Kept
    until the tenant's configuration changes: a record with `__config__` does that."""
    raise NotImplementedError


@hookspec
def allowance(tenant: TenantInfo, metric: str) -> int | None:
    """How much of a metric (`crm.leads`) the tenant's plan allows; None where it says nothing of it."""
    raise NotImplementedError


# Privacy: asked of every installed plugin, on or off ------------------------------------------------------------------


@hookspec
def export_contact(contact: Record) -> Mapping[str, Any]:
    """All that the plugin knows of a `Contact`, fit for JSON, for the person to read; empty where it knows nothing."""
    raise NotImplementedError


@hookspec
def erase_contact(contact: Record) -> Iterable[UUID] | None:
    """The person behind a `Contact` is to be forgotten: delete what is about them, empty what must stay. In the
    transaction that empties the contact; raise ValueError with a sentence where something forbids it. Returns the ids
    of records whose history in the audit log names the person, to be emptied as well."""
    raise NotImplementedError
