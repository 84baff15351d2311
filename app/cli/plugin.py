"""`tenantry plugin`: write one, check it, and lead it through its life."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.context import application
from app.ops.refusal import Refusal

if TYPE_CHECKING:
    from app.tenancy.models import Tenant


@click.group()
def plugin() -> None:
    """Plugins: write, list, switch on and off, archive, purge, restore."""


@plugin.command()
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


@plugin.command("list")
def list_plugins() -> None:
    """Every plugin with its version, its migrations, its tenants, and what is wrong with it."""
    from app.cli.context import settings_with_database
    from app.installation.status import status_of_all

    with application():
        for one in status_of_all(settings_with_database()):
            counts = ", ".join(f"{state.replace('_', '-')} {count}" for state, count in one.tenants.items())
            where = "everywhere" if one.is_core else counts or "nowhere"
            click.echo(f"{one.name:16} {one.version or '-':8} {one.migrations:24} {where}{one.remark}".rstrip())


def _tenant(slug: str) -> Tenant:
    from app.tenancy.services import find_tenant

    found = find_tenant(slug)
    if found is None:
        raise Refusal(f"There is no tenant “{slug}”.")
    return found


def _switch(name: str, slugs: tuple[str, ...], state: str) -> None:
    from app.data import Scope, db, scope
    from app.host import FieldError
    from app.host.lifecycle import switch

    with application():
        if state != "off":
            _check_migrated(name)
        for slug in slugs:
            tenant = _tenant(slug)
            with scope(Scope(tenant.id, via="cli")):
                try:
                    switch(tenant, name, state)
                except FieldError as refused:
                    db.session.rollback()
                    raise Refusal(f"{slug}: {refused.message}") from None
                db.session.commit()
            click.echo(f"{name} is {state.replace('_', '-')} for {slug}.")


def _check_migrated(name: str) -> None:
    """Raises Refusal for a plugin that lacks tables or columns: its pages would fail."""
    from app.cli.context import settings_with_database
    from app.host import registry
    from app.ops.migrations import pending

    if name in pending(settings_with_database(), registry().histories()):
        raise Refusal(f"The migrations of {name} are not applied: run “tenantry db upgrade” and “tenantry sync” first.")


_TENANTS = click.option("--tenant", "slugs", multiple=True, required=True, metavar="SLUG", help="May be given again.")


@plugin.command()
@click.argument("name")
@_TENANTS
@click.option("--read-only", is_flag=True, help="Its records may be read and not changed.")
def enable(name: str, slugs: tuple[str, ...], read_only: bool) -> None:
    """Switch the plugin NAME on for tenants."""
    _switch(name, slugs, "read_only" if read_only else "on")


@plugin.command()
@click.argument("name")
@_TENANTS
def disable(name: str, slugs: tuple[str, ...]) -> None:
    """Switch the plugin NAME off for tenants; its records stay."""
    _switch(name, slugs, "off")


_FOLDER = click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Where archives are [default: var/archives]."
)


@plugin.command()
@click.argument("name")
@click.option("--tenant", "slugs", multiple=True, metavar="SLUG", help="May be given again.")
@click.option("--all", "everybody", is_flag=True, help="Every tenant that has rows of it, or has it on.")
@_FOLDER
def archive(name: str, slugs: tuple[str, ...], everybody: bool, folder: Path | None) -> None:
    """Write what tenants have in the plugin NAME into files, check them, and switch the plugin off there."""
    from app.host import FieldError
    from app.installation.archive import archive_plugin
    from app.installation.purge import holders_of

    with application():
        chosen = [one.slug for one in holders_of(name) if one.has_rows or one.is_on] if everybody else list(slugs)
        if not chosen:
            raise Refusal("No tenant has anything in it." if everybody else "Name a tenant, or say --all.")
        for slug in chosen:
            try:
                made = archive_plugin(_tenant(slug), name, folder or _archives())
            except (FieldError, LookupError, OSError) as refused:
                raise Refusal(f"{slug}: {refused}") from None
            click.echo(f"{made.path}: {made.rows} rows, checked.")


@plugin.command()
@click.argument("name")
@click.option("--confirm", metavar="NAME", help="The plugin's name again, instead of being asked for it.")
@click.option("--without-archive", is_flag=True, help="Do not ask for archives that are younger than a day.")
@click.option("--careful", is_flag=True, help="Remove nothing when the plugin's own farewell fails somewhere.")
@_FOLDER
def purge(name: str, confirm: str | None, without_archive: bool, careful: bool, folder: Path | None) -> None:
    """Remove everything of the plugin NAME from the database: records, files, permissions, settings, jobs."""
    from app.cli.context import settings_with_database
    from app.installation.purge import MayNot, NoArchive, check
    from app.installation.purge import purge as run

    archives = None if without_archive else folder or _archives()
    with application():
        try:
            holders = check(name, archives)
            names = ", ".join(holder.slug for holder in holders if holder.has_rows) or "no tenant"
            click.echo(f"This removes “{name}” and the records of {names}. It cannot be undone.")
            if (confirm or click.prompt("Type the plugin's name")) != name:
                raise Refusal("The name is another one: nothing was removed.")
            run(settings_with_database(), name, archives, click.echo, careful=careful)
        except NoArchive as refused:
            raise Refusal(f"{refused} Run “tenantry plugin archive {name} --all”, or add --without-archive.") from None
        except MayNot as refused:
            raise Refusal(str(refused)) from None
    click.echo(f"{name} is gone. Uninstall its package, or run “tenantry db upgrade” to begin anew.")


@plugin.command()
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", "slug", metavar="SLUG", help="The tenant that it must be of.")
def restore(archive: Path, slug: str | None) -> None:
    """Read an ARCHIVE back into the tenant it is of: after a purge, where the plugin is installed again and off."""
    from app.installation.archive import BadArchive, verify
    from app.installation.reading import MayNotRestore
    from app.installation.restoring import restore as read_back

    with application():
        try:
            found = verify(archive)
            done = read_back(found, _tenant(slug or found.slug))
        except (BadArchive, MayNotRestore, OSError) as refused:
            raise Refusal(str(refused)) from None
        for line in done.lines():
            click.echo(line)
        click.echo(f"Switch it on: tenantry plugin enable {found.plugin} --tenant {found.slug}")


def _archives() -> Path:
    from config import load_settings

    return load_settings().var / "archives"


_RESTART = "Processes that run keep the code they started with: restart web, worker, dispatcher and scheduler."


@plugin.command()
@click.argument("name")
@click.option("--check", "only_look", is_flag=True, help="Only say what it would do.")
@click.option("--canary", multiple=True, metavar="SLUG", help="Tenants that try it first. May be given again.")
@click.option("--go-on", "then", flag_value="on", help="What is being tried is good: for all.")
@click.option("--back", "then", flag_value="back", help="What is being tried is not: undo its migrations.")
@click.option("--announce", is_flag=True, help="Only tell owners and admins of tenants that stay with another version.")
@click.option("--over-pins", is_flag=True, help="Go on though tenants stay with another version: they may only read.")
@click.option("--yes", is_flag=True, help="Begin without being asked.")
def upgrade(
    name: str, only_look: bool, canary: tuple[str, ...], then: str | None, announce: bool, over_pins: bool, yes: bool
) -> None:
    """Bring the plugin NAME to the version whose package is installed: for all, or for some tenants first."""
    from app.cli.context import settings_with_database
    from app.installation import pins
    from app.installation.preflight import look_ahead
    from app.installation.upgrading import MayNotUpgrade, begin, go_back, go_on

    settings = settings_with_database()
    with application():
        try:
            if announce:
                told = pins.announce(name)
                click.echo(f"Told: {', '.join(told)}." if told else "No tenant stays with another version.")
            elif then == "on":
                go_on(name, click.echo, over_pins=over_pins)
                click.echo(_RESTART)
            elif then == "back":
                go_back(settings, name, click.echo)
                click.echo(_RESTART)
            else:
                ahead = look_ahead(settings, name)
                for line in ahead.lines():
                    click.echo(line)
                if only_look:
                    return
                if ahead.is_due and not ahead.obstacle and not (yes or click.confirm("Begin?")):
                    raise Refusal("Nothing was done.")
                begin(settings, name, canary, click.echo, over_pins=over_pins)
                click.echo(_RESTART)
        except MayNotUpgrade as refused:
            hint = "" if over_pins or not pins.pins_of(name) else " (--over-pins, or tenantry plugin unpin)"
            raise Refusal(f"{refused}{hint}") from None
        except (ValueError, LookupError) as refused:
            raise Refusal(str(refused)) from None


@plugin.command()
@click.argument("name")
@click.argument("versions", required=False)
@click.option("--tenant", "slugs", multiple=True, metavar="SLUG", help="May be given again.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it holds (UTC).")
@click.option("--reason", default="", help="Why, for whoever reads it later.")
@click.option(
    "--by-tenants/--not-by-tenants", "theirs", default=None, help="Whether their admins may do it themselves."
)
def pin(
    name: str, versions: str | None, slugs: tuple[str, ...], until: datetime | None, reason: str, theirs: bool | None
) -> None:
    """Let tenants stay with VERSIONS ("1.*", ">=1.2,<2") of the plugin NAME; without any, say who stays with which.

    While the installed version is another one, these tenants read and do not change.
    """
    from app.installation import pins

    last = until.replace(hour=23, minute=59, tzinfo=UTC) if until else None
    if bool(versions) != bool(slugs):
        raise Refusal("Name both the versions and the tenants: tenantry plugin pin garage '1.*' --tenant acme")
    with application():
        try:
            if theirs is not None:
                pins.let_tenants_pin(name, theirs)
            for slug in slugs:
                _settled(
                    slug, pins.pin(_tenant(slug), name, versions or "", by_operator=True, until=last, reason=reason)
                )
        except ValueError as refused:
            raise Refusal(str(refused)) from None
        for one in pins.pins_of(name):
            click.echo(f"{name}: {one.words}")


@plugin.command()
@click.argument("name")
@_TENANTS
def unpin(name: str, slugs: tuple[str, ...]) -> None:
    """Let tenants go along with the installed version of the plugin NAME again."""
    from app.installation import pins

    with application():
        for slug in slugs:
            try:
                _settled(slug, pins.unpin(_tenant(slug), name, by_operator=True))
            except ValueError as refused:
                raise Refusal(str(refused)) from None
            click.echo(f"{name} goes along with its installed version for {slug}.")


def _settled(slug: str, is_done: bool) -> None:
    if not is_done:
        click.echo(f"{slug}: the step to the installed version failed and is tried again: see “tenantry plugin list”.")


@plugin.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Accept without being asked.")
def approve(name: str, yes: bool) -> None:
    """Accept what the plugin NAME asks for: hosts it calls, secrets, files, other plugins' records."""
    from app.host import registry
    from app.host.accepted import asked_of_operator
    from app.installation.approval import accept
    from app.installation.words import need_words

    with application():
        waiting = asked_of_operator().get(name, ())
        needs = registry().needs.get(name, ())
        if not needs:
            click.echo(f"{name} asks for nothing." if registry().plugin(name) else f"{name} is not installed.")
            return
        for one in needs:
            click.echo(f"{'new      ' if one in waiting else 'accepted '} {need_words(one)} ({one})")
        if not waiting:
            return
        if not yes and not click.confirm("Accept this?"):
            raise Refusal(f"{name} works nowhere until it is accepted.")
        accept(name, "command line", needs)
    click.echo(f"{name} is accepted.")


