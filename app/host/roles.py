"""Roles that plugins bring: what somebody is in one trade, beside the five roles that every tenant has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from app.host.claims import ClaimError, check_name
from app.host.declarations import Plugin
from app.host.entry import Entry
from app.host.extensions import BETWEEN

Like = Literal["manager", "agent", "viewer"]
LONGEST = 64


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the plugin's own trade: `Role("garage.mechanic", _l("Mechanic"), {"garage.repair": "read update"})`.

    Admins give it as they give the others, wherever roles are given, in tenants that have the plugin on; switched off,
    it gives nothing, and whoever has it has it again when the plugin comes back.

    `grants` says what it may do: by resource, or by what stands before the verb of a `Permission`, the verbs with
    blanks between. Resources, actions and permissions of the plugin may also name it themselves, as one of their
    `roles`, in `grants` and in `scopes`. Of records of others it may do only what the plugin adds to them by an
    `Extension`, and, with those it extends, at most what the role it is like may do with them.

    With any role go the rights that all roles of the house have in it: to see colleagues, and what one was told. It can
    stand alone for somebody who does nothing else here, or beside another one (a viewer who repairs).

    `like` is the role of every tenant that it stands beside: whoever may give that one may give this one, and it
    reaches the rows which that one reaches where neither the resource nor a tenant's rule names it.
    """

    name: str
    title: Any
    grants: Mapping[str, str] = field(default_factory=dict)
    like: Like = "agent"
    summary: Any = ""

    @property
    def plugin(self) -> str:
        return self.name.partition(".")[0]

    def may(self, resource: str, verb: str) -> bool:
        """Whether its own declaration says so."""
        return verb in self.grants.get(resource, "").split()


def check_roles(plugin: Plugin, roles: Sequence[Role]) -> None:
    """Roles carry the plugin's name and stand beside one of the others. Raises ClaimError."""
    names: set[str] = set()
    for one in roles:
        check_name(plugin, one.name, names)
        if plugin.core:
            raise ClaimError(f"{one.name}: the core has its roles already.")
        if one.like not in get_args(Like):
            raise ClaimError(f"{one.name}: it cannot be like “{one.like}”: {', '.join(get_args(Like))}.")
        if len(one.name) > LONGEST:
            raise ClaimError(f"{one.name}: a role's name has at most {LONGEST} letters.")


def check_grants(
    roles: Mapping[str, Role], entries: Mapping[str, Entry], permissions: Collection[str], extended: Collection[str]
) -> None:
    """What the roles of one plugin may do lies within its name, or within what it extends. Raises ClaimError."""
    for one in roles.values():
        for resource, verbs in one.grants.items():
            if resource.partition(".")[0] != one.plugin and resource not in extended:
                raise ClaimError(f"{one.name}: “{resource}” lies outside the plugin, which does not extend it.")
            for verb in verbs.split():
                _check_grant(one, resource, verb, entries.get(resource), permissions)


def _check_grant(role: Role, resource: str, verb: str, entry: Entry | None, permissions: Collection[str]) -> None:
    is_own = resource.partition(".")[0] == role.plugin
    if not is_own and entry is None:
        return  # the other plugin is not installed
    if f"{resource}.{verb}" not in permissions and (entry is None or verb not in entry.verbs):
        raise ClaimError(f"{role.name}: “{resource}” has nothing called “{verb}”.")
    if is_own or entry is None or verb.startswith(role.plugin + BETWEEN):
        return
    if all(one.verb != verb or role.like not in one.roles for one in entry.permissions()):
        raise ClaimError(f"{role.name}: it may not “{verb}” {resource}, because “{role.like}”, which it is like, "
                         "may not.")  # fmt: skip


def granted(roles: Mapping[str, Role], resource: str, verb: str) -> Iterator[str]:
    """The names of the roles that say of themselves that they may do this."""
    return (name for name, one in roles.items() if one.may(resource, verb))
