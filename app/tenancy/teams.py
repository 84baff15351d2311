"""Whose records a person reaches besides their own: those of people below them, and of their teams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.data import utcnow
from app.tenancy.configuration import by_configuration, configuration_changed
from app.tenancy.hierarchy import below
from app.tenancy.models import Membership, Team, TeamMember

_PLACE: Any = TeamMember  # its columns come from `belongs_to`, which mypy cannot see


class Person(Protocol):
    """Who is asking, as far as teams are concerned."""

    @property
    def tenant(self) -> Any: ...
    @property
    def membership_id(self) -> UUID | None: ...
    @property
    def uid(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class Owners:
    """People whose records somebody reaches: as members of the tenant (owner fields), and as accounts (authors)."""

    members: tuple[UUID, ...]
    accounts: tuple[UUID, ...]


@dataclass(slots=True)
class _Teams:
    """Who is in which team now: (membership, account) by team, and (team, whether they lead it) by membership."""

    people: dict[UUID, list[tuple[UUID, UUID]]] = field(default_factory=dict)
    places: dict[UUID, list[tuple[UUID, bool]]] = field(default_factory=dict)


def owners_within(session: Session, person: Person, *, teams: bool) -> Owners:
    """The person alone; those below them and the members of the teams they lead as well; with `teams`, those of all
    their teams.

    Costs no statement: teams, and who reports to whom, are remembered under the tenant's configuration version.
    """
    if person.membership_id is None:
        return Owners((), (person.uid,))
    known: _Teams = by_configuration(session, person, "teams", _load)
    people = {person.membership_id: person.uid, **below(session, person)}
    for team, leads in known.places.get(person.membership_id, ()):
        if teams or leads:
            people |= known.people[team]
    return Owners(tuple(sorted(people)), tuple(sorted(people.values())))


def _load(session: Session) -> _Teams:
    found = _Teams()
    for team, membership, role, account in session.execute(
        select(_PLACE.team_id, _PLACE.membership_id, TeamMember.role, Membership.account_uid)
        .join(Membership, Membership.id == _PLACE.membership_id)
        .join(Team, Team.id == _PLACE.team_id)
        .where(TeamMember.left_at.is_(None), Team.archived_at.is_(None), Membership.is_active)
    ):
        found.people.setdefault(team, []).append((membership, account))
        found.places.setdefault(membership, []).append((team, role == "lead"))
    return found


def teams_of(membership_id: UUID | None) -> Any:
    """A subquery for the ids of the teams somebody is in now, archived ones too."""
    return select(_PLACE.team_id).where(_PLACE.membership_id == membership_id, TeamMember.left_at.is_(None))


def end_places(places: Iterable[TeamMember]) -> int:
    """Let people leave their teams; what they were stays readable. Returns how many places ended."""
    ending = [place for place in places if place.left_at is None]
    for place in ending:
        place.left_at = utcnow()
    return len(ending)


def leave_all(session: Session, member: Membership) -> None:
    """Who leaves the tenant leaves its teams, at once for every process, whichever session serves it."""
    places = session.scalars(
        select(TeamMember).where(
            TeamMember.tenant_id == member.tenant_id,
            _PLACE.membership_id == member.id,
            TeamMember.left_at.is_(None),
        )
    ).all()
    if end_places(places):
        configuration_changed(session, member.tenant_id)
