"""How the registry is put together: load, order, ask, check, freeze; a plugin that is at fault is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType, ModuleType

import pluggy
from sqlalchemy.orm import configure_mappers

from app.data.histories import BrokenHistory, History, line
from app.host import claims, contributions, discovery, extending, figures, happenings, hookspecs, quotas, spoken
from app.host.asked import Asked, Time
from app.host.declarations import Plugin
from app.host.entry import Entry
from app.host.extensions import Extension
from app.host.feature import check_covered
from app.host.quarantine import Faulty, blamed_on, leave_out, may_be_left_out
from app.host.registry import bridges
from app.host.registry.installed import Registry
from app.host.registry.parts import Parts
from app.tenancy.models import ROLES


def build(found: Iterable[discovery.Found] | None = None, *, tolerant: bool = False) -> Registry:
    """Load, check and freeze. Raises what is wrong with a plugin; `tolerant` leaves that plugin out instead, and those
    that require it, and says why in `quarantined`. Bridges without all that they join wait in `idle`."""
    discovery.import_core_models()
    discovery.import_sdk()
    chosen = list(discovery.discover() if found is None else found)
    quarantined: dict[str, str] = {}
    idle: dict[str, tuple[str, ...]] = {}
    while True:
        idle |= bridges.set_aside(chosen)
        try:
            return _assemble(chosen, quarantined, idle)
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
    time: Time


def _assemble(
    chosen: Iterable[discovery.Found], quarantined: Mapping[str, str], idle: Mapping[str, tuple[str, ...]]
) -> Registry:
    """A registry of all of these. Raises Faulty for the first one that cannot be."""
    loaded = _load(chosen)
    ordered = [loaded[name] for name in _ordered(loaded)]
    hooks = _manager(ordered)
    plugins = [Asked(one.found, one.plugin, one.module, hooks, one.time) for one in ordered]
    parts = Parts()
    for one in plugins:
        with one.blame():
            parts.add(one)
    entries, extended = _extended(plugins, parts)
    contributed = contributions.gather(plugins, entries, parts.roles, extended)
    entries |= quotas.guarded(entries, contributed.metrics)
    resources = {key: entry.resource for key, entry in entries.items()}
    for one in plugins:
        with one.blame():
            claims.check_boards(resources, one.name)
    made = Registry(
        plugins=tuple(one.plugin for one in plugins),
        modules=MappingProxyType({one.name: one.module for one in plugins}),
        entries=MappingProxyType(entries),
        hooks=hooks,
        happenings=happenings.gather(plugins, entries),
        figures=figures.gather(plugins, entries),
        contributions=contributed,
        migrations=MappingProxyType(_migrations(ordered)),
        extensions=MappingProxyType(extended),
        quarantined=MappingProxyType(dict(quarantined)),
        idle=MappingProxyType(dict(idle)),
        **parts.frozen(),
    )
    _check_whole(made, plugins)
    return made


def _load(chosen: Iterable[discovery.Found]) -> dict[str, _Loaded]:
    loaded: dict[str, _Loaded] = {}
    for one in chosen:
        with blamed_on(one):
            time = Time()
            load = partial(discovery.load, one)
            manifest, module = time.spend(load, f"{one.name} import") if may_be_left_out(one) else load()
            claims.check_manifest(one.name, one.module, manifest, set(loaded))
            spoken.check_words([manifest], module)
            loaded[manifest.name] = _Loaded(one, manifest, module, time)
            configure_mappers()
    return loaded


def _ordered(loaded: Mapping[str, _Loaded]) -> list[str]:
    """Core first, then by requirement, then by `order` and name."""
    for one in loaded.values():
        for needed in one.plugin.requires:
            if needed not in loaded:
                words = f"“{one.plugin.name}” requires the plugin “{needed}”, which is not installed."
                raise Faulty(one.found, LookupError(words))
        with blamed_on(one.found):
            claims.check_versions(one.plugin, {name: other.plugin.version for name, other in loaded.items()})
    plugins = [one.plugin for one in loaded.values()]
    ranked = sorted(plugins, key=lambda plugin: (not plugin.core, plugin.order, plugin.name))
    sorter = TopologicalSorter({one.name: [*one.requires, *_there(one, loaded)] for one in ranked})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = error.args[1]
        words = f"Plugins require each other in a circle: {' -> '.join(circle)}."
        raise Faulty(loaded[circle[0]].found, LookupError(words)) from None


def _there(plugin: Plugin, loaded: Mapping[str, _Loaded]) -> list[str]:
    """The optional ones that are installed."""
    return [name for name in plugin.optional if name in loaded]


def _manager(loaded: Sequence[_Loaded]) -> pluggy.PluginManager:
    hooks = pluggy.PluginManager("tenantry")
    hooks.add_hookspecs(hookspecs)
    for one in loaded:
        with blamed_on(one.found):
            claims.check_own_hooks(one.plugin, own := hookspecs.published_by(one.module))
            if own:
                hooks.add_hookspecs(type(one.plugin.name, (), own))
    for one in loaded:
        with blamed_on(one.found):
            hooks.register(one.module, one.plugin.name)
            _check_known(hooks, one)
            hooks.check_pending()
    return hooks


def _migrations(ordered: Sequence[_Loaded]) -> dict[str, History]:
    """The migrations of each plugin that brings some. Files that are no line of revisions are its fault."""
    found = {}
    for one in ordered:
        history = discovery.history_of(one.plugin, one.module)
        if history is not None:
            with blamed_on(one.found):
                found[one.plugin.name] = _read(history)
    return found


def _read(history: History) -> History:
    try:
        return replace(history, known=line(history))
    except BrokenHistory as broken:
        raise claims.ClaimError(str(broken)) from broken


def _check_known(hooks: pluggy.PluginManager, one: _Loaded) -> None:
    """Raises ClaimError for a function that is marked as a hook and is called like none."""
    known = [name for name, hook in vars(hooks.hook).items() if hook.has_spec()]
    for name, function in vars(one.module).items():
        marked = hooks.parse_hookimpl_opts(one.module, name) if callable(function) else None
        if marked and not marked["optionalhook"] and name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}()?" if near else ": app/host/hookspecs.py has them all."
            raise claims.ClaimError(f"{name}() is an unknown hook{hint}")


def _extended(
    plugins: Sequence[Asked], parts: Parts
) -> tuple[dict[str, Entry], dict[str, tuple[Extension, ...]]]:  # fmt: skip
    """The entries with what each plugin adds to those of others, in the order of the plugins; and what each
    adds."""
    found, names = dict(parts.entries), [one.name for one in plugins]
    by_plugin: dict[str, tuple[Extension, ...]] = {}
    always_on = [one.name for one in plugins if one.plugin.core]
    for one in plugins:
        with one.blame():
            added = one.all("extensions")
            by_plugin[one.name] = tuple(added)
            known = (*ROLES, *(name for name, role in parts.roles.items() if role.plugin == one.name))
            for each in added:
                claims.check_extension(one.plugin, each.resource, always_on)
                claims.check_role_names(each.resource, {role for act in each.actions for role in act.roles}, known)
            guarded = [one.guard.extension(each) for each in added] if one.guard else added
            found |= extending.applied(found, one.name, guarded, names)
    return found, by_plugin


def _check_whole(made: Registry, plugins: Sequence[Asked]) -> None:
    """What can be checked only when everything is there."""
    for one in plugins:
        with one.blame():
            check_covered([each for each in made.features.values() if each.plugin == one.name], made.named)
            claims.check_reach(one.plugin, made.happenings.listeners.values(), made.always_on)
