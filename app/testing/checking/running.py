"""The whole check of one plugin: looks, migrations, purge, contract."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from app.host.discovery import Found, discover
from app.host.registry import Registry, build
from app.testing import servers
from app.testing.checking.contract import chosen, run_contract
from app.testing.checking.looking import Wording, look
from app.testing.checking.migrating import migrate_there_and_back
from app.testing.checking.purging import purge_leaves_nothing
from app.testing.checking.report import Finding, Report
from app.testing.checking.source import read_source

LOADS = "It loads, and stays within its name"


def check_plugin(
    name: str, wording: Wording, say: Callable[[Finding], None], *, quick: bool = False, only: Collection[str] = ()
) -> Report:
    """Check an installed plugin; `say` hears each finding as soon as there is one. `quick` leaves out all that needs a
    database of samples: seconds instead of minutes; `only` names parts of the contract suite that are enough. Raises
    LookupError for a name that no plugin, or no part, has."""
    chosen(only)
    registry = build(tolerant=True)
    plugin = registry.plugin(name)
    if plugin is None and name not in registry.quarantined:
        raise LookupError("no plugin of this name is installed")
    report = Report(name, plugin.version if plugin is not None else "")
    for finding in _findings(registry, name, wording, only, quick=quick):
        report.findings.append(finding)
        say(finding)
    return report


def _findings(
    registry: Registry, name: str, wording: Wording, only: Collection[str], *, quick: bool
) -> Iterator[Finding]:
    plugin = registry.plugin(name)
    if plugin is None:
        yield Finding(LOADS, False, (registry.quarantined[name],))
        return
    yield Finding(LOADS, True)
    yield from look(plugin, registry.modules[name], wording)
    yield from read_source(plugin, registry.modules[name])
    running = servers.Servers(servers.new_folder())
    running.start()
    try:
        yield from migrate_there_and_back(registry, name, running)
        if not quick:
            yield from purge_leaves_nothing(_without_those_that_need(registry, name), name, running)
            yield from run_contract(name, running, only)
    finally:
        running.stop()


def _without_those_that_need(registry: Registry, name: str) -> list[Found]:
    """What works of all that is installed, but plugins that build on this one: it could not go before them."""
    needing = {one.name for one in registry.plugins if name in one.requires}
    while more := {one.name for one in registry.plugins if needing & set(one.requires)} - needing:
        needing |= more
    return [one for one in discover() if one.name in registry.names - needing]
