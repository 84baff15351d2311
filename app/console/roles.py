"""Roles as admins give them: the five of every tenant, and those of the plugins that are on."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect

from app.data import Choice
from app.data.choices import give_choices
from app.host import FieldError, Registry, Role, registry
from app.host.extending import is_here
from app.host.layouts import EVERYBODY, ROLES_OF_LAYOUTS
from app.identity.principal import Principal
from app.tenancy.models import EVERY_ROLE, ROLE_CHOICES, ROLES, ROLES_HERE, ROLES_OF_TEAMS


def name_roles(app: Flask, installed: Registry) -> None:
    """Give all fields that hold roles their words; forms offer those of what is on."""
    brought = [_choice(installed, role) for role in installed.roles.values()]
    give_choices(app, ROLES_HERE, [*ROLE_CHOICES, *brought])
    give_choices(app, ROLES_OF_TEAMS, [*ROLE_CHOICES[1:], *brought])
    give_choices(app, ROLES_OF_LAYOUTS, [Choice(EVERYBODY, _l("Everybody")), *ROLE_CHOICES, *brought])


def _choice(installed: Registry, role: Role) -> Choice:
    words = LazyString(lambda: f"{installed.title(role.plugin)}: {role.title}")
    return Choice(role.name, words, here=partial(is_here, role.plugin))


def rank(role: str) -> int:
    """How far from the owner a role is. One of a plugin stands beside the role it is like; one that nothing declares
    any more gives nothing, and stands last."""
    brought = registry().roles.get(role)
    name = brought.like if brought is not None else role
    return ROLES.index(name) if name in ROLES else len(ROLES) - 1


def best_rank(person: Principal) -> int:
    return min(map(rank, person.roles), default=len(ROLES))


def is_given_here(role: str) -> bool:
    """Whether the role can be given in the tenant in force."""
    return any(one.value == role and (one.here is None or one.here()) for one in EVERY_ROLE)


def check_role(row: Any, field: str) -> None:
    """Before a row that names a role is saved: it is one that can be given here, unless it was stored before. Raises
    FieldError."""
    value = getattr(row, field)
    if value is None or not inspect(row).attrs[field].history.added:
        return
    offered = row.__fields__[field].offered
    if value not in {one.value for one in offered}:
        names = ", ".join(one.words for one in offered)
        raise FieldError(field, _("“%(value)s” is not one of: %(names)s.", value=value[:80], names=names))
