"""One function decides for screen, REST, job, action and menu. The first “no” wins, and says so in words.

The chain: signed in, in a tenant, plugin installed and accepted, switched on, in the plan, each feature that covers it
switched on by the tenant, open by its flag, within the person's capabilities, not read-only, allowed by a role (and,
for a token, within its scopes). Rules about rows and fields (`access_rules`) hold on the records, after this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.data import db
from app.data.positions import waiting_plugins
from app.features.decided import Place, decisions
from app.features.pins import Pin, isolated
from app.identity.principal import Principal, TenantInfo, principal
from app.identity.scopes import narrow
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
Check = Callable[[str, str, str, Principal | None, TenantInfo], str | None]
"""(plugin, resource, verb, person, tenant) -> why not, or None. `person` is None for work of the tenant itself."""


def can(resource: str, verb: str, person: Principal | None = None) -> Decision:
    """May the person (by default: who is asking) do `verb` on `resource` (`crm.lead`)?"""
    someone = person or principal()
    if someone is None:
        return Decision(False, "sign-in", _("Please sign in first."))
    if someone.tenant is None:
        return Decision(False, "tenant", _("Choose a tenant first."))
    checks = CHECKS if resource in _installed().touched else WITHOUT_FEATURES
    return _first_no(checks, resource, verb, someone, someone.tenant)


def is_open(name: str, tenant: TenantInfo, person: Principal | None = None, *, verb: str = "read") -> Decision:
    """May that which bears this name (a job, a handler, a card, a timeline) work here? All is asked but permissions,
    which are of records. Without a person it works for the tenant."""
    return _first_no(BEFORE_PERMISSION, name, verb, person, tenant)


def _first_no(
    checks: Mapping[str, Check], resource: str, verb: str, person: Principal | None, tenant: TenantInfo
) -> Decision:
    involved = _involved(resource, verb)
    for gate, check in checks.items():
        for plugin in involved:
            reason = check(plugin, resource, verb, person, tenant)
            if reason is not None:
                return Decision(False, gate, reason)
    return YES


def _involved(resource: str, verb: str) -> tuple[str, ...]:
    """The plugins that must all say yes: the one of the records and, of an action that another one adds to them
    (`garage__book`), that one; of a bridge also those it joins."""
    owner = resource.split(".", 1)[0]
    guest, added, _rest = verb.partition("__")
    sides = _installed().sides
    if owner in sides or (added and guest in sides):
        named = (owner, guest) if added else (owner,)
        return tuple(dict.fromkeys(one for name in named for one in (name, *sides.get(name, ()))))
    return (owner, guest) if added else (owner,)


def chain(resource: str, verb: str, person: Principal, *, with_permission: bool = True) -> Iterator[Decision]:
    """Every check in order, each with its own word: what explains a decision to people. Jobs, handlers, reports and
    the like have no permission of their own."""
    if person.tenant is None:
        return
    for gate, check in (CHECKS if with_permission else BEFORE_PERMISSION).items():
        reasons = (check(plugin, resource, verb, person, person.tenant) for plugin in _involved(resource, verb))
        reason = next((said for said in reasons if said is not None), None)
        yield Decision(reason is None, gate, reason or "")


def has_feature(name: str, person: Principal | None = None) -> bool:
    """Whether a feature (`garage.booking`) is there for the person, by default for who is asking: its plugin is on
    and in the plan, and nobody who may has switched it off. Raises LookupError for a feature that nothing declares."""
    if name not in _installed().features:
        raise LookupError(f"No installed plugin declares the feature “{name}”.")
    someone = person or principal()
    return someone is not None and someone.tenant is not None and is_open(name, someone.tenant, someone).allowed


def _not_installed(plugin: str, _resource: str, _verb: str, person: Principal | None, tenant: TenantInfo) -> str | None:
    installed = _installed()
    if plugin in installed.always_on:
        return None
    if plugin not in installed.names or plugin in decisions(tenant).stopped:
        if plugin in tenant.plugins and plugin not in installed.idle:
            return out_of_order_words(installed.title(plugin))
        return str(_("The plugin is not installed, or was stopped by an error."))
    if plugin in waiting_plugins():
        return str(
            _("The plugin waits until its tables are brought up to date; the operator of the platform does that.")
        )
    needs = installed.needs.get(plugin)
    if needs and not decisions(tenant).accepted.issuperset((plugin, need) for need in needs):
        return str(_("The plugin waits for the operator of the platform, who has not accepted yet what it asks for."))
    return None


def _not_on(plugin: str, _resource: str, _verb: str, _person: Principal | None, tenant: TenantInfo) -> str | None:
    return None if is_on(plugin, tenant) else off_words(tenant)


def _not_entitled(plugin: str, resource: str, verb: str, person: Principal | None, tenant: TenantInfo) -> str | None:
    """What a plan no longer has stays to be read and taken out: nobody loses what they wrote by paying less. A feature
    that is not in it is closed altogether."""
    reason = entitlement(plugin, tenant)
    if reason is not None and (verb not in HARMLESS or resource in _installed().features):
        return reason
    found = (entitlement(feature.name, tenant) for feature in _features(resource, verb))
    return next((words for words in found if words is not None), None)


def _switched_off(_plugin: str, resource: str, verb: str, person: Principal | None, tenant: TenantInfo) -> str | None:
    for one in _features(resource, verb):
        if one.kind == "switch" and not decisions(tenant).switches.get(one.name, one.default):
            words = _("“%(feature)s” is switched off for %(tenant)s.", feature=one.label, tenant=tenant.name)
            return str(words)
    return None


def _flag_is_off(_plugin: str, resource: str, verb: str, person: Principal | None, tenant: TenantInfo) -> str | None:
    for one in _features(resource, verb):
        if one.kind == "flag" and not decisions(tenant).flag(one.name, one.default):
            words = _("“%(feature)s” is not open for %(tenant)s yet.", feature=one.label, tenant=tenant.name)
            return str(words)
    return None


def _not_theirs(_plugin: str, resource: str, verb: str, person: Principal | None, tenant: TenantInfo) -> str | None:
    """Of work that nobody does in person nothing is asked: whoever began it was."""
    if person is None:
        return None
    for one in _features(resource, verb):
        if one.kind == "capability" and not _is_theirs(one, person, tenant):
            return str(_("“%(feature)s” is given member by member, and not to you.", feature=one.label))
    return None


def _is_theirs(feature: Any, person: Principal, tenant: TenantInfo) -> bool:
    if person.membership_id is None:
        return bool(feature.default)
    return decisions(tenant).people.get((person.membership_id, feature.name), bool(feature.default))


def _features(resource: str, verb: str) -> Sequence[Any]:
    """The features that close this while they are off; a feature's own name is closed by itself."""
    installed = _installed()
    if resource not in installed.touched:
        return ()
    own = installed.features.get(resource)
    covering = installed.covering
    found = (*covering.get(resource, ()), *covering.get(f"{resource}.{verb}", ()))
    return found if own is None else (own, *found)


