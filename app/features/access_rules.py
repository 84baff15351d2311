"""Row and field rules: which rows of a resource a role reaches, and which fields it sees or may change.

A tenant's admins write them; they hold on screens, in REST, search, pickers and counts alike. Where a person has
several roles, the most generous one decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session

from app.data import Record, choice
from app.data.choices import named_later
from app.data.fields import field_names
from app.features.decided import decisions
from app.identity.principal import Principal, TenantInfo
from app.tenancy.configuration import by_configuration
from app.tenancy.models import ROLES_HERE, role_check

Scope = Literal["own", "pool", "team", "all"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Which rows somebody reaches, each scope with what the one before it holds: their own, those that nobody has, their
teams', all."""
RULED = "access_rules.records"
"""The choice of records that rules are for, which the application names (`app.data.choices`)."""


class AccessRule(Record):
    """For one role on one resource: which rows, which fields."""

    __label__ = "role resource"
    __config__ = True
    __table_args__ = (
        Index("uq_access_rule_role", "tenant_id", "role", "resource", unique=True),
        role_check("role"),
    )

    role: Mapped[str] = named_later(ROLES_HERE, label=_l("Role"))
    resource: Mapped[str] = named_later(RULED, max_length=100, label=_l("Records"))
    row_scope: Mapped[str] = choice(
        ("default", _l("As is usual for these records")),
        ("all", _l("All records")),
        ("team", _l("Their own, those nobody has, and their teams'")),
        ("pool", _l("Their own and those nobody has")),
        ("own", _l("Only their own")),
        default="default",
        label=_l("Rows"),
        help=_l("Whoever others report to, directly or through others, reaches theirs as well."),
    )
    hidden: Mapped[list[str]] = field_names("resource", label=_l("Hidden fields"))
    readonly: Mapped[list[str]] = field_names("resource", label=_l("Read-only fields"))


@dataclass(frozen=True, slots=True)
class Access:
    """What is left for one person on one resource."""

    scope: Scope = "all"
    hidden: frozenset[str] = frozenset()
    readonly: frozenset[str] = frozenset()


FULL = Access()
_USUAL: Mapping[str, Scope] = {}
_Rules = dict[tuple[str, str], Access]


def access_of(session: Session, person: Principal | None, resource: str, usual: Mapping[str, Scope] = _USUAL) -> Access:
    """What holds for a person on a resource; nothing outside a request (jobs and commands act for the tenant).

    `usual` are the row scopes that the resource declares by role; a rule of the tenant's that names one goes before.
    """
    if person is None or person.tenant is None:
        return FULL
    tenant = person.tenant
    rules: _Rules = by_configuration(session, person, "access_rules", lambda _session: _load(tenant))
    if not rules and not usual:
        return FULL
    mine = [_of_role(*_said_of(role, resource, rules, usual)) for role in telling_roles(person, resource)]
    if not mine or FULL in mine:
        return FULL
    return Access(
        max((one.scope for one in mine), key=SCOPES.index),
        frozenset.intersection(*(one.hidden for one in mine)),
        frozenset.intersection(*(one.hidden | one.readonly for one in mine)),
    )


def telling_roles(person: Principal, resource: str) -> Sequence[str]:
    """The roles of the person that decide which of these records they reach: one of a plugin widens nobody's reach of
    what it gives no right to."""
    if not any("." in role for role in person.roles):
        return person.roles
    reached = current_app.extensions["tenantry"].reached_by
    found = [role for role in person.roles if "." not in role or resource in reached.get(role, ())]
    return found or person.roles


def _said_of(
    role: str, resource: str, rules: _Rules, usual: Mapping[str, Scope]
) -> tuple[Access | None, Scope]:  # fmt: skip
    """The tenant's rule for the role and its usual scope; one that a plugin brings reaches what the role it is like
    does, unless either names it."""
    brought = current_app.extensions["tenantry"].roles.get(role)
    like = brought.like if brought is not None else role if "." not in role else "viewer"
    rule = rules.get((role, resource))
    if rule is None and role not in usual:
        rule = rules.get((like, resource))
    return rule, usual.get(role, usual.get(like, "all"))


def _of_role(rule: Access | None, usual: Scope) -> Access:
    if rule is None:
        return FULL if usual == "all" else Access(usual)
    return replace(rule, scope=usual) if rule.scope not in SCOPES else rule


def _load(tenant: TenantInfo) -> _Rules:
    return {
        (rule["role"], resource): Access(rule["rows"], frozenset(rule["hidden"]), frozenset(rule["readonly"]))
        for resource, rule in decisions(tenant).rules
    }
