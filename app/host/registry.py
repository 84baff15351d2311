"""All that is installed, checked and frozen: plugins in order of their requirements, resources by key and by model."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy
from flask import Blueprint
from sqlalchemy.orm import configure_mappers

from app.data import Field, Record
from app.data.migrate import History
from app.host import claims, discovery, extending, hookspecs, quotas
from app.host.channels import Channel, check_channels
from app.host.contributions import Contributions
from app.host.contributions import gather as gather_contributions
from app.host.declarations import Job, Notice, Page, Plugin, Schedule, Timeline
from app.host.entry import Entry
from app.host.feature import Feature, check_covered, check_features, covering
from app.host.figures import Figures
from app.host.figures import gather as gather_figures
from app.host.first_steps import Step
from app.host.guarding import RULE, Guard, run_hook
from app.host.happenings import Happenings, gather
from app.host.pages import check_blueprints
from app.host.payments import PaymentProvider, check_providers
from app.host.quarantine import Faulty, blamed_on, leave_out
from app.identity.permissions import DeclaredPermission
from app.identity.principal import TenantInfo

log = logging.getLogger(__name__)


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
    figures: Figures = field(default_factory=Figures)
    timelines: Mapping[str, Timeline] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    """First steps, by plugin and name."""
    contributions: Contributions = field(default_factory=Contributions)
    features: Mapping[str, Feature] = field(default_factory=dict)
    blueprints: Mapping[str, tuple[Blueprint, ...]] = field(default_factory=dict)
    """By plugin."""

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
        inlets = (f"{plugin}.{name}" for plugin, name in self.happenings.inlets)
        figures = self.figures.cards.keys() | self.figures.reports.keys() | self.figures.datasets.keys()
        known = self.entries.keys() | self.jobs.keys() | self.happenings.listeners.keys() | self.timelines.keys()
        return frozenset((*known, *self.channels, *figures, *permissions, *inlets))

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
    def always_on(self) -> frozenset[str]:
        return frozenset(plugin.name for plugin in self.plugins if plugin.core)

    def plugin(self, name: str) -> Plugin | None:
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def histories(self) -> list[History]:
        return discovery.histories((plugin, self.modules[plugin.name]) for plugin in self.plugins)

    def translation_folders(self) -> tuple[Path, ...]:
        """The catalogues that plugins bring."""
        folders = (Path(module.__file__ or "").parent / "translations" for module in self.modules.values())
        return tuple(folder for folder in folders if folder.is_dir())

    def declared_permissions(self) -> list[DeclaredPermission]:
        """Every permission there is, with the roles that hold it by default."""
        of_records = (permission for entry in self.entries.values() for permission in _permissions(entry))
        return [*of_records, *self.contributions.permissions]

    @cached_property
    def asks_entitlement(self) -> bool:
        """Whether any plugin knows plans; without one, everything that is on is in the plan."""
        return bool(self.hooks.hook.entitled.get_hookimpls())

    def refusals(self, tenant: TenantInfo) -> dict[str, str]:
        """The plugins and features that the tenant's plan does not have, each with the sentence of whoever knows
        plans."""
        asked = [(one.name, "") for one in self.plugins if not one.core]
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


def _permissions(entry: Entry) -> Iterable[DeclaredPermission]:
    for verb in entry.verbs:
        if verb in entry.actions:
            roles = {"owner", "admin", *entry.actions[verb].roles}
        else:
            roles = {role for role, verbs in entry.resource.grants.items() if verb in verbs.split()}
        yield DeclaredPermission(entry.key, verb, tuple(sorted(roles)))


def build(found: Iterable[discovery.Found] | None = None, *, tolerant: bool = False) -> Registry:
    """Load, check and freeze. Raises what is wrong with a plugin; `tolerant` leaves that plugin out instead, and those
    that require it, and says why in `quarantined`."""
    discovery.import_core_models()
    chosen = list(discovery.discover() if found is None else found)
    quarantined: dict[str, str] = {}
    while True:
        try:
            return _assemble(chosen, quarantined)
        except Faulty as fault:
            if not (tolerant and fault.may_be_left_out):
                raise fault.cause from None
            leave_out(fault)
            chosen.remove(fault.found)
            is_taken = any(one.name == fault.found.name for one in chosen)
            quarantined[fault.found.module if is_taken else fault.found.name] = fault.reason


@dataclass(frozen=True)
class _Loaded:
    """A plugin that was imported."""

    found: discovery.Found
    plugin: Plugin
    module: ModuleType


def _assemble(chosen: Iterable[discovery.Found], quarantined: Mapping[str, str]) -> Registry:
    """A registry of all of these. Raises Faulty for the first one that cannot be."""
    loaded: dict[str, _Loaded] = {}
    for one in chosen:
        with blamed_on(one):
            manifest, module = discovery.load(one)
            claims.check_manifest(one.name, one.module, manifest, set(loaded))
            loaded[manifest.name] = _Loaded(one, manifest, module)
            configure_mappers()
    order = _ordered(loaded)
    hooks = _manager(loaded[name] for name in order)
    parts = _Parts()
    for name in order:
        with blamed_on(loaded[name].found):
            parts.add(hooks, loaded[name].plugin, loaded[name].module)

    def blame(name: str) -> AbstractContextManager[None]:
        return blamed_on(loaded[name].found)

    for name in order:
        with blame(name):
            added = _declared(hooks, "extensions", loaded[name].module)
            parts.entries |= extending.applied(parts.entries, name, added, order)
    contributions = gather_contributions(hooks, parts.entries, blame)
    parts.entries |= quotas.guarded(parts.entries, contributions.metrics)
    resources = {key: entry.resource for key, entry in parts.entries.items()}
    for name in order:
        with blame(name):
            claims.check_boards(resources, name)
    made = Registry(
        tuple(loaded[name].plugin for name in order),
        MappingProxyType({name: loaded[name].module for name in order}),
        MappingProxyType(parts.entries),
        MappingProxyType(parts.jobs),
        MappingProxyType(parts.schedules),
        hooks,
        happenings=gather(hooks, parts.entries, blame),
        pages=MappingProxyType(parts.pages),
        notices=MappingProxyType(parts.notices),
        channels=MappingProxyType(parts.channels),
        providers=MappingProxyType(parts.providers),
        settings=MappingProxyType(parts.settings),
        quarantined=MappingProxyType(dict(quarantined)),
        figures=gather_figures(hooks, parts.entries, order, blame),
        timelines=MappingProxyType(parts.timelines),
        features=MappingProxyType(parts.features),
        blueprints=MappingProxyType(parts.blueprints),
        steps=MappingProxyType(parts.steps),
        contributions=contributions,
    )
    for name in order:
        with blame(name):
            check_covered([one for one in made.features.values() if one.plugin == name], made.named)
            claims.check_reach(made.plugin(name), made.happenings.listeners.values(), made.always_on)
    return made


@dataclass
class _Parts:
    """What plugins declare, as it is collected."""

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

    def add(self, hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> None:
        """Ask one plugin for everything."""
        guard = None if plugin.core else Guard(plugin.name)
        self.entries |= {entry.key: entry for entry in _entries(hooks, plugin, module, guard)}
        own = {job.name: job for job in _jobs(hooks, plugin, module)}
        self.schedules |= {schedule.name: schedule for schedule in _schedules(hooks, plugin, module, own)}
        self.jobs |= own
        self.pages[plugin.name] = _pages(hooks, plugin, module)
        self.notices |= {notice.key: notice for notice in _notices(hooks, plugin, module)}
        ways = _channels(hooks, plugin, module)
        self.channels |= {one.name: guard.channel(one) if guard else one for one in ways}
        paid_by = _providers(hooks, plugin, module)
        self.providers |= {one.name: guard.provider(one) if guard else one for one in paid_by}
        self.settings[plugin.name] = _settings(hooks, plugin, module)
        told = _timelines(hooks, plugin, module)
        self.timelines |= {one.name: guard.timeline(one) if guard else one for one in told}
        self.features |= {one.name: one for one in _features(hooks, plugin, module)}
        self.blueprints[plugin.name] = tuple(_declared(hooks, "blueprints", module))
        check_blueprints(plugin, self.blueprints[plugin.name])
        self.steps |= {f"{plugin.name}.{one.name}": one for one in _steps(hooks, plugin, module)}


def _manager(loaded: Iterable[_Loaded]) -> pluggy.PluginManager:
    hooks = pluggy.PluginManager("tenantry")
    hooks.add_hookspecs(hookspecs)
    everything = list(loaded)
    for one in everything:
        with blamed_on(one.found):
            claims.check_own_hooks(one.plugin, own := hookspecs.published_by(one.module))
            if own:
                hooks.add_hookspecs(type(one.plugin.name, (), own))
    for one in everything:
        with blamed_on(one.found):
            hooks.register(one.module, one.plugin.name)
            hooks.check_pending()
    return hooks


def _entries(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType, guard: Guard | None) -> list[Entry]:
    declared = _declared(hooks, "resources", module)
    claims.check_resources(plugin, declared)
    for model in _declared(hooks, "records", module):
        claims.check_record(plugin, model)
    made = []
    for resource in declared:
        guarded = guard.resource(resource) if guard else resource
        made.append(Entry(plugin, guarded, panels=extending.own_panels(plugin.name, guarded)))
    return made


def _jobs(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Job]:
    declared = _declared(hooks, "jobs", module)
    claims.check_jobs(plugin, declared)
    return declared


def _schedules(
    hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType, jobs: Mapping[str, Job]
) -> list[Schedule]:
    declared = _declared(hooks, "schedules", module)
    claims.check_schedules(plugin, declared, jobs)
    return declared


def _settings(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> Mapping[str, Field]:
    declared = _declared(hooks, "settings", module)
    claims.check_settings(plugin, declared)
    return MappingProxyType({field.name: field for field in declared})


def _pages(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> tuple[Page, ...]:
    declared = _declared(hooks, "pages", module)
    claims.check_pages(plugin, declared)
    return tuple(declared)


def _timelines(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Timeline]:
    declared = _declared(hooks, "timelines", module)
    claims.check_timelines(plugin, declared)
    return declared


def _features(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Feature]:
    declared = _declared(hooks, "features", module)
    check_features(plugin, declared)
    return declared


def _steps(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Step]:
    declared = _declared(hooks, "first_steps", module)
    claims.check_steps(plugin, declared)
    return declared


def _notices(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Notice]:
    declared = _declared(hooks, "notices", module)
    claims.check_notices(plugin, declared)
    return declared


def _channels(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Channel]:
    declared = _declared(hooks, "channels", module)
    check_channels(plugin, declared)
    return declared


def _providers(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[PaymentProvider]:
    declared = _declared(hooks, "payment_providers", module)
    check_providers(plugin, declared)
    return declared


def _declared(hooks: pluggy.PluginManager, hook: str, module: ModuleType) -> list[Any]:
    """What one plugin answers to a hook of declarations."""
    others = [other for other in hooks.get_plugins() if other is not module]
    return [one for group in hooks.subset_hook_caller(hook, others)() for one in group]


def _ordered(loaded: Mapping[str, _Loaded]) -> list[str]:
    """Core first, then by requirement, then by `order` and name."""
    for one in loaded.values():
        for needed in one.plugin.requires:
            if needed not in loaded:
                words = f"“{one.plugin.name}” requires the plugin “{needed}”, which is not installed."
                raise Faulty(one.found, LookupError(words))
    plugins = [one.plugin for one in loaded.values()]
    ranked = sorted(plugins, key=lambda plugin: (not plugin.core, plugin.order, plugin.name))
    sorter = TopologicalSorter({plugin.name: plugin.requires for plugin in ranked})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = error.args[1]
        words = f"Plugins require each other in a circle: {' -> '.join(circle)}."
        raise Faulty(loaded[circle[0]].found, LookupError(words)) from None
