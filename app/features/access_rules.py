"""Row and field rules: which rows of a resource a role reaches, and which fields it sees or may change.

A tenant's admins write them; they hold on screens, in REST, search, pickers and counts alike. Where a person has
several roles, the most generous one decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session

from app.data import Record, choice, tags
from app.data import text as text_field
from app.identity.principal import Principal
from app.tenancy.configuration import by_configuration
from app.tenancy.models import ROLE_CHOICES


class AccessRule(Record):
    """For one role on one resource: which rows, which fields."""

    __label__ = "role resource"
    __config__ = True
    __table_args__ = (Index("uq_access_rule_role", "tenant_id", "role", "resource", unique=True),)

    role: Mapped[str] = choice(*ROLE_CHOICES, label=_l("Role"))
    resource: Mapped[str] = text_field(max_length=100, label=_l("Records"), help=_l("For example contacts.contact"))
    row_scope: Mapped[str] = choice(
        ("all", _l("All records")), ("own", _l("Only their own")), default="all", label=_l("Rows")
    )
    hidden: Mapped[list[str]] = tags(label=_l("Hidden fields"))
    readonly: Mapped[list[str]] = tags(label=_l("Read-only fields"))


@dataclass(frozen=True, slots=True)
class Access:
    """What is left for one person on one resource."""

    own_rows_only: bool = False
    hidden: frozenset[str] = frozenset()
    readonly: frozenset[str] = frozenset()


FULL = Access()


def access_of(session: Session, person: Principal | None, resource: str) -> Access:
    """The rules that hold for a person on a resource; none outside a request (jobs and commands act for the tenant)."""
    if person is None or person.tenant is None:
        return FULL
    rules: dict[tuple[str, str], Any] = by_configuration(session, person, "access_rules", _load)
    if not rules:
        return FULL
    mine = [rules.get((role, resource)) for role in person.roles]
    if not mine or None in mine:
        return FULL
    return Access(
        all(rule["own"] for rule in mine),
        frozenset.intersection(*(rule["hidden"] for rule in mine)),
        frozenset.intersection(*(rule["hidden"] | rule["readonly"] for rule in mine)),
    )


def _load(session: Session) -> dict[tuple[str, str], Any]:
    columns = (AccessRule.role, AccessRule.resource, AccessRule.row_scope, AccessRule.hidden, AccessRule.readonly)
    return {
        (role, resource): {"own": scope == "own", "hidden": frozenset(hidden), "readonly": frozenset(readonly)}
        for role, resource, scope, hidden, readonly in session.execute(select(*columns))
    }
