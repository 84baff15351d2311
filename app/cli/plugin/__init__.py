"""`tenantry plugin`: write one, check it, and lead it through its life."""

from __future__ import annotations

import click

from app.cli.plugin import checking, removing, states, versions, writing

COMMANDS = (
    writing.new, checking.check_one, writing.list_plugins, writing.docs, states.approve, states.enable, states.disable,
    states.flag, versions.upgrade, versions.pin, versions.unpin, removing.archive, removing.purge, removing.restore,
)  # fmt: skip


@click.group()
def plugin() -> None:
    """Plugins: write, list, switch on and off, archive, purge, restore."""


for one in COMMANDS:
    plugin.add_command(one)