def _read_only(plugin: str, _resource: str, verb: str, person: Principal | None, tenant: TenantInfo) -> str | None:
    if verb in HARMLESS or plugin in _installed().always_on:
        return None
    if plugin in tenant.read_only:
        return read_only_words(tenant)
    decided = decisions(tenant)
    kept = kept_from(plugin, tenant) if plugin in decided.pins else None
    if kept is not None:
        return kept
    version = decided.waiting.get(plugin)
    return None if version is None else waiting_words(tenant, version)


def _no_permission(_plugin: str, resource: str, verb: str, person: Principal | None, _tenant: TenantInfo) -> str | None:
    if person is None or person.may(resource, verb):
        return None
    if person.scopes is not None and not narrow(frozenset({f"{resource}.{verb}"}), person.scopes):
        scopes = " ".join(sorted(person.scopes))
        words = _(
            "This token was made for “%(scopes)s” alone. One that may do more is made in your profile.", scopes=scopes
        )
        return str(words)
    return str(_("None of your roles here allows this. An owner or admin can change that."))


BEFORE_PERMISSION: Mapping[str, Check] = {
    "installed": _not_installed,
    "plugin": _not_on,
    "entitled": _not_entitled,
    "switch": _switched_off,
    "flag": _flag_is_off,
    "capability": _not_theirs,
    "read-only": _read_only,
}
CHECKS: Mapping[str, Check] = {**BEFORE_PERMISSION, "permission": _no_permission}
WITHOUT_FEATURES: Mapping[str, Check] = {
    gate: check for gate, check in CHECKS.items() if gate not in ("switch", "flag", "capability")
}
"""The checks of what no feature touches, which is most."""


