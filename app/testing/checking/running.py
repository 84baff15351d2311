"""The whole check of one plugin: looks, migrations, contract."""

from __future__ import annotations

from collections.abc import Callable

from app.host.registry import build
from app.testing import servers
from app.testing.checking.contract import run_contract
from app.testing.checking.looking import Wording, look
from app.testing.checking.migrating import migrate_there_and_back
from app.testing.checking.report import Finding, Report


def check_plugin(name: str, wording: Wording, say: Callable[[Finding], None]) -> Report:
    """Check an installed plugin; `say` hears each finding as soon as there is one. Raises LookupError for a name that
    no plugin has."""
    registry = build(tolerant=True)
    plugin = registry.plugin(name)
    if plugin is None:
        reason = registry.quarantined.get(name, "no plugin of this name is installed")
        raise LookupError(reason)
    report = Report(name, plugin.version)

    def add(finding: Finding) -> None:
        report.findings.append(finding)
        say(finding)

    add(Finding("It loads, and stays within its name", True))
    for finding in look(plugin, registry.modules[name], wording):
        add(finding)
    running = servers.Servers(servers.new_folder())
    running.start()
    try:
        for finding in migrate_there_and_back(registry, name, running):
            add(finding)
        for finding in run_contract(name, running):
            add(finding)
    finally:
        running.stop()
    return report
