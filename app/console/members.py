"""What admins do with members. The rules of roles and sessions are identity's; here they get the words of a screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import inspect, literal, or_, select, union_all

from app.console.roles import best_rank, is_given_here, rank
from app.data import db, utcnow
from app.features import can
from app.host import FieldError
from app.identity.locale import listed
from app.identity.principal import principal
from app.identity.services import IdentityError, remove_member
from app.tenancy.models import EVERY_ROLE, Membership, MembershipRole, Team, TeamMember

_HELD: Any = MembershipRole  # their columns come from `belongs_to`, which mypy cannot see
_PLACE: Any = TeamMember
_GONE = "left"


def give_role(rows: Sequence[Membership], role: str, until: datetime | None) -> str:
    """Give each member a role, for ever or until a moment. Nobody gives a role above their own."""
    check_rank(role)
    if not is_given_here(role):
        raise FieldError("role", _("The plugin of this role is not switched on here."))
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


def roles_of(ids: Collection[UUID]) -> dict[UUID, str]:
    """What each of these members is here, as far as the reader may know roles: those held now, by themselves or through
    a team; or that they have left."""
    words = {**{one.value: one.words_here for one in EVERY_ROLE}, _GONE: _("Has left")}
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = {(member, role) for member, role in db.session.execute(_what_they_are(ids))}
    known = [row for row in rows if row[1] in words]
    for member, role in sorted(known, key=lambda row: [*words].index(row[1])):
        found[member].append(words[role])
    return {one: listed(roles) for one, roles in found.items()}


def _what_they_are(ids: Collection[UUID]) -> Any:
    gone = select(Membership.id, literal(_GONE)).where(Membership.id.in_(ids), ~Membership.is_active)
    if not can("console.member_role", "read"):
        return gone
    held = select(_HELD.membership_id, MembershipRole.role).where(_HELD.membership_id.in_(ids))
    held = held.where(or_(MembershipRole.expires_at.is_(None), MembershipRole.expires_at > utcnow()))
    given = select(_PLACE.membership_id, Team.gives_role).join(Team, Team.id == _PLACE.team_id)
    given = given.where(_PLACE.membership_id.in_(ids), TeamMember.left_at.is_(None))
    given = given.where(Team.archived_at.is_(None), Team.gives_role.is_not(None))
    return union_all(gone, held, given)


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
    if rank(role) < best_rank(person):
        raise ValueError(_("You cannot give or take a role above your own."))


def _keep_one_owner(member: Membership) -> None:
    owners = select(Membership.id).where(Membership.is_owner, Membership.is_active).with_for_update()
    if set(db.session.scalars(owners)) == {member.id}:
        raise ValueError(_("The last owner cannot give up ownership. Make somebody else an owner first."))


def _held(member: Membership, role: str) -> MembershipRole | None:
    statement = select(MembershipRole).where(MembershipRole.membership_id == member.id, MembershipRole.role == role)
    return db.session.scalars(statement).one_or_none()
