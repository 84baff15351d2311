"""A plugin leaves, and comes back: `archive`, `purge`, `restore`."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import context
from app.cli.plugin.tenants import tenant_called
from app.ops.refusal import Refusal

_FOLDER = click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Where archives are [default: var/archives]."
)


@click.command()
@click.argument("name")
@click.option("--tenant", "slugs", multiple=True, metavar="SLUG", help="May be given again.")
@click.option("--all", "everybody", is_flag=True, help="Every tenant that has rows of it, or has it on.")
@_FOLDER
def archive(name: str, slugs: tuple[str, ...], everybody: bool, folder: Path | None) -> None:
    """Write what tenants have in the plugin NAME into files, check them, and switch the plugin off there."""
    from app.host import FieldError
    from app.installation.archive import archive_plugin
    from app.installation.purge import holders_of

    with context.application():
        chosen = [one.slug for one in holders_of(name) if one.has_rows or one.is_on] if everybody else list(slugs)
        if not chosen:
            raise Refusal("No tenant has anything in it." if everybody else "Name a tenant, or say --all.")
        for slug in chosen:
            try:
                made = archive_plugin(tenant_called(slug), name, folder or _archives())
            except (FieldError, LookupError, OSError) as refused:
                raise Refusal(f"{slug}: {refused}") from None
            click.echo(f"{made.path}: {made.rows} rows, checked.")


@click.command()
@click.argument("name")
@click.option("--confirm", metavar="NAME", help="The plugin's name again, instead of being asked for it.")
@click.option("--without-archive", is_flag=True, help="Do not ask for archives that are younger than a day.")
@click.option("--careful", is_flag=True, help="Remove nothing when the plugin's own farewell fails somewhere.")
@_FOLDER
def purge(name: str, confirm: str | None, without_archive: bool, careful: bool, folder: Path | None) -> None:
    """Remove everything of the plugin NAME from the database: records, files, permissions, settings, jobs."""
    from app.installation.purge import MayNot, NoArchive, check
    from app.installation.purge import purge as run

    archives = None if without_archive else folder or _archives()
    with context.application():
        try:
            holders = check(name, archives)
            names = ", ".join(holder.slug for holder in holders if holder.has_rows) or "no tenant"
            click.echo(f"This removes “{name}” and the records of {names}. It cannot be undone.")
            if (confirm or click.prompt("Type the plugin's name")) != name:
                raise Refusal("The name is another one: nothing was removed.")
            run(context.settings_with_database(), name, archives, click.echo, careful=careful)
        except NoArchive as refused:
            raise Refusal(f"{refused} Run “tenantry plugin archive {name} --all”, or add --without-archive.") from None
        except MayNot as refused:
            raise Refusal(str(refused)) from None
    again = f"“tenantry db upgrade” and “tenantry plugin enable {name}”"
    click.echo(f"{name} is gone. Uninstall its package, or run {again} to begin anew.")


@click.command()
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", "slug", metavar="SLUG", help="The tenant that it must be of.")
def restore(archive: Path, slug: str | None) -> None:
    """Read an ARCHIVE back into the tenant it is of: after a purge, where the plugin is installed again and off."""
    from app.installation.archive import BadArchive, verify
    from app.installation.reading import MayNotRestore
    from app.installation.restoring import restore as read_back

    with context.application():
        try:
            found = verify(archive)
            done = read_back(found, tenant_called(slug or found.slug))
        except (BadArchive, MayNotRestore, OSError) as refused:
            raise Refusal(str(refused)) from None
        for line in done.lines():
            click.echo(line)
        click.echo(f"Switch it on: tenantry plugin enable {found.plugin} --tenant {found.slug}")


def _archives() -> Path:
    from config import load_settings

    return load_settings().var / "archives"
