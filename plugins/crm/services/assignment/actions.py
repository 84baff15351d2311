"""The buttons: give leads to somebody, let a team take turns, ask the rules, hand everything over, try a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.sdk import FieldError, Member, _, session
from plugins.crm.models import Lead, Stage
from plugins.crm.models.assignment import Assignee, AssignmentRule
from plugins.crm.services import people
from plugins.crm.services.assignment import candidates
from plugins.crm.services.assignment.allocating import by_rules, hand_to, in_turn, owner_of
from plugins.crm.services.assignment.candidates import Candidate
from plugins.crm.services.assignment.rules import Rule, active_rules
from plugins.crm.services.conditions import failing, words_of
from plugins.crm.services.territories.known import known

_LEAD: Any = Lead


def take(rows: Sequence[Lead]) -> None:
    """The person at hand takes leads that nobody has."""
    me = people.my_membership()
    if me is None:
        raise ValueError(_("Only a member can take leads."))
    for lead in rows:
        if owner_of(lead) not in (None, me):
            raise ValueError(_("%(name)s has this lead already.", name=session.get(Member, owner_of(lead))))
    hand_to(rows, me)


def assign(rows: Sequence[Lead], member: UUID) -> str:
    """Give the leads to a member, whatever rules and limits say; the answer mentions what speaks against it."""
    who = present(member)
    changed = hand_to(rows, member)
    said = _("%(count)s leads now belong to %(name)s.", count=changed, name=who.name)
    if who.is_away:
        said += " " + _("They are away at the moment.")
    if who.room is not None and who.room < changed:
        said += " " + _("They have more open leads than they are meant to have.")
    return said


def distribute(rows: Sequence[Lead], team: UUID) -> str:
    """Let the members of a team take turns over the leads."""
    given = in_turn(rows, team)
    if not given:
        raise FieldError("team", _("Nobody in this team can take a lead now."))
    return _given(given, len(rows))


def ask_rules(rows: Sequence[Lead]) -> str:
    """Let the rules find owners for the leads, whoever has them now."""
    if not active_rules():
        raise ValueError(_("There is no active rule yet."))
    return _given(by_rules(rows), len(rows))


def hand_over(rows: Sequence[Assignee], member: UUID | None = None, team: UUID | None = None) -> str:
    """Give all open leads of these people, who may have left, to a member or to a team in turn."""
    if (member is None) == (team is None):
        raise ValueError(_("Choose either a member or a team."))
    leads = open_leads_of([row.member_id for row in rows])  # type: ignore[attr-defined]
    if member is not None:
        return _given(hand_to(leads, present(member).id), len(leads))
    given = in_turn(leads, team)  # type: ignore[arg-type]
    return _given(given, len(leads))


def open_leads_of(members: Sequence[UUID]) -> list[Lead]:
    """The leads of these members that are neither won nor lost nor put aside, the oldest first."""
    wanted = select(Lead).join(Stage, Stage.id == _LEAD.stage_id).where(_LEAD.assigned_to_id.in_(members))
    is_open = (Lead.is_live(), _LEAD.archived_at.is_(None), Stage.kind == "open")
    return list(session.scalars(wanted.where(*is_open).order_by(Lead.id)))


def try_rule(rows: Sequence[AssignmentRule], lead: UUID) -> str:
    """Say what the rules would do with a lead, without doing it."""
    tried = session.get_one(Lead, lead)
    [row] = rows
    rule = Rule.of(row)
    failed = [words_of(one) for one in failing(tried, rule.conditions)]
    if failed:
        return _("No match for “%(lead)s”: %(conditions)s.", lead=tried, conditions="; ".join(failed))
    able = _able(rule, tried)
    if not able:
        return _("It matches “%(lead)s”, but nobody can take it now.", lead=tried)
    first = next((one for one in active_rules() if one.matches(tried) and _able(one, tried)), rule)
    if first.id != rule.id:
        return _("It matches “%(lead)s”, but “%(rule)s” comes first.", lead=tried, rule=first.name)
    return _(
        "It matches “%(lead)s”. Who can take it: %(names)s.", lead=tried, names=", ".join(one.name for one in able)
    )


def _able(rule: Rule, lead: Any) -> list[Candidate]:
    if rule.is_territorial:
        groups = (candidates.of_members(one.members) for one in known().way(lead.territory_id))
        return next((able for group in groups if (able := [one for one in group if one.can_take])), [])
    found = candidates.of_team(rule.team_id) if rule.team_id else candidates.of_members(filter(None, [rule.member_id]))
    return [one for one in found if one.can_take]


def present(member: UUID) -> Candidate:
    """The member as somebody to give leads to. Raises FieldError when they have left."""
    found = candidates.of_members([member])
    if not found:
        raise FieldError("member", _("This person has left."))
    return found[0]


def _given(given: int, asked: int) -> str:
    said = _("%(count)s leads have new owners.", count=given)
    return said if given == asked else said + " " + _("Left as they are: %(count)s.", count=asked - given)
