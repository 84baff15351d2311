"""Smaller things that plugins declare or contribute: permissions of their own pages, hits of the search, metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.data import Record
from app.host.claims import ClaimError, check_role_names
from app.host.declarations import NAME, Plugin
from app.host.roles import Role, check_grants
from app.identity.permissions import DeclaredPermission
from app.tenancy.models import ROLES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.host.asked import Asked
    from app.host.entry import Entry
    from app.host.extensions import Extension


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that belongs to no resource, for pages of one's own: `Permission("garage.workshop.open", ...)`.

    `name` is `<plugin>.<what>.<verb>`; `roles` hold it from the start, beside owner and admin: those of every tenant,
    and the plugin's own (`Role`).
    """

    name: str
    title: Any
    roles: tuple[str, ...] = ("manager", "agent")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that the search over everything found beside records: `Hit(_("Opening hours"), "/garage/hours")`.

    `path` is an address inside the tenant; `hint` tells namesakes apart.
    """

    label: Any
    path: str
    hint: Any = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that plans may limit: `Metric("vehicles", _l("Vehicles"), of=Vehicle)`.

    The live records of `of` are counted, and the core itself refuses one too many on every way in; or `count(session)`
    says how much is used, and the plugin asks `check_quota("garage.vehicles", more)` before it uses more.
    """

    name: str
    title: Any
    of: type[Record] | None = None
    count: Callable[[Session], int] | None = None


@dataclass(frozen=True)
class Contributions:
    """Frozen once built."""

    permissions: tuple[DeclaredPermission, ...] = ()
    titles: Mapping[str, Any] = field(default_factory=dict)
    """What the permissions are called, by full name."""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    """By full name (`garage.vehicles`)."""


def gather(
    plugins: Sequence[Asked],
    entries: Mapping[str, Entry],
    roles: Mapping[str, Role],
    extensions: Mapping[str, Sequence[Extension]],
) -> Contributions:
    """Ask every plugin in turn, and look at what their roles grant. `extensions` are what each adds
    to resources of others. Raises ClaimError."""
    permissions: dict[str, DeclaredPermission] = {}
    titles: dict[str, Any] = {}
    metrics: dict[str, Metric] = {}
    for asked in plugins:
        with asked.blame():
            for one in asked.all("permissions"):
                own = [name for name, role in roles.items() if role.plugin == asked.name]
                permissions[one.name] = _permission(asked.name, one, {*permissions, *entries}, (*ROLES, *own))
                titles[one.name] = one.title
            for metric in asked.all("metrics"):
                check_metric(asked.plugin, metric, metrics)
                metrics[f"{asked.name}.{metric.name}"] = asked.guard.metric(metric) if asked.guard else metric
    for asked in plugins:
        with asked.blame():
            theirs = {name: role for name, role in roles.items() if role.plugin == asked.name}
            extended = {each.resource for each in extensions.get(asked.name, ())}
            check_grants(theirs, entries, permissions, extended)
    return Contributions(tuple(permissions.values()), MappingProxyType(titles), MappingProxyType(metrics))


def _permission(plugin: str, one: Permission, taken: set[str], roles: Sequence[str]) -> DeclaredPermission:
    parts = one.name.split(".")
    if len(parts) != 3 or parts[0] != plugin or not all(NAME.fullmatch(part) for part in parts):
        raise ClaimError(f"{plugin}: a permission must be called “{plugin}.<what>.<verb>”, not “{one.name}”.")
    if one.name in taken or one.name.rpartition(".")[0] in taken:
        raise ClaimError(f"{plugin}: the permission “{one.name}” is taken.")
    check_role_names(one.name, one.roles, roles)
    resource, _dot, verb = one.name.rpartition(".")
    return DeclaredPermission(resource, verb, tuple(sorted({"owner", "admin", *one.roles})))


def check_metric(plugin: Plugin, metric: Metric, taken: Mapping[str, Metric]) -> None:
    """A metric has a name of its own, and counts records of its plugin or counts itself. Raises ClaimError."""
    name = f"{plugin.name}.{metric.name}"
    if not NAME.fullmatch(metric.name) or name in taken:
        raise ClaimError(f"{plugin.name}: the metric “{metric.name}” is not well-formed or declared twice.")
    if (metric.of is None) == (metric.count is None):
        raise ClaimError(f"{name}: a metric counts records (of) or counts itself, one of the two.")
    if metric.of is not None and not plugin.core and metric.of.__table__.schema != plugin.name:  # type: ignore[attr-defined]
        raise ClaimError(f"{name}: a metric counts records of its own plugin.")
