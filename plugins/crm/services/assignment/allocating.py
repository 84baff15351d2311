"""Giving leads out in turn and by rules: what one transaction needs for it is read once, however many leads it has.

The first lead of a transaction locks the tenant's turns, so two transactions give out one after the other; the turns
are stored before it commits. A rollback takes all of it back. (By-hand assignments lock nothing.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.sdk import session
from plugins.crm.models import Lead
from plugins.crm.services.assignment import candidates
from plugins.crm.services.assignment.candidates import Candidate
from plugins.crm.services.assignment.rules import Rule, active_rules
from plugins.crm.services.assignment.turns import Credits, lock_turns, next_turn, store_turns
from plugins.crm.services.territories.known import Node, known

INFO = "crm.assignment"


@dataclass(frozen=True, slots=True)
class Origin:
    """How a lead came to its owner; `rule` when one chose them."""

    way: str
    rule: UUID | None = None


Mark = tuple[dict[str, Credits] | None, dict[UUID, int | None], set[UUID]]
"""What a savepoint may come back to: the turns, the room of members, and the groups that were read."""


@dataclass
class Allocation:
    """What one transaction gives out. `origins`, `owners` and `is_doubtful` are for those who are told (`telling`)."""

    origins: dict[UUID, Origin] = field(default_factory=dict)
    owners: dict[UUID, tuple[UUID | None, UUID | None]] = field(default_factory=dict)
    """Of leads that changed hands: whose they were when the transaction began, and whose they are."""
    is_doubtful: bool = False
    """Whether a savepoint was rolled back, and perhaps a change of owner with it."""
    _groups: dict[UUID, list[Candidate]] = field(default_factory=dict)
    _members: dict[UUID, Candidate] = field(default_factory=dict)
    _turns: dict[str, Credits] | None = None
    _marks: dict[object, Mark] = field(default_factory=dict)

    def by_rules(self, lead: Lead) -> tuple[Rule, UUID] | None:
        """The first rule that matches and has somebody who can take the lead, and whom it gives it to."""
        for rule in active_rules():
            member = self._member_for(rule, lead) if rule.matches(lead) else None
            if member is not None:
                return rule, member
        return None

    def _member_for(self, rule: Rule, lead: Any) -> UUID | None:
        if not rule.is_territorial:
            return self.take(rule.team_id, rule.member_id)
        around = known().way(lead.territory_id)
        return next((found for one in around if (found := self._turn_in_territory(one)) is not None), None)

    def take(self, team_id: UUID | None, member_id: UUID | None = None) -> UUID | None:
        """The member, or whose turn it is in the team; None when nobody can take a lead."""
        if team_id is not None:
            return self._turn(team_id, lambda: candidates.of_team(team_id))
        self._lock()
        chosen = next((one for one in self._single(member_id) if one.can_take), None)
        if chosen is None:
            return None
        chosen.take()
        return chosen.id

    def _turn_in_territory(self, territory: Node) -> UUID | None:
        """Whose turn it is among the members of a territory."""
        return self._turn(territory.id, lambda: candidates.of_members(territory.members))

    def _turn(self, group_id: UUID, read: Callable[[], list[Candidate]]) -> UUID | None:
        """Whose turn it is in a group, a team or a territory."""
        turns = self._lock()
        able = {one.id: one for one in self._group(group_id, read) if one.can_take}
        if not able:
            return None
        chosen = next_turn(turns.setdefault(group_id.hex, {}), {key: one.share for key, one in able.items()})
        able[chosen].take()
        return chosen

    def _lock(self) -> dict[str, Credits]:
        """The turns, which are this transaction's alone from now on."""
        if self._turns is None:
            self._turns = lock_turns()
        return self._turns

    def _group(self, group_id: UUID, read: Callable[[], list[Candidate]]) -> list[Candidate]:
        """Somebody in two groups is one candidate, whose room shrinks in both."""
        if group_id not in self._groups:
            self._groups[group_id] = [self._members.setdefault(one.id, one) for one in read()]
        return self._groups[group_id]

    def _single(self, member_id: UUID | None) -> Iterator[Candidate]:
        if member_id is not None and member_id not in self._members:
            self._members |= {one.id: one for one in candidates.of_members([member_id])}
        if member_id in self._members:
            yield self._members[member_id]

    def mark(self, savepoint: object) -> None:
        """Remember how things stand when a savepoint begins."""
        turns = None if self._turns is None else {group: dict(known) for group, known in self._turns.items()}
        self._marks[savepoint] = turns, {key: one.room for key, one in self._members.items()}, set(self._groups)

    def release(self, savepoint: object) -> None:
        """A savepoint is over."""
        self._marks.pop(savepoint, None)

    def take_back(self, savepoint: object) -> None:
        """What was given out since a savepoint began was not: nobody had a turn. A lock that was taken since is gone
        with it, and so is what was read behind it."""
        self._turns, rooms, groups = self._marks.pop(savepoint, (None, {}, set()))
        self._members = {key: replace(one, room=rooms[key]) for key, one in self._members.items() if key in rooms}
        self._groups = {
            key: [self._members[one.id] for one in several] for key, several in self._groups.items() if key in groups
        }

    def knows(self, member_id: UUID | None) -> bool:
        """Whether it was read that this member works here."""
        return member_id in self._members

    def store(self) -> None:
        """Keep the turns that were taken."""
        if self._turns is not None:
            turns, self._turns = self._turns, None
            store_turns(turns)


def allocation() -> Allocation:
    """What the transaction in hand has given out so far."""
    found: Allocation = session().info.setdefault(INFO, Allocation())
    return found


def owner_of(lead: Any) -> UUID | None:
    """The member a lead belongs to."""
    found: UUID | None = lead.assigned_to_id
    return found


def claim_new(lead: Lead) -> None:
    """Find an owner for a lead that comes without one, by the tenant's rules; without a rule for it, it has none."""
    if owner_of(lead) is None:
        by_rules([lead])


def by_rules(leads: Iterable[Lead]) -> int:
    """Give leads out by the rules. Returns how many found somebody."""
    given = 0
    for lead in leads:
        found = allocation().by_rules(lead)
        if found is not None:
            rule, member = found
            _give(lead, member, Origin("rule", rule.id))
            given += 1
    return given


def in_turn(leads: Iterable[Lead], team_id: UUID) -> int:
    """Give leads to the members of a team in turn. Returns how many; it ends when nobody can take another one."""
    given = 0
    for lead in leads:
        member = allocation().take(team_id)
        if member is None:
            break
        _give(lead, member, Origin("turn"))
        given += 1
    return given


def whose_turn(team_id: UUID) -> UUID | None:
    """The member of a team who gets the lead that is about to be made; None when nobody can take one."""
    return allocation().take(team_id)


def came_in_turn(lead: Lead) -> None:
    """A new lead was given to the member whose turn it was."""
    allocation().origins[lead.id] = Origin("turn")


def hand_to(leads: Iterable[Lead], member_id: UUID) -> int:
    """Make a member the owner of leads. Returns how many were somebody else's before."""
    changing = [lead for lead in leads if owner_of(lead) != member_id]
    for lead in changing:
        _give(lead, member_id, Origin("hand"))
    return len(changing)


def _give(lead: Any, member_id: UUID, origin: Origin) -> None:
    lead.assigned_to_id = member_id
    allocation().origins[lead.id] = origin