@plugin.command()
@click.argument("feature", metavar="PLUGIN.FEATURE")
@click.option("--open/--close", "is_on", default=None, help="Open or close it.")
@click.option("--forget", is_flag=True, help="Take back what was said.")
@click.option("--tenant", "slug", metavar="SLUG", help="For this tenant alone.")
@click.option("--percent", type=click.IntRange(0, 100), default=100, show_default=True, help="A share of all tenants.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it holds (UTC).")
def flag(
    feature: str, is_on: bool | None, forget: bool, slug: str | None, percent: int, until: datetime | None
) -> None:
    """Open or close a flag that a plugin declares; without an option, say how it stands."""
    from app.installation.features import flags_of, forget_flag, set_flag

    with application():
        tenant = _tenant(slug).id if slug else None
        try:
            if forget:
                forget_flag(feature, tenant)
            elif is_on is not None:
                last = until.replace(hour=23, minute=59, tzinfo=UTC) if until else None
                set_flag(feature, tenant, is_on, "command line", percent=percent, until=last)
        except ValueError as refused:
            raise Refusal(str(refused)) from None
        for one, place in flags_of(feature.partition(".")[0]):
            if one.feature_key == feature:
                share = place or f"{one.percent} % of all tenants"
                end = f" until {one.expires_at:%Y-%m-%d}" if one.expires_at else ""
                click.echo(f"{feature} is {'open' if one.is_enabled else 'closed'} for {share}{end}")


