"""A plugin's new version, one step at a time: all at once, or by a few tenants first.

All tenants share one schema and one process one version of the code, so no tenant can stay behind in the old version.
What can be kept apart is who works with it: while some try it, the others may only read. Then it goes on for all, or
back: the migrations are undone, and the plugin waits until the old package is installed again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.data import platform_session, utcnow
from app.data.bulk import TOLD
from app.data.histories import History
from app.data.positions import waiting_plugins
from app.host.models import InstalledPlugin
from app.installation.features import tell_tenants
from app.installation.pins import broken_by
from app.installation.preflight import history_of, look_ahead
from app.installation.upgrades import bring_all, tenants_with
from app.ops.migrations import MigrationFailed, current, downgrade_one, stop_plugins, stopped, upgrade_one
from app.tenancy.models import Tenant, TenantPlugin
from app.tenancy.services import find_tenant
from config import Settings

Say = Callable[[str], None]
SHOWN = 20
"""Pins that a refusal names."""


class MayNotUpgrade(ValueError):
    """The upgrade cannot do this now; the message says why."""


def begin(settings: Settings, plugin: str, canary: Sequence[str], say: Say, *, over_pins: bool = False) -> None:
    """Run the plugin's migrations, and tell its new version to the tenants named, or to all without any. `over_pins`
    says in so many words that tenants which stay with another version may only read from now on. Raises MayNotUpgrade,
    LookupError."""
    ahead = look_ahead(settings, plugin)
    if ahead.obstacle:
        raise MayNotUpgrade(ahead.obstacle)
    row = _row(plugin)
    if row is not None and row.trying:
        raise MayNotUpgrade(_("It is being tried already: let it go on, or back."))
    if not ahead.is_due:
        raise MayNotUpgrade(_("There is nothing to upgrade: version %(number)s is installed.", number=ahead.after))
    _check_pins(plugin, ahead.after, over_pins=over_pins)
    tenants = tenants_with(plugin)
    chosen = [_chosen(slug, tenants, plugin, ahead.after) for slug in canary]
    history = history_of(plugin)
    here = _position(settings, plugin)
    with platform_session("installed plugins are of no tenant") as session:
        now = session.get(InstalledPlugin, plugin, with_for_update=True)
        if now is None:
            raise MayNotUpgrade(_("It is new here: run “tenantry sync”."))
        if now.trying:  # by another operator, a moment ago
            raise MayNotUpgrade(_("It is being tried already: let it go on, or back."))
        now.trying, now.canary = ahead.after, chosen  # before the migrations: nobody else writes meanwhile
        now.back_to = here if ahead.is_reversible else None
        tell_tenants(session, plugin=plugin)
    if history is not None:
        _migrate(settings, history, here, say)
    if chosen:
        _tell(plugin, ahead.before, ahead.after, [one for one in tenants if one[0] in chosen], say)
        say(_("%(names)s try it; the others may only read until it goes on.", names=", ".join(canary)))
    else:
        go_on(plugin, say, over_pins=over_pins)


def _migrate(settings: Settings, history: History, before: str, say: Say) -> None:
    """Run what waits. When it fails all is as it was before, and nothing is being tried; only where a migration has
    committed a part by itself the plugin is stopped. Raises MayNotUpgrade in the operator's words."""
    try:
        upgrade_one(settings, history, say)
    except MigrationFailed as error:
        words = _("Its migrations failed: %(reason)s", reason=error).rstrip(".")
        _try_nothing(history.owner)
        if _position(settings, history.owner) == before:
            raise MayNotUpgrade(_("%(words)s. Nothing was changed.", words=words)) from error
        stop_plugins(settings, {**stopped(settings), history.owner: words})
        raise MayNotUpgrade(_("%(words)s. Some of them had run before: it is stopped.", words=words)) from error
    with platform_session("installed plugins are of no tenant") as session:
        session.get_one(InstalledPlugin, history.owner).stopped = None  # whatever stopped it has run now
        tell_tenants(session, plugin=history.owner)


def _try_nothing(plugin: str) -> None:
    with platform_session("installed plugins are of no tenant") as session:
        now = session.get_one(InstalledPlugin, plugin)
        now.trying = now.canary = now.back_to = None
        tell_tenants(session, plugin=plugin)


def _position(settings: Settings, plugin: str) -> str:
    """The revision that its tables are at; empty for none."""
    history = history_of(plugin)
    return current(settings, [history])[0].here if history is not None else ""


