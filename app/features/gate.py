"""One function decides for screen, REST, action and menu. The first “no” wins, and says so in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from app.identity.principal import Principal, principal


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not; `gate` names the check that refused, `reason` says it in the reader's language."""

    allowed: bool
    gate: str = ""
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Decision(True)


def can(resource: str, verb: str, person: Principal | None = None) -> Decision:
    """May the person (by default: who is asking) do `verb` on `resource` (`crm.lead`)?

    Gates, in order: signed in; in a tenant; the plugin is on for it; a role gives the permission (and the token's
    scopes keep it).
    """
    someone = person or principal()
    if someone is None:
        return Decision(False, "sign-in", _("Please sign in first."))
    if someone.tenant is None:
        return Decision(False, "tenant", _("Choose a tenant first."))
    if not plugin_is_on(resource.split(".", 1)[0], someone):
        return Decision(False, "plugin", _("This part is not switched on for %(tenant)s.", tenant=someone.tenant.name))
    if not someone.may(resource, verb):
        return Decision(
            False, "permission", _("None of your roles here allows this. An owner or admin can change that.")
        )
    return YES


def plugin_is_on(name: str, someone: Principal) -> bool:
    """The core's plugins are on everywhere; the others where the tenant switched them on."""
    installed: Any = current_app.extensions["tenantry"]
    if name in installed.always_on:
        return True
    return someone.tenant is not None and name in someone.tenant.plugins
