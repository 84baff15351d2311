"""Who can take a lead now: members at work, with a share, who have not as many open leads as they may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, select

from app.sdk import Member, Team, TeamMember, session, utcnow
from plugins.crm.models import Lead, Stage
from plugins.crm.models.assignment import Absence, Assignee

_ABSENCE: Any = Absence  # columns that come from `belongs_to`, which mypy cannot see
_ASSIGNEE: Any = Assignee
_LEAD: Any = Lead
_PLACE: Any = TeamMember


@dataclass(slots=True)
class Candidate:
    """A member and what stands in the way of a lead for them. `room` is None where nothing limits them."""

    id: UUID
    name: str
    share: int
    is_away: bool
    room: int | None

    @property
    def can_take(self) -> bool:
        return self.share > 0 and not self.is_away and (self.room is None or self.room > 0)

    def take(self) -> None:
        if self.room is not None:
            self.room -= 1


def of_team(team_id: UUID) -> list[Candidate]:
    """The members of a team that is at work; one statement."""
    places = select(_PLACE.membership_id).join(Team, Team.id == _PLACE.team_id)
    present = places.where(_PLACE.team_id == team_id, TeamMember.left_at.is_(None), Team.archived_at.is_(None))
    return _read(Member.id.in_(present))


def of_members(ids: Iterable[UUID]) -> list[Candidate]:
    """These members, as far as they have not left."""
    return _read(Member.id.in_(list(ids)))


def _read(who: ColumnElement[bool]) -> list[Candidate]:
    now = utcnow()
    away = select(Absence.id).where(_ABSENCE.member_id == Member.id, Absence.starts_at <= now, Absence.ends_at > now)
    room = case((Assignee.most.is_not(None), Assignee.most - _open_leads()))
    rows = session.execute(
        select(Member.id, Member.name, func.coalesce(Assignee.weight, 1), away.exists(), room)
        .outerjoin(Assignee, _ASSIGNEE.member_id == Member.id)
        .where(who, Member.is_active)
        .order_by(Member.id)
    )
    return [Candidate(*row) for row in rows]


def _open_leads() -> ScalarSelect[int]:
    """How many leads in open stages a member has; asked only where there is a limit."""
    mine = select(func.count()).select_from(Lead).join(Stage, Stage.id == _LEAD.stage_id)
    is_open = and_(Lead.is_live(), _LEAD.archived_at.is_(None), Stage.kind == "open")
    return mine.where(_LEAD.assigned_to_id == Member.id, is_open).correlate(Member).scalar_subquery()