def go_on(plugin: str, say: Say, *, over_pins: bool = False) -> None:
    """The new version for all, but for those that stay with another one. Raises MayNotUpgrade when there are such and
    it was not said that this is meant, or when it fails for a tenant, which can be tried again."""
    row = _row(plugin)
    if row is None or not row.trying:
        raise MayNotUpgrade(_("Nothing is being tried."))
    if plugin in waiting_plugins():
        raise MayNotUpgrade(_("Its migrations have not run: take it back, and begin again."))
    _check_pins(plugin, row.trying, over_pins=over_pins)
    rest = [one for one in tenants_with(plugin) if one[0] not in (row.canary or ())]
    _tell(plugin, row.version, row.trying, rest, say)
    with platform_session("installed plugins are of no tenant") as session:
        now = session.get_one(InstalledPlugin, plugin)
        now.version, now.upgraded_at = row.trying, utcnow()
        now.trying = now.canary = now.back_to = None
        tell_tenants(session, plugin=plugin)
    say(f"{plugin}: {row.version} -> {row.trying}")


def go_back(settings: Settings, plugin: str, say: Say) -> None:
    """Undo the migrations of what is being tried; what the tenants wrote into its new columns is lost. The plugin is
    stopped then, because its code is still the new one. Raises MayNotUpgrade."""
    row, history = _row(plugin), history_of(plugin)
    if row is None or not row.trying:
        raise MayNotUpgrade(_("Nothing is being tried."))
    moved = plugin not in waiting_plugins() and _position(settings, plugin) != (row.back_to or "")
    if moved and row.back_to is None:
        raise MayNotUpgrade(_("Its migrations cannot be undone: let it go on, or take the backup."))
    words = _("Version %(new)s was taken back: install version %(old)s again and run “tenantry db upgrade”.",
              new=row.trying, old=row.version)  # fmt: skip
    others = {name: reason for name, reason in stopped(settings).items() if name != plugin}
    stop_plugins(settings, {**others, plugin: str(words)})
    if moved and history is not None:
        try:
            downgrade_one(settings, history, row.back_to or "base")
        except MigrationFailed as error:
            stop_plugins(settings, others)
            refused = _("It could not be taken back, and is still being tried: %(reason)s", reason=error)
            raise MayNotUpgrade(refused) from error
    with platform_session("installed plugins are of no tenant") as session:
        now = session.get_one(InstalledPlugin, plugin)
        now.trying = now.canary = now.back_to = None
        _forget_steps(session, plugin, row.trying, row.version)
        tell_tenants(session, plugin=plugin)
    say(str(words))


def _forget_steps(session: Session, plugin: str, tried: str, back: str) -> None:
    """Those who tried it work with the old version again."""
    theirs = TenantPlugin.plugin_key == plugin, TenantPlugin.plugin_version == tried
    session.execute(update(TenantPlugin).where(*theirs).values(plugin_version=back), execution_options=TOLD)


def trying(plugin: str) -> str:
    """The version that some tenants try at the moment; empty when none is tried."""
    row = _row(plugin)
    return (row.trying or "") if row is not None else ""


def triers(plugin: str) -> list[str]:
    """The tenants that try it, by their address."""
    with platform_session("installed plugins are of no tenant") as session:
        row = session.get(InstalledPlugin, plugin)
        chosen = (row.canary or ()) if row is not None else ()
        return list(session.scalars(select(Tenant.slug).where(Tenant.id.in_(chosen)).order_by(Tenant.slug)))


def _row(plugin: str) -> InstalledPlugin | None:
    with platform_session("installed plugins are of no tenant") as session:
        return session.get(InstalledPlugin, plugin)


def _check_pins(plugin: str, version: str, *, over_pins: bool) -> None:
    broken = [] if over_pins else broken_by(plugin, version)
    if broken:
        words = _(
            "These stay with other versions, and could only read from then on: %(pins)s. Lift their pins, or say that"
            " you go on over them.", pins=", ".join(f"{one.slug} ({one.spec})" for one in broken[:SHOWN]),
        )  # fmt: skip
        raise MayNotUpgrade(words)


def _chosen(slug: str, tenants: Sequence[tuple[UUID, str]], plugin: str, version: str) -> UUID:
    found = find_tenant(slug)
    if found is None:
        raise MayNotUpgrade(_("There is no tenant “%(slug)s”.", slug=slug))
    if found.id not in {key for key, _slug in tenants}:
        raise MayNotUpgrade(_("%(slug)s does not have it switched on.", slug=slug))
    if slug in {one.slug for one in broken_by(plugin, version)}:
        raise MayNotUpgrade(_("%(slug)s stays with another version: lift its pin first.", slug=slug))
    return found.id


def _tell(plugin: str, before: str, after: str, tenants: Sequence[tuple[UUID, str]], say: Say) -> None:
    failed = bring_all(plugin, before, after, list(tenants), say) if before != after else []
    if failed:
        names = ", ".join(failed)
        raise MayNotUpgrade(_("The step to %(version)s failed for %(names)s.", version=after, names=names))
