"""What admins do with members. The rules of roles and sessions are identity's; here they get the words of a screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import inspect, select

from app.data import db, utcnow
from app.host import FieldError
from app.identity.principal import principal
from app.identity.services import IdentityError, remove_member
from app.tenancy.models import ROLES, Membership, MembershipRole


def give_role(rows: Sequence[Membership], role: str, until: datetime | None) -> str:
    """Give each member a role, for ever or until a moment. Nobody gives a role above their own."""
    check_rank(role)
    if until is not None and until <= utcnow():
        raise ValueError(_("“Until” lies in the past."))
    if role == "owner" and until is not None:
        raise ValueError(_("Ownership has no end: leave “Until” empty."))
    for member in rows:
        held = _held(member, role)
        if held is None:
            held = MembershipRole(membership_id=member.id, role=role)
            db.session.add(held)
        held.expires_at = until
        member.is_owner = member.is_owner or role == "owner"
    return ngettext("%(num)s member changed.", "%(num)s members changed.", len(rows))


def take_role(rows: Sequence[Membership], role: str) -> str:
    """Take a role from each member. The last owner keeps theirs."""
    check_rank(role)
    changed = 0
    for member in rows:
        held = _held(member, role)
        if held is None:
            continue
        if role == "owner":
            _keep_one_owner(member)
            member.is_owner = False
        db.session.delete(held)
        changed += 1
    return ngettext("%(num)s member changed.", "%(num)s members changed.", changed)


def remove(rows: Sequence[Membership]) -> str:
    """Remove members from the tenant: their sessions and tokens for it end at once."""
    for member in rows:
        if member.is_owner:
            check_rank("owner")
        try:
            remove_member(member.account_id, member.tenant_id, session=db.session())
        except IdentityError as error:
            raise ValueError(str(error)) from None
        db.session.expire(member)
    return ngettext("%(num)s member removed.", "%(num)s members removed.", len(rows))


def check_superior(row: Any, is_new: bool) -> None:
    """Nobody is put below somebody who has left."""
    superior = db.session.get(Membership, row.reports_to_id) if row.reports_to_id else None
    if superior is not None and not superior.is_active and inspect(row).attrs.reports_to_id.history.has_changes():
        raise FieldError("reports_to", _("This person has left."))


def check_rank(role: str) -> None:
    """Refuse (ValueError) a role above the best one of whoever asks."""
    person = principal()
    if person is None:
        return
    best = min((ROLES.index(name) for name in person.roles if name in ROLES), default=len(ROLES))
    if ROLES.index(role) < best:
        raise ValueError(_("You cannot give or take a role above your own."))


def _keep_one_owner(member: Membership) -> None:
    owners = select(Membership.id).where(Membership.is_owner, Membership.is_active).with_for_update()
    if set(db.session.scalars(owners)) == {member.id}:
        raise ValueError(_("The last owner cannot give up ownership. Make somebody else an owner first."))


def _held(member: Membership, role: str) -> MembershipRole | None:
    statement = select(MembershipRole).where(MembershipRole.membership_id == member.id, MembershipRole.role == role)
    return db.session.scalars(statement).one_or_none()
