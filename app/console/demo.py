"""Two teams for a demo tenant, and who reports to whom, so that “their teams'” and “below” mean something in it."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from app.data import db
from app.tenancy.models import Membership, Team, TeamMember


def fill() -> None:
    """The first member leads sales, with every second of the others; the rest are customer care. All report to
    the first, but for the second, who reports to the third."""
    members = list(db.session.scalars(select(Membership).order_by(Membership.is_owner.desc(), Membership.email)))
    if not members:
        return
    sales = Team(name=_("Sales"), description=_("Wins customers"), privacy="public")
    care = Team(name=_("Customer care"), description=_("Keeps customers"), privacy="private")
    db.session.add_all([sales, care])
    db.session.flush()
    leader, *others = members
    places = [(sales, leader, "lead"), *((sales, one, "member") for one in others[::2])]
    places += [(care, one, "member" if at else "lead") for at, one in enumerate(others[1::2] or members)]
    for at, one in enumerate(others):
        one.reports_to = others[1] if at == 0 and len(others) > 1 else leader
    db.session.add_all(TeamMember(team_id=team.id, membership_id=one.id, role=role) for team, one, role in places)