def plugin_is_on(name: str, someone: Principal) -> bool:
    """The core's plugins are on everywhere; the others where the tenant switched them on."""
    return is_on(name, someone.tenant)


def is_on(name: str, tenant: TenantInfo | None) -> bool:
    """Whether a plugin is on for a tenant, be it to be read alone."""
    return name in _installed().always_on or (tenant is not None and name in tenant.plugins)


def work_refused(name: str, tenant: TenantInfo) -> str | None:
    """Why a job, handler or webhook in (`garage.wash`) cannot run in the tenant now; None when it can. Such work
    changes things, so reading alone is not enough."""
    decision = is_open(name, tenant, verb="run")
    return None if decision.allowed else decision.reason


def out_of_order_words(title: str) -> str:
    return str(_("“%(plugin)s” is out of order. The operator has been told; nothing of yours is lost.", plugin=title))


def off_words(tenant: TenantInfo) -> str:
    return str(_("This part is not switched on for %(tenant)s.", tenant=tenant.name))


def read_only_words(tenant: TenantInfo) -> str:
    return str(_("This part is read-only for %(tenant)s: nothing in it can be changed.", tenant=tenant.name))


def waiting_words(tenant: TenantInfo, version: str) -> str:
    words = _(
        "Version %(version)s is being tried by others first; until it is there for %(tenant)s, nothing can be changed.",
        version=version, tenant=tenant.name,
    )  # fmt: skip
    return str(words)


def pinned_words(tenant: TenantInfo, pin: Pin, version: str) -> str:
    """Why a tenant that stays with other versions than the installed one may only read, or does until it is brought
    there."""
    named = {"tenant": tenant.name, "version": isolated(version)}
    if not pin.refuses(version):
        return str(_("%(tenant)s is being brought to version %(version)s; until then nothing can be changed.", **named))
    words = _(
        "%(tenant)s stays with version %(pin)s, and version %(version)s is installed: until that is decided, nothing"
        " can be changed.", pin=isolated(pin.spec), **named,
    )  # fmt: skip
    return str(words)


def kept_from(plugin: str, tenant: TenantInfo) -> str | None:
    """Why the tenant may not change anything in the installed version of a plugin; None when its pin allows it."""
    pin, version = decisions(tenant).pins.get(plugin), _installed().versions.get(plugin)
    return pinned_words(tenant, pin, version) if pin is not None and version and pin.keeps_from(version) else None


def entitlement(name: str, tenant: TenantInfo) -> str | None:
    """Why the tenant's plan does not have the plugin or feature; None when it has. Asked once for each
    configuration."""
    installed = _installed()
    if not installed.asks_entitlement or name in installed.always_on:
        return None
    refusals: dict[str, str] = by_configuration(
        db.session(), Place(tenant), "entitled", lambda _session: installed.refusals(tenant)
    )
    return refusals.get(name)


def _installed() -> Any:
    return current_app.extensions["tenantry"]
