"""The command `tenantry`. Each command's code is imported when it is used, so that `--help` is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

COMMANDS = {
    "up": ("app.cli.up", "Start everything on this machine and print the address."),
    "prepare": ("app.cli.preparation", ""),
    "web": ("app.cli.serving", "Serve the web application (production)."),
    "worker": ("app.cli.jobs", "Run jobs (any number of these)."),
    "dispatcher": ("app.cli.jobs", "Wake workers for jobs that are due, and sweep up."),
    "scheduler": ("app.cli.jobs", "Enqueue jobs by the clock."),
    "jobs": ("app.cli.jobs", ""),
    "db": ("app.cli.db", "Migrations of the database."),
    "sync": ("app.cli.checks", "Write declared roles and permissions to the database."),
    "check": ("app.cli.checks", "Check settings, servers, migrations and declarations."),
    "routes": ("app.cli.checks", "List every route with its permission and owner."),
    "tenant": ("app.cli.tenant", "Tenants."),
    "audit": ("app.cli.audit", "The audit log: verify, anchor, prune, erase."),
    "user": ("app.cli.user", "People who sign in."),
    "plugin": ("app.cli.plugin", "Plugins: write, list, switch on and off, archive, purge."),
    "secrets": ("app.cli.secrets", "Secrets in the database: seal them with the newest key."),
    "files": ("app.cli.files", "Uploaded files."),
    "search": ("app.cli.search", "The index that searches look in."),
    "words": ("app.cli.words", "Translations: extract and check."),
}


class LazyGroup(click.Group):
    """Our own commands by name; any other name is asked of the plugin of that name."""

    def list_commands(self, context: click.Context) -> list[str]:
        from app.cli.plugins import names

        shown = [name for name, (_, text) in COMMANDS.items() if text]
        return [*shown, *sorted(set(names()) - set(COMMANDS))]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            from app.cli.plugins import group

            return group(name)
        command: click.Command = getattr(importlib.import_module(COMMANDS[name][0]), name.replace("-", "_"))
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table above, without importing a command."""
        rows = [(name, COMMANDS.get(name, ("", f"Commands of {name}."))[1]) for name in self.list_commands(context)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tenantry", prog_name="tenantry")
def tenantry() -> None:
    """Tenantry: a back office for many tenants in one PostgreSQL.

    On a fresh machine: tenantry up
    """


def main(arguments: list[str] | None = None) -> Any:
    """The console script: what is refused is said in one sentence, with exit status 1."""
    from app.ops.refusal import Refusal
    from config import SettingsError

    try:
        return tenantry.main(arguments, prog_name="tenantry")
    except (Refusal, SettingsError) as refusal:
        click.echo(str(refusal), err=True)
    except Exception as error:
        if not _is_lost_connection(error):
            raise
        click.echo(f"The database refuses to work: {str(error).splitlines()[0]}", err=True)
    sys.exit(1)


def _is_lost_connection(error: Exception) -> bool:
    """Sign-in refused, server gone: no fault of the code, so no traceback."""
    from sqlalchemy.exc import OperationalError

    return isinstance(error, OperationalError) and (error.connection_invalidated or error.statement is None)


if __name__ == "__main__":
    main()
