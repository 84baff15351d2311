"""A plugin leaves the installation without a trace: its schema, and whatever names it in the core's tables.

What stays is the audit log, with an entry in every tenant that had something. From its first step on nobody can switch
the plugin on, so nothing comes in that no archive holds; each step may be done again, so a purge that was broken off is
simply started anew. Afterwards the package can be uninstalled, or installed again from nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Table, delete, func, select, text
from sqlalchemy.orm import Session

from app.audit import note
from app.data import Record, Scope, current_tenant_id, db, platform_session, scope
from app.data.bulk import TOLD
from app.data.migrate import drop_history
from app.data.record import TenantTable
from app.data.session import EXPLICIT
from app.files.models import FileObject
from app.files.pictures.naming import holds_pictures, remove
from app.host import registry
from app.host.models import InstalledPlugin
from app.host.versions import ALIVE
from app.identity.sync import forget_permissions
from app.installation.added import forget_added
from app.installation.archive import archives_of, is_outdated
from app.installation.belongings import belongings
from app.installation.farewell import tell
from app.installation.features import tell_tenants
from app.installation.made import take_along
from app.installation.owned import names_plugin, owned_tables
from app.installation.places import take_out
from app.jobs.models import QueuedJob
from app.search.purging import forget_plugin
from app.tenancy.models import Tenant, TenantPlugin
from app.webhooks.choosing import patterns
from app.webhooks.models import WebhookEndpoint
from config import Settings

log = logging.getLogger(__name__)
Say = Callable[[str], None]
_TOKENS = frozenset({"search_token", "search_rebuild"})


class MayNot(ValueError):
    """The plugin cannot be purged now; the message says why."""


class NoArchive(MayNot):
    """Records of it are in no archive that is younger than a day."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A tenant that has rows of the plugin, or a state of it."""

    id: UUID
    slug: str
    state: str
    has_rows: bool

    @property
    def is_on(self) -> bool:
        return self.state in ALIVE


def purge(settings: Settings, plugin: str, folder: Path | None, say: Say, *, careful: bool = False) -> None:
    """Remove everything of a plugin. `folder` holds its archives; None means that none are asked for. Its hook
    `purging` is called for every tenant first; a failure is said, and with `careful` nothing is removed then.

    Raises MayNot: it is of the core, another plugin needs it, it is on somewhere, or an archive is missing.
    """
    check(plugin, folder)
    with _closed(plugin) as was_begun:
        holders = check(plugin, folder, was_begun=was_begun)
        failed = [one.slug for one in holders if not _told(plugin, one, say)]
        if failed and careful:
            raise MayNot(_("Its own farewell failed for %(names)s: nothing was removed.", names=", ".join(failed)))
    shown: dict[UUID, set[str]] = {}
    for holder in holders:
        with scope(Scope(holder.id, via="cli")):
            shown[holder.id] = _pictures_shown(plugin)
            kept = _purge_tenant(plugin)
        stays = f"; {kept} records that it made elsewhere stay, because they are in use" if kept else ""
        say(f"{holder.slug}: done{stays}")
    with platform_session("a plugin leaves the whole installation") as session:
        for table in owned_tables(of_tenants=False):
            session.execute(delete(table).where(names_plugin(table, plugin)), execution_options=TOLD)
        session.execute(_NARROW_TOKENS, {"plugin": f"{plugin}."})
        forget_permissions(session, plugin)
    drop_history(settings.role_url("owner"), plugin)
    for tenant_id, keys in shown.items():
        with scope(Scope(tenant_id, via="cli")):
            remove(db.session(), keys)
            db.session.commit()
    with platform_session("a plugin leaves the whole installation") as session:  # last: it says that this has begun
        session.execute(delete(InstalledPlugin).where(InstalledPlugin.name == plugin))
    say(f"{plugin}: schema and permissions are gone")


BEGUN = "Its purge has begun. Start that again, or run “tenantry db upgrade” to keep what is left of it."
"""Why a plugin is stopped that is being removed."""


@contextmanager
def _closed(plugin: str) -> Iterator[bool]:
    """Nobody can switch the plugin on any more, and who was just about to has ended. Says whether a purge before had
    begun already; one that may not be opens it again."""
    before = _stop(plugin, BEGUN)
    with platform_session("who switches a plugin holds the tenant's row") as session:
        tell_tenants(session)
    try:
        yield before == BEGUN
    except MayNot:
        _stop(plugin, before)
        raise


