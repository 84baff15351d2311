"""Teams on screens: who may see them, who is in them, and what admins do with them.

Owners and admins make teams and fill them, because a team widens what its members reach and may give them a role.
A secret team is there for its members and the tenant's owners alone: for anybody else there is no such row, in lists,
searches and counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from flask_babel import ngettext
from sqlalchemy import inspect, or_, select

from app.console.members import check_rank
from app.console.roles import check_role
from app.data import Field, belongs_to, db, utcnow
from app.host import Action, FieldError, Related, Resource
from app.identity.principal import Principal, principal
from app.tenancy.models import Membership, Team, TeamMember
from app.tenancy.teams import end_places, teams_of

_PLACE: Any = TeamMember  # its columns come from `belongs_to`, which mypy cannot see
_KEEPERS = "read create update export"
_READERS = {"owner": _KEEPERS, "admin": _KEEPERS, "manager": "read", "agent": "read", "viewer": "read"}
_ROLE = TeamMember.__fields__["role"]


def team() -> Resource:
    return Resource(
        Team,
        title=_l("Team"),
        plural=_l("Teams"),
        list="name description privacy gives_role archived_at created_at",
        form="name description privacy gives_role",
        search="name description",
        sort="name",
        verbs=_KEEPERS,
        grants=_READERS,
        row_rule=visible_teams,
        before_save=check_team,
        related=(Related(TeamMember, "team", _l("Members")),),
        actions=(
            Action(
                "archive", _lp("what to do", "Archive"), archive, roles=(), icon="box",
                applies=lambda row: row.archived_at is None,
                confirm=_l("Its members no longer reach each other's records through it. It can be taken back."),
            ),
            Action(
                "unarchive", _l("Take back from the archive"), unarchive, roles=(), icon="restore",
                applies=lambda row: row.archived_at is not None,
            ),
        ),
        custom_fields=False,
        icon="users",
        order=12,
    )  # fmt: skip


def team_member() -> Resource:
    return Resource(
        TeamMember,
        title=_l("Place in a team"),
        plural=_l("Places in teams"),
        list="team membership role created_at left_at",
        form="team membership role",
        verbs=_KEEPERS,
        grants=_READERS,
        row_rule=visible_places,
        before_save=check_place,
        actions=(
            Action(
                "leave", _l("Take out of the team"), leave, roles=(), danger=True, icon="out",
                applies=lambda row: row.left_at is None,
            ),
        ),
        menu=False,
        custom_fields=False,
        icon="users",
    )  # fmt: skip


def add_to_team_action() -> Action:
    """For the list of members: several at once into one team."""
    return Action(
        "add_to_team", _l("Add to a team"), add_to_team, roles=(), icon="users",
        parameters={"team": belongs_to(Team, required=True, label=_l("Team")), "role": _role_parameter()},
    )  # fmt: skip


def _role_parameter() -> Field:
    return Field("choice", label=_ROLE.label, choices=_ROLE.choices, default="member", required=True)


def visible_teams(person: Principal) -> Any:
    """All but the secret teams that the person is not in; the tenant's owners see those too, or nobody could mend
    them."""
    if "owner" in person.roles:
        return None
    return or_(Team.privacy != "secret", Team.id.in_(teams_of(person.membership_id)))


def visible_places(person: Principal) -> Any:
    """Who is in a private team is for its members and for those who keep teams; a secret team is hidden with all its
    places because they are part of it."""
    if person.may("console.team_member", "create"):
        return None
    public = select(Team.id).where(Team.privacy == "public")
    return or_(_PLACE.team_id.in_(public), _PLACE.team_id.in_(teams_of(person.membership_id)))


def check_team(row: Any, is_new: bool) -> None:
    """Nobody gives a team a role above their own, nor takes one from it; and nobody loses sight of their team."""
    check_role(row, "gives_role")
    for role in {row.gives_role, *inspect(row).attrs.gives_role.history.deleted} - {None}:
        _check_rank("gives_role", role)
    keep_in_sight(row, is_new)


def keep_in_sight(row: Any, is_new: bool) -> None:
    """Whoever makes a team secret leads it, unless they are in it: they would lose sight of it."""
    person = principal()
    if row.privacy != "secret" or person is None or person.membership_id is None or "owner" in person.roles:
        return
    if is_new or not any(one.membership_id == person.membership_id and one.left_at is None for one in row.members):
        row.members.append(TeamMember(membership_id=person.membership_id, role="lead"))


def check_place(row: Any, is_new: bool) -> None:
    """Only who belongs to the tenant now gets a place, once, and only in a team that is at work."""
    if not is_new:
        return
    home = db.session.get(Team, row.team_id) if row.team_id else None
    if home is not None and home.archived_at is not None:
        raise FieldError("team", _("This team is archived."))
    if home is not None:
        _check_rank("team", home.gives_role)
    member = db.session.get(Membership, row.membership_id) if row.membership_id else None
    if member is not None and not member.is_active:
        raise FieldError("membership", _("This person has left."))
    if home is not None and member is not None and _present(home.id).get(member.id) not in (None, row):
        raise FieldError("membership", _("This person is in the team already."))


def add_to_team(rows: Sequence[Membership], team: UUID, role: str) -> str:
    """Give each member a place; who is in the team already gets the role."""
    home = db.session.get_one(Team, team)
    if home.archived_at is not None:
        raise FieldError("team", _("This team is archived."))
    _check_rank("team", home.gives_role)
    present = _present(team)
    for member in rows:
        if not member.is_active:
            raise ValueError(_("“%(name)s” has left.", name=member.name))
        if member.id in present:
            present[member.id].role = role
        else:
            db.session.add(TeamMember(team_id=team, membership_id=member.id, role=role))
    return ngettext("%(num)s member changed.", "%(num)s members changed.", len(rows))


def leave(rows: Sequence[TeamMember]) -> str:
    """End these places; the rows stay as history."""
    for place in rows:
        _check_rank("team", place.team.gives_role)
    return ngettext("%(num)s member changed.", "%(num)s members changed.", end_places(rows))


def archive(rows: Sequence[Team]) -> str:
    """Put teams aside: they give no reach and no role, and take nobody in."""
    for row in rows:
        _check_rank("gives_role", row.gives_role)
        row.archived_at = row.archived_at or utcnow()
    return ngettext("%(num)s team changed.", "%(num)s teams changed.", len(rows))


def unarchive(rows: Sequence[Team]) -> str:
    """Bring teams back, and with them the roles they give."""
    for row in rows:
        _check_rank("gives_role", row.gives_role)
        row.archived_at = None
    return ngettext("%(num)s team changed.", "%(num)s teams changed.", len(rows))


def _check_rank(field: str, role: str | None) -> None:
    """Whoever changes who has a role through a team needs that role, or a higher one, as for giving it by itself."""
    if role is None:
        return
    try:
        check_rank(role)
    except ValueError as refusal:
        raise FieldError(field, str(refusal)) from None


def _present(team_id: UUID) -> dict[UUID, TeamMember]:
    """The places of a team that are held now, by member."""
    held = select(TeamMember).where(_PLACE.team_id == team_id, TeamMember.left_at.is_(None))
    return {place.membership_id: place for place in db.session.scalars(held)}  # type: ignore[attr-defined]
