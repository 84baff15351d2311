"""One function decides for screen, REST, job, action and menu. The first “no” wins, and says so in words.

The chain: signed in, in a tenant, plugin installed, switched on, in the plan, not read-only, allowed by a role (and,
for a token, within its scopes). Rules about rows and fields (`access_rules`) hold on the records, after this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.data import db
from app.identity.principal import Principal, TenantInfo, principal
from app.tenancy.configuration import by_configuration

HARMLESS = frozenset({"read", "export"})
"""Verbs that change nothing: what is left of a plugin that may only be read."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not; `gate` names the check that refused, `reason` says it in the reader's language."""

    allowed: bool
    gate: str = ""
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(True)
Check = Callable[[str, str, str, Principal, TenantInfo], str | None]
"""(plugin, resource, verb, person, tenant) -> why not, or None."""


def can(resource: str, verb: str, person: Principal | None = None) -> Decision:
    """May the person (by default: who is asking) do `verb` on `resource` (`crm.lead`)?"""
    someone = person or principal()
    if someone is None:
        return Decision(False, "sign-in", _("Please sign in first."))
    if someone.tenant is None:
        return Decision(False, "tenant", _("Choose a tenant first."))
    for gate, check in CHECKS.items():
        for plugin in _involved(resource, verb):
            reason = check(plugin, resource, verb, someone, someone.tenant)
            if reason is not None:
                return Decision(False, gate, reason)
    return YES


def _involved(resource: str, verb: str) -> tuple[str, ...]:
    """The plugins that must all say yes: the one of the records and, of an action that another one adds to them
    (`garage__book`), that one."""
    owner = resource.split(".", 1)[0]
    guest, added, _rest = verb.partition("__")
    return (owner, guest) if added else (owner,)


def chain(resource: str, verb: str, person: Principal) -> Iterator[Decision]:
    """Every check in order, each with its own word: what explains a decision to people."""
    if person.tenant is None:
        return
    for gate, check in CHECKS.items():
        reasons = (check(plugin, resource, verb, person, person.tenant) for plugin in _involved(resource, verb))
        reason = next((said for said in reasons if said is not None), None)
        yield Decision(reason is None, gate, reason or "")


def _not_installed(plugin: str, _resource: str, _verb: str, _person: Principal, _tenant: TenantInfo) -> str | None:
    return None if plugin in _installed().names else _("The plugin is not installed, or was stopped by an error.")


def _not_on(plugin: str, _resource: str, _verb: str, person: Principal, tenant: TenantInfo) -> str | None:
    if plugin_is_on(plugin, person):
        return None
    return off_words(tenant)


def _not_entitled(plugin: str, _resource: str, _verb: str, person: Principal, tenant: TenantInfo) -> str | None:
    return entitlement(plugin, tenant, person)


def _read_only(plugin: str, _resource: str, verb: str, _person: Principal, tenant: TenantInfo) -> str | None:
    return read_only_words(tenant) if verb not in HARMLESS and is_read_only(plugin, tenant) else None


def _no_permission(_plugin: str, resource: str, verb: str, person: Principal, _tenant: TenantInfo) -> str | None:
    if person.may(resource, verb):
        return None
    return str(_("None of your roles here allows this. An owner or admin can change that."))


CHECKS: dict[str, Check] = {
    "installed": _not_installed,
    "plugin": _not_on,
    "entitled": _not_entitled,
    "read-only": _read_only,
    "permission": _no_permission,
}


def plugin_is_on(name: str, someone: Principal) -> bool:
    """The core's plugins are on everywhere; the others where the tenant switched them on."""
    return is_on(name, someone.tenant)


def is_on(name: str, tenant: TenantInfo | None) -> bool:
    """Whether a plugin is on for a tenant, be it to be read alone."""
    return name in _installed().always_on or (tenant is not None and name in tenant.plugins)


def is_read_only(name: str, tenant: TenantInfo) -> bool:
    """Whether a plugin's records may be read alone; the core's parts always work."""
    return name in tenant.read_only and name not in _installed().always_on


def work_refused(plugin: str, tenant: TenantInfo) -> str | None:
    """Why a job of the plugin cannot run in the tenant now; None when it can. Jobs change things, so reading alone is
    not enough."""
    if not is_on(plugin, tenant):
        return off_words(tenant)
    return read_only_words(tenant) if is_read_only(plugin, tenant) else entitlement(plugin, tenant)


def off_words(tenant: TenantInfo) -> str:
    return str(_("This part is not switched on for %(tenant)s.", tenant=tenant.name))


def read_only_words(tenant: TenantInfo) -> str:
    return str(_("This part is read-only for %(tenant)s: nothing in it can be changed.", tenant=tenant.name))


@dataclass(frozen=True, slots=True)
class _Place:
    """A tenant as `by_configuration` asks for it, where no person is."""

    tenant: TenantInfo


def entitlement(plugin: str, tenant: TenantInfo, person: Principal | None = None) -> str | None:
    """Why the tenant's plan does not have the plugin; None when it has. Asked once for each configuration."""
    installed = _installed()
    if plugin in installed.always_on or not installed.asks_entitlement:
        return None
    refusals: dict[str, str] = by_configuration(
        db.session(), person or _Place(tenant), "entitled", lambda _session: installed.refusals(tenant)
    )
    return refusals.get(plugin)


def _installed() -> Any:
    return current_app.extensions["tenantry"]