def _stop(plugin: str, why: str | None) -> str | None:
    """Note why it works nowhere; returns what was noted before."""
    manifest = registry().plugin(plugin)
    with platform_session("a plugin leaves the whole installation") as session:
        row = session.get(InstalledPlugin, plugin, with_for_update=True)
        if row is None:
            row = InstalledPlugin(name=plugin, version=manifest.version if manifest is not None else "")
            session.add(row)
        before, row.stopped = row.stopped, why
        tell_tenants(session, plugin=plugin)
    return before


def _was_begun(plugin: str) -> bool:
    with platform_session("a plugin leaves the whole installation") as session:
        return session.scalar(select(InstalledPlugin.stopped).where(InstalledPlugin.name == plugin)) == BEGUN


_NARROW_TOKENS = text("""
    UPDATE api_token SET scopes = ARRAY(SELECT one FROM unnest(scopes) AS one WHERE NOT starts_with(one, :plugin))
    WHERE EXISTS (SELECT FROM unnest(scopes) AS one WHERE starts_with(one, :plugin))""")


def _told(plugin: str, holder: Holder, say: Say) -> bool:
    """Call the plugin's hook in a tenant, in a transaction of its own. A plugin without code has nothing to say."""
    if registry().plugin(plugin) is None:
        return True
    with scope(Scope(holder.id, via="cli")):
        error = tell(plugin, "purging")
    if error is not None:
        say(f"{holder.slug}: its own farewell failed: {type(error).__name__}: {error}")
    return error is None


def check(plugin: str, folder: Path | None, *, was_begun: bool | None = None) -> Sequence[Holder]:
    """The tenants that have something of the plugin. Raises MayNot. `was_begun` says that a purge was broken off, after
    which archives are not what the database has any more; by default it is looked up."""
    manifest = registry().plugin(plugin)
    if manifest is not None and manifest.core:
        raise MayNot(_("“%(plugin)s” is part of the core.", plugin=plugin))
    needing = [one.name for one in registry().plugins if plugin in one.requires]
    if needing:
        raise MayNot(_("%(others)s needs “%(plugin)s”: purge that first.", others=", ".join(needing), plugin=plugin))
    holders = holders_of(plugin)
    if on := [holder.slug for holder in holders if holder.is_on]:
        names = ", ".join(on)
        raise MayNot(_("“%(plugin)s” is still on for %(names)s: disable or archive it there first.", plugin=plugin,
                       names=names))  # fmt: skip
    if at_work := _at_work(plugin):
        raise MayNot(_("Jobs of “%(plugin)s” are still running (%(count)s): wait until they have ended.", plugin=plugin,
                       count=at_work))  # fmt: skip
    if folder is not None:
        began = _was_begun(plugin) if was_begun is None else was_begun
        _check_archives(plugin, [one for one in holders if one.has_rows], folder, was_begun=began)
    return holders


def _at_work(plugin: str) -> int:
    """How many of its jobs run at this moment: they began before it was switched off."""
    running = (
        QueuedJob.name.startswith(f"{plugin}.", autoescape=True),
        QueuedJob.state == "leased",
        QueuedJob.lease_until > func.now(),
    )
    with platform_session("a plugin leaves the whole installation") as session:
        return session.scalar(select(func.count()).select_from(QueuedJob).where(*running)) or 0


def _check_archives(plugin: str, holders: Sequence[Holder], folder: Path, *, was_begun: bool) -> None:
    """Raises NoArchive for tenants without one of today, or with rows that changed since. Since a purge has begun
    nobody could change any but the purge itself."""
    newest = {one.tenant: one for one in archives_of(plugin, folder) if one.is_fresh or was_begun}
    if missing := [holder.slug for holder in holders if holder.id not in newest]:
        words = _("There is no archive younger than a day for %(names)s: archive it there first.",
                  names=", ".join(missing))  # fmt: skip
        raise NoArchive(words)
    if changed := [holder.slug for holder in holders if not was_begun and is_outdated(newest[holder.id])]:
        words = _("Something has changed since the archive of %(names)s was written: archive it there again.",
                  names=", ".join(changed))  # fmt: skip
        raise NoArchive(words)


