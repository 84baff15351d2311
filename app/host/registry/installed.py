"""The registry: plugins in order of their requirements, resources by key and by model, and all else they declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy
from flask import Blueprint

from app.data import Field, Record
from app.data.histories import History
from app.host import discovery
from app.host.channels import Channel
from app.host.contributions import Contributions
from app.host.declarations import Job, Notice, Page, Plugin, Schedule, Timeline
from app.host.entry import Entry
from app.host.extensions import Extension
from app.host.feature import Feature, covering
from app.host.figures import Figures
from app.host.first_steps import Step
from app.host.guarding import RULE, run_hook
from app.host.happenings import Happenings
from app.host.payments import PaymentProvider
from app.host.roles import Role, granted
from app.identity.permissions import DeclaredPermission
from app.identity.principal import TenantInfo
from app.tenancy.models import ROLES

HOUSE = frozenset({"console", "messaging"})
"""The core's plugins whose common rights go with any role: to see colleagues, and what one was told."""


@dataclass(frozen=True)
class Registry:
    """Frozen once built: nothing is registered while the server runs."""

    plugins: tuple[Plugin, ...]
    modules: Mapping[str, ModuleType]
    entries: Mapping[str, Entry]
    jobs: Mapping[str, Job]
    schedules: Mapping[str, Schedule]
    hooks: pluggy.PluginManager = field(repr=False)
    happenings: Happenings = field(default_factory=Happenings)
    pages: Mapping[str, tuple[Page, ...]] = field(default_factory=dict)
    """By plugin."""
    notices: Mapping[str, Notice] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    providers: Mapping[str, PaymentProvider] = field(default_factory=dict)
    """Of payments."""
    settings: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    """By plugin, then by name."""
    quarantined: Mapping[str, str] = field(default_factory=dict)
    """Plugins that are left out because something is wrong with them, and what."""
    idle: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Bridges that are left out because plugins which they join are not here, and those."""
    figures: Figures = field(default_factory=Figures)
    timelines: Mapping[str, Timeline] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    """First steps, by plugin and name."""
    contributions: Contributions = field(default_factory=Contributions)
    features: Mapping[str, Feature] = field(default_factory=dict)
    migrations: Mapping[str, History] = field(default_factory=dict)
    """By plugin."""
    blueprints: Mapping[str, tuple[Blueprint, ...]] = field(default_factory=dict)
    """By plugin."""
    extensions: Mapping[str, tuple[Extension, ...]] = field(default_factory=dict)
    """What each plugin adds to records of others."""
    roles: Mapping[str, Role] = field(default_factory=dict)
    """Those that plugins bring."""
    number: int = field(init=False, repr=False, compare=False, default_factory=count(1).__next__)
    """Which of this process's it is, for what is remembered of each: `id()` is given again when one is gone."""

    def is_lost(self, plugin: str) -> bool:
        """Whether its code is uninstalled or left out because something is wrong with it: no bridge that waits."""
        return plugin not in self.names and plugin not in self.idle

    @cached_property
    def covering(self) -> Mapping[str, tuple[Feature, ...]]:
        """The features that close a resource, permission, job or hook while they are off, by its name."""
        return covering(self.features)

    @cached_property
    def touched(self) -> frozenset[str]:
        """Names that some feature closes, in whole or for one verb, and the features themselves."""
        stems = (name.rpartition(".")[0] for name in self.covering if name.count(".") == 2)
        return frozenset((*self.covering, *stems, *self.features))

    @cached_property
    def named(self) -> frozenset[str]:
        """All that a feature can cover: resources, permissions, jobs, handlers, webhooks in, cards, reports, timelines,
        channels."""
        permissions = (f"{entry.key}.{verb}" for entry in self.entries.values() for verb in entry.verbs)
        return frozenset((*self.entries, *permissions, *self.contributions.titles, *self.parts))

    @cached_property
    def parts(self) -> Mapping[str, Any]:
        """All that is no record and has a name of its own: what it is called, by that name. Several things of one name
        are one part."""
        figures = self.figures
        titles = {name: name for name in self.happenings.listeners}
        titles |= {f"{plugin}.{name}": f"{plugin}.{name}" for plugin, name in self.happenings.inlets}
        titles |= {name: job.title for name, job in self.jobs.items()}
        titles |= {name: one.title for name, one in self.timelines.items()}
        titles |= {name: one.title for name, one in self.channels.items()}
        titles |= {key: one.dataset.title for key, one in figures.datasets.items()}
        titles |= {key: one.report.title for key, one in figures.reports.items()}
        titles |= {key: one.card.title for key, one in figures.cards.items()}
        return MappingProxyType(titles)

    @cached_property
    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """What plugins ask the operator to accept, by plugin; those that ask for nothing are left out."""
        return MappingProxyType({one.name: one.needs.words() for one in self.plugins if one.needs.words()})

    @cached_property
    def by_model(self) -> Mapping[type[Record], Entry]:
        """The first resource declared for each model."""
        found: dict[type[Record], Entry] = {}
        for entry in self.entries.values():
            found.setdefault(entry.model, entry)
        return MappingProxyType(found)

    @cached_property
    def homes(self) -> Mapping[type[Record], tuple[Entry, Field]]:
        """Of rows that are edited inside another record's form: that record, and its collection they are in."""
        found: dict[type[Record], tuple[Entry, Field]] = {}
        for entry in self.entries.values():
            for name in entry.resource.inlines.split():
                collection = entry.fields[name]
                if collection.target is not None:
                    found.setdefault(collection.target(), (entry, collection))
        return MappingProxyType(found)

    @cached_property
    def names(self) -> frozenset[str]:
        """The plugins that work."""
        return frozenset(plugin.name for plugin in self.plugins)

    @cached_property
    def wholes(self) -> Mapping[type[Record], tuple[tuple[Entry, Field], ...]]:
        """Of rows that are part of other records, and go when they do: those records, and the fields that name them."""
        found: dict[type[Record], tuple[tuple[Entry, Field], ...]] = {}
        for model in self.by_model:
            named = [one for one in model.__fields__.values() if one.kind == "belongs_to" and one.target]
            parts = [(self.by_model.get(one.target()), one) for one in named if one.on_delete == "cascade"]  # type: ignore[misc]
            found[model] = tuple((whole, one) for whole, one in parts if whole is not None and whole.model != model)
        return MappingProxyType(found)

    @cached_property
    def bridges(self) -> tuple[Plugin, ...]:
        """In their order: one that stands on another comes after it."""
        return tuple(plugin for plugin in self.plugins if plugin.bridge)

    @cached_property
    def sides(self) -> Mapping[str, tuple[str, ...]]:
        """By bridge, the plugins it joins, with those that bridges among them join."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.bridges:
            named = (name for side in one.requires for name in (side, *found.get(side, ())))
            found[one.name] = tuple(dict.fromkeys(name for name in named if name not in self.always_on))
        return MappingProxyType(found)

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The installed version of each plugin."""
        return MappingProxyType({plugin.name: plugin.version for plugin in self.plugins})

    @cached_property
    def always_on(self) -> frozenset[str]:
        return frozenset(plugin.name for plugin in self.plugins if plugin.core)

    def plugin(self, name: str) -> Plugin | None:
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def title(self, name: str) -> str:
        """What a plugin is called; its name in capitals where nothing but that is known of it."""
        found = self.plugin(name)
        return str(found.title) if found is not None else name.replace("_", " ").capitalize()

    def histories(self) -> list[History]:
        """The core's migrations, then those of the plugins in their order, as they were when this was built."""
        return [discovery.core_history(), *self.migrations.values()]

    def translation_folders(self) -> tuple[Path, ...]:
        """The catalogues that plugins bring."""
        folders = (Path(module.__file__ or "").parent / "translations" for module in self.modules.values())
        return tuple(folder for folder in folders if folder.is_dir())

    def declared_permissions(self) -> list[DeclaredPermission]:
        """Every permission there is, with the roles that hold it by default."""
        of_records = (permission for entry in self.entries.values() for permission in entry.permissions())
        return [self._with_roles(one) for one in (*of_records, *self.contributions.permissions)]

    def _with_roles(self, one: DeclaredPermission) -> DeclaredPermission:
        is_common = one.resource.partition(".")[0] in HOUSE and {*ROLES} <= {*one.roles}
        more = set(self.roles) if is_common else set(granted(self.roles, one.resource, one.verb))
        return replace(one, roles=tuple(sorted({*one.roles, *more}))) if more else one

    @cached_property
    def reached_by(self) -> Mapping[str, frozenset[str]]:
        """The resources of which each role that a plugin brings may do something."""
        found: dict[str, set[str]] = {}
        for one in self.declared_permissions():
            for role in self.roles.keys() & one.roles:
                found.setdefault(role, set()).add(one.resource)
        return MappingProxyType({role: frozenset(names) for role, names in found.items()})

    @cached_property
    def asks_entitlement(self) -> bool:
        """Whether any plugin knows plans; without one, everything that is on is in the plan."""
        return bool(self.hooks.hook.entitled.get_hookimpls())

    def refusals(self, tenant: TenantInfo) -> dict[str, str]:
        """The plugins and features that the tenant's plan does not have, each with the sentence of whoever knows
        plans. Nobody is asked about a bridge: a plan that has its sides has it."""
        asked = [(one.name, "") for one in self.plugins if not one.core and not one.bridge]
        asked += [(one.plugin, one.name) for one in self.features.values()]
        found: dict[str, str] = {}
        for one in self.hooks.hook.entitled.get_hookimpls():
            ask = partial(self._said_by, one.plugin_name, tenant, asked)
            # What breaks in somebody's knowledge of plans must not lock anybody out, nor keep others from saying no.
            said = run_hook(one.plugin_name, "entitled", RULE, ask, instead={}, may_skip=False)
            found = said | found
        return found

    def _said_by(self, plugin: str, tenant: TenantInfo, asked: Iterable[tuple[str, str]]) -> dict[str, str]:
        """What one plugin refuses."""
        found = {}
        for name, feature in asked:
            said = self.call("entitled", plugin, tenant=tenant, plugin=name, feature=feature)
            found[feature or name] = next((str(words) for words in said if words), "")
        return {name: words for name, words in found.items() if words}

    def call(self, hook: str, plugin: str, /, **arguments: Any) -> list[Any]:
        """Call one hook of one plugin; nothing happens when it does not implement it."""
        others = [module for name, module in self.modules.items() if name != plugin]
        result: list[Any] = self.hooks.subset_hook_caller(hook, others)(**arguments)
        return result
