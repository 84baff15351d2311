"""All that is installed, checked and frozen: plugins in order of their requirements, resources by key and by model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy

from app.data import Field, Record
from app.data.migrate import History
from app.host import claims, discovery, hookspecs
from app.host.declarations import Action, Job, Notice, Page, Plugin, Resource, Schedule
from app.host.happenings import Happenings, gather
from app.identity.permissions import DeclaredPermission
from app.identity.principal import TenantInfo


@dataclass(frozen=True)
class Entry:
    """A resource in its place: which plugin it is of, what it is called everywhere."""

    plugin: Plugin
    resource: Resource

    @cached_property
    def key(self) -> str:
        """`crm.lead`: the name of permissions, search kinds, links, and the stem of both addresses."""
        return f"{self.plugin.name}.{self.resource.key_name}"

    @cached_property
    def path(self) -> str:
        """`/crm/lead`: the address of the screens, inside the tenant."""
        return f"/{self.plugin.name}/{self.resource.key_name}"

    @cached_property
    def api_path(self) -> str:
        """`/api/v1/crm/lead`."""
        return f"/api/v1{self.path}"

    @property
    def model(self) -> type[Record]:
        return self.resource.model

    @property
    def fields(self) -> Mapping[str, Field]:
        return self.resource.model.__fields__

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        return MappingProxyType({action.name: action for action in self.resource.actions})

    @cached_property
    def verbs(self) -> tuple[str, ...]:
        return (*self.resource.verbs.split(), *self.actions)


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
        return [permission for entry in self.entries.values() for permission in _permissions(entry)]

    @cached_property
    def asks_entitlement(self) -> bool:
        """Whether any plugin knows plans; without one, everything that is on is in the plan."""
        return bool(self.hooks.hook.entitled.get_hookimpls())

    def refusals(self, tenant: TenantInfo) -> dict[str, str]:
        """The plugins that the tenant's plan does not have, each with the sentence of whoever knows plans."""
        found = {}
        for plugin in self.plugins:
            if not plugin.core:
                said = self.hooks.hook.entitled(tenant=tenant, plugin=plugin.name)
                found |= {plugin.name: str(words) for words in said[:1] if words}
        return found

    def call(self, hook: str, plugin: str, **arguments: Any) -> list[Any]:
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


def build(found: Iterable[discovery.Found] | None = None) -> Registry:
    """Load, check and freeze. Raises ClaimError or LookupError for a plugin that declares something impossible."""
    discovery.import_core_models()
    loaded: dict[str, tuple[Plugin, ModuleType]] = {}
    for one in discovery.discover() if found is None else found:
        manifest, module = discovery.load(one)
        claims.check_manifest(one.name, one.module, manifest, set(loaded))
        loaded[manifest.name] = manifest, module
    order = _ordered([manifest for manifest, _ in loaded.values()])
    hooks = _manager((name, loaded[name][1]) for name in order)
    entries: dict[str, Entry] = {}
    jobs: dict[str, Job] = {}
    schedules: dict[str, Schedule] = {}
    notices: dict[str, Notice] = {}
    for name in order:
        plugin, module = loaded[name]
        entries |= {entry.key: entry for entry in _entries(hooks, plugin, module)}
        own = {job.name: job for job in _jobs(hooks, plugin, module)}
        schedules |= {schedule.name: schedule for schedule in _schedules(hooks, plugin, module, own)}
        jobs |= own
        notices |= {notice.key: notice for notice in _notices(hooks, plugin, module)}
    return Registry(
        tuple(loaded[name][0] for name in order),
        MappingProxyType({name: loaded[name][1] for name in order}),
        MappingProxyType(entries),
        MappingProxyType(jobs),
        MappingProxyType(schedules),
        hooks,
        gather(hooks, entries),
        MappingProxyType({name: _pages(hooks, *loaded[name]) for name in order}),
        MappingProxyType(notices),
    )


def _manager(modules: Iterable[tuple[str, ModuleType]]) -> pluggy.PluginManager:
    hooks = pluggy.PluginManager("tenantry")
    hooks.add_hookspecs(hookspecs)
    for name, module in modules:
        hooks.register(module, name)
    hooks.check_pending()
    return hooks


def _entries(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Entry]:
    declared = _declared(hooks, "resources", module)
    claims.check_resources(plugin, declared)
    for model in _declared(hooks, "records", module):
        claims.check_record(plugin, model)
    return [Entry(plugin, resource) for resource in declared]


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


def _pages(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> tuple[Page, ...]:
    declared = _declared(hooks, "pages", module)
    claims.check_pages(plugin, declared)
    return tuple(declared)


def _notices(hooks: pluggy.PluginManager, plugin: Plugin, module: ModuleType) -> list[Notice]:
    declared = _declared(hooks, "notices", module)
    claims.check_notices(plugin, declared)
    return declared


def _declared(hooks: pluggy.PluginManager, hook: str, module: ModuleType) -> list[Any]:
    """What one plugin answers to a hook of declarations."""
    others = [other for other in hooks.get_plugins() if other is not module]
    return [one for group in hooks.subset_hook_caller(hook, others)() for one in group]


def _ordered(plugins: list[Plugin]) -> list[str]:
    """Core first, then by requirement, then by `order` and name."""
    names = {plugin.name for plugin in plugins}
    for plugin in plugins:
        for needed in plugin.requires:
            if needed not in names:
                raise LookupError(f"“{plugin.name}” requires the plugin “{needed}”, which is not installed.")
    ranked = sorted(plugins, key=lambda plugin: (not plugin.core, plugin.order, plugin.name))
    sorter = TopologicalSorter({plugin.name: plugin.requires for plugin in ranked})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise LookupError(f"Plugins require each other in a circle: {' -> '.join(error.args[1])}.") from None