def holders_of(plugin: str) -> Sequence[Holder]:
    """The tenants that have rows of the plugin, in its schema or in the core's tables, or a state of it."""
    with platform_session("a plugin leaves the whole installation") as session:
        mine = select(TenantPlugin.tenant_id, TenantPlugin.state).where(TenantPlugin.plugin_key == plugin)
        states: dict[UUID, str] = dict(session.execute(mine).all())  # type: ignore[arg-type]
        with_rows = _tenants_in_schema(session, plugin)
        beside: set[UUID] = set()
        for table in owned_tables(of_tenants=True):
            beside |= set(session.scalars(select(table.c.tenant_id).where(names_plugin(table, plugin)).distinct()))
        everybody = [*states.keys(), *with_rows, *beside, *_listeners(session, plugin)]
        tenants = session.execute(select(Tenant.id, Tenant.slug).where(Tenant.id.in_(everybody)).order_by(Tenant.slug))
        return [Holder(key, slug, states.get(key, "off"), key in with_rows) for key, slug in tenants]


def _tenants_in_schema(session: Session, plugin: str) -> set[UUID]:
    """By the catalogue: the plugin's code may be gone already."""
    found: set[UUID] = set()
    tables = session.scalars(
        text(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.columns"
            " WHERE table_schema = :schema AND column_name = 'tenant_id'"
        ),
        {"schema": plugin},
    )
    for table in tables.all():
        found |= set(session.scalars(text(f"SELECT DISTINCT tenant_id FROM {table}")))
    return found


def _listeners(session: Session, plugin: str) -> list[UUID]:
    """Tenants with webhook endpoints that chose events of the plugin."""
    rows = session.execute(select(WebhookEndpoint.tenant_id, WebhookEndpoint.events))
    return [key for key, events in rows if any(one.startswith(f"{plugin}.") for one in patterns(events))]


def _purge_tenant(plugin: str) -> int:
    """Everything of the plugin in the tenant in force, search tokens in batches, the rest in one transaction. Returns
    how many rows that it made in the core stay."""
    session = db.session()
    forget_plugin(session, plugin)
    kept = take_along(session, plugin)
    forget_added(session, plugin)
    files: set[UUID] = set()
    for table in owned_tables(of_tenants=True):
        if table.name not in _TOKENS:
            files |= _purge_table(session, table, plugin)
    for file in session.scalars(select(FileObject).where(FileObject.id.in_(files))):
        session.delete(file)  # its bytes follow the commit
    take_out(session, plugin)
    note("console.plugin_purged", details={"plugin": plugin, "kept": kept})
    session.commit()
    return kept


def _pictures_shown(plugin: str) -> set[str]:
    """The pictures that rows of the plugin show in the tenant in force: those in its own tables and in the core's."""
    session, found = db.session(), set[str]()
    for one in belongings(session, plugin):
        for column in [column for column in one.table.columns if holds_pictures(column)]:
            mine = [one.table.c.tenant_id == current_tenant_id(), column.is_not(None)]
            mine += [] if one.condition is None else [one.condition]
            found.update(session.scalars(select(column).where(*mine), execution_options={EXPLICIT: True}))
    return found


def _purge_table(session: Session, table: Table, plugin: str) -> set[UUID]:
    """Delete the rows; returns the files that hung on them."""
    condition = names_plugin(table, plugin)
    files: set[UUID] = set()
    if "file_id" in table.c:
        mine = select(table.c.file_id).where(
            condition, table.c.tenant_id == current_tenant_id(), table.c.file_id.is_not(None)
        )
        files = set(session.scalars(mine, execution_options={EXPLICIT: True}))
    model = _models().get(table)
    if model is not None and issubclass(model, Record):
        session.execute(delete(model).where(condition), execution_options={"synchronize_session": False})
    else:
        statement = delete(table).where(condition, table.c.tenant_id == current_tenant_id())
        session.execute(statement, execution_options={**TOLD, EXPLICIT: True})
    return files


def _models() -> dict[Table, type[TenantTable]]:
    return {mapper.local_table: mapper.class_ for mapper in TenantTable.registry.mappers}  # type: ignore[misc]
