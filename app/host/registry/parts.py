"""What each plugin declares by itself, checked against its name and put into guards, as it is collected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from types import MappingProxyType
from typing import Any

from flask import Blueprint

from app.data import Field
from app.host import claims, extending
from app.host.asked import Asked
from app.host.channels import Channel, check_channels
from app.host.declarations import Job, Notice, Page, Plugin, Schedule, Timeline
from app.host.entry import Entry
from app.host.feature import Feature, check_features
from app.host.first_steps import Step
from app.host.pages import check_blueprints
from app.host.payments import PaymentProvider, check_providers
from app.host.roles import Role, check_roles

Check = Callable[[Plugin, Sequence[Any]], None]


@dataclass
class Parts:
    """By full name, or by plugin; the registry says which."""

    entries: dict[str, Entry] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    pages: dict[str, tuple[Page, ...]] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    providers: dict[str, PaymentProvider] = field(default_factory=dict)
    settings: dict[str, Mapping[str, Field]] = field(default_factory=dict)
    timelines: dict[str, Timeline] = field(default_factory=dict)
    features: dict[str, Feature] = field(default_factory=dict)
    blueprints: dict[str, tuple[Blueprint, ...]] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)

    def add(self, asked: Asked) -> None:
        """Ask one plugin for everything. Raises ClaimError."""
        name, guard = asked.name, asked.guard
        roles = _checked(asked, "roles", check_roles)
        self.roles |= {one.name: one for one in roles}
        self.entries |= {entry.key: entry for entry in _entries(asked, [one.name for one in roles])}
        own = {job.name: job for job in _checked(asked, "jobs", claims.check_jobs)}
        schedules = asked.all("schedules")
        claims.check_schedules(asked.plugin, schedules, own)
        self.schedules |= {one.name: one for one in schedules}
        self.jobs |= own
        self.pages[name] = tuple(_checked(asked, "pages", claims.check_pages))
        self.notices |= {one.key: one for one in _checked(asked, "notices", claims.check_notices)}
        ways = _checked(asked, "channels", check_channels)
        self.channels |= {one.name: guard.channel(one) if guard else one for one in ways}
        paid_by = _checked(asked, "payment_providers", check_providers)
        self.providers |= {one.name: guard.provider(one) if guard else one for one in paid_by}
        settings = _checked(asked, "settings", claims.check_settings)
        self.settings[name] = MappingProxyType({one.name: one for one in settings})
        told = _checked(asked, "timelines", claims.check_timelines)
        self.timelines |= {one.name: guard.timeline(one) if guard else one for one in told}
        self.features |= {one.name: one for one in _checked(asked, "features", check_features)}
        paths = [entry.path for entry in self.entries.values() if entry.plugin.name == name]
        others = [one.name for theirs in self.blueprints.values() for one in theirs]
        check = partial(check_blueprints, taken=paths, others=others)
        self.blueprints[name] = tuple(_checked(asked, "blueprints", check))
        steps = _checked(asked, "first_steps", claims.check_steps)
        self.steps |= {f"{name}.{one.name}": guard.step(one) if guard else one for one in steps}

    def frozen(self) -> dict[str, Mapping[str, Any]]:
        """All but the entries, which others extend."""
        names = (one.name for one in fields(self) if one.name != "entries")
        return {name: MappingProxyType(getattr(self, name)) for name in names}


def _checked(asked: Asked, hook: str, check: Check) -> list[Any]:
    declared = asked.all(hook)
    check(asked.plugin, declared)
    return declared


def _entries(asked: Asked, roles: Sequence[str]) -> list[Entry]:
    declared = _checked(asked, "resources", partial(claims.check_resources, roles=roles))
    for model in asked.all("records"):
        claims.check_record(asked.plugin, model)
    guard, made = asked.guard, []
    for resource in declared:
        guarded = guard.resource(resource) if guard else resource
        made.append(Entry(asked.plugin, guarded, panels=extending.own_panels(asked.name, guarded)))
    return made
