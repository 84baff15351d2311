"""What is refused before rules, shares and absences are saved."""

from __future__ import annotations

from typing import Any

from app.sdk import FieldError, Member, Team, _, session


def check_rule(rule: Any, is_new: bool) -> None:
    """One target, which is at work; a rule that is switched off may be unfinished."""
    targets = [one for one in (rule.team_id, rule.member_id, rule.is_territorial or None) if one is not None]
    if len(targets) > 1 or (rule.is_active and not targets):
        raise FieldError("team", _("Choose either a team, a member or the lead's territory."))
    team = session.get(Team, rule.team_id) if rule.team_id else None
    if team is not None and team.archived_at is not None:
        raise FieldError("team", _("This team is archived."))
    _check_member(rule.member_id)


def check_assignee(row: Any, is_new: bool) -> None:
    """Only who belongs to the tenant takes leads. The row is called like the member."""
    if is_new:
        _check_member(row.member_id)
    member = session.get(Member, row.member_id) if row.member_id else None
    row.name = member.name if member is not None else ""


def check_absence(row: Any, is_new: bool) -> None:
    """It ends after it began. One without a reason is called what it is."""
    if is_new and not row.reason:
        row.reason = _("Away")
    if row.starts_at is not None and row.ends_at is not None and row.starts_at >= row.ends_at:
        raise FieldError("ends_at", _("The end must come after the beginning."))


def _check_member(member_id: Any) -> None:
    member = session.get(Member, member_id) if member_id else None
    if member is not None and not member.is_active:
        raise FieldError("member", _("This person has left."))
