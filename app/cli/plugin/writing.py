"""Writing a plugin, and seeing what is installed: `new`, `list`, `docs`."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import context
from app.cli.plugin.tenants import tenant_called
from app.ops.refusal import Refusal


@click.command()
@click.argument("name")
@click.argument("records", nargs=-1)
@click.option(
    "--bridge", default="", metavar="NAMES", help='What it joins: it is on where all of them are ("crm shop").'
)
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write into.")
@click.option("--languages", default="en,ar", show_default=True, help="What it speaks; en stands in the code.")
def new(name: str, records: tuple[str, ...], bridge: str, into: Path, languages: str) -> None:
    """Write an installable package for the plugin NAME: module, migration, tests, translations.

    Each record is one argument: "Vehicle plate:text! owner:contact" "Repair vehicle:vehicle! status:choice(new,done)".
    A "!" means required. Types: text, long_text, choice(one,two), integer, decimal, money, flag, day, moment, email,
    phone, url, image, tags, json, country, language, time_zone, sealed (a secret), record_id; relations: contact,
    company, member, or a record of the plugin in small letters; many(line) for rows inside the form, link(crm.lead)
    for a record of another plugin. In brackets also: text(unique,sortable), choice(new,done,default=new),
    integer(default=4), flag(default=yes).
    """
    from app.host.discovery import discover
    from app.host.scaffold import Refused, read, write

    if any(one.name == name for one in discover()):
        raise Refusal(f"A plugin “{name}” is installed already: two of one name cannot run beside each other.")
    try:
        folder = write(read(name, records, bridge), into, languages.replace(",", " ").split())
    except Refused as refused:
        raise Refusal(str(refused)) from None
    click.echo(f"{folder} is written. Next: pip install -e {folder}, then tenantry up (stop it first, if it runs).")


@click.command("list")
def list_plugins() -> None:
    """Every plugin with its version, its migrations, its tenants, and what is wrong with it."""
    from app.installation.status import status_of_all

    with context.application():
        for one in status_of_all(context.settings_with_database()):
            counts = ", ".join(f"{state.replace('_', '-')} {count}" for state, count in one.tenants.items())
            where = "everywhere" if one.is_core else counts or "nowhere"
            click.echo(f"{one.name:16} {one.version or '-':8} {one.migrations:24} {where}{one.remark}".rstrip())


@click.command()
@click.option("--tenant", "slug", metavar="SLUG", help="What this tenant has on [default: all that is installed].")
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def docs(slug: str | None, target: Path | None) -> None:
    """Write the documentation of plugins: records, permissions, events, settings, jobs, and a diagram, as Markdown."""
    from app.data import Scope, scope
    from app.host import registry
    from app.host.lifecycle import states_here
    from app.host.versions import ALIVE
    from app.installation.docs import collect, markdown

    with context.application():
        chosen = registry().names
        if slug is not None:
            with scope(Scope(tenant_called(slug).id, via="cli")):
                chosen = registry().always_on | {name for name, state in states_here().items() if state in ALIVE}
        page = markdown(collect(chosen), f"Tenantry: {slug or 'all plugins'}")
    if target is None:
        click.echo(page, nl=False)
    else:
        target.write_text(page, encoding="utf-8")
        click.echo(f"{target} is written.")