_FILE = click.Path(dir_okay=False, path_type=Path)


@plugin.command("check")
@click.argument("name")
@click.option("--quick", is_flag=True, help="Only what takes seconds: files, code, translations, migrations.")
@click.option(
    "--only", multiple=True, metavar="PART", help="Of the contract suite this alone (budget). Again for more."
)
@click.option("--report", type=_FILE, help="Write what was found as Markdown.")
@click.option("--html", type=_FILE, help="Write it as a page.")
@click.option("--json", "data", type=_FILE, help="Write it for programs.")
def check_one(
    name: str, quick: bool, only: tuple[str, ...], report: Path | None, html: Path | None, data: Path | None
) -> None:
    """Ask of the plugin NAME what every plugin must keep. Takes some minutes; starts servers of its own."""
    try:
        from app.cli.words import faults_in
        from app.testing.checking import Finding, check_plugin, lines_of
    except ModuleNotFoundError as error:
        raise Refusal(f"This needs the test tools ({error.name}): pip install 'tenantry[test]'.") from None

    def say(finding: Finding) -> None:
        for line in lines_of(finding):
            click.echo(line)

    try:
        found = check_plugin(name, faults_in, say, quick=quick, only=only)
    except LookupError as error:
        raise Refusal(f"“{name}” cannot be checked: {error}.") from None
    for target, text in ((report, found.markdown), (html, found.html), (data, found.json)):
        if target is not None:
            target.write_text(text(), encoding="utf-8")
    if not found.is_clean:
        raise Refusal(f"{name}: {found.verdict}.")
    click.echo(f"{name} {found.verdict}.")


@plugin.command()
@click.option("--tenant", "slug", metavar="SLUG", help="What this tenant has on [default: all that is installed].")
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def docs(slug: str | None, target: Path | None) -> None:
    """Write the documentation of plugins: records, permissions, events, settings, jobs, and a diagram, as Markdown."""
    from app.data import Scope, scope
    from app.host import registry
    from app.host.lifecycle import states_here
    from app.host.versions import ALIVE
    from app.installation.docs import collect, markdown

    with application():
        chosen = registry().names
        if slug is not None:
            with scope(Scope(_tenant(slug).id, via="cli")):
                chosen = registry().always_on | {name for name, state in states_here().items() if state in ALIVE}
        page = markdown(collect(chosen), f"Tenantry: {slug or 'all plugins'}")
    if target is None:
        click.echo(page, nl=False)
    else:
        target.write_text(page, encoding="utf-8")
        click.echo(f"{target} is written.")
