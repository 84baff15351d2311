"""The buttons: find territories anew, give leads back to the rules, try a rule, put a territory into the archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.sdk import _, session, utcnow
from plugins.crm.models import Lead, Territory, TerritoryRule
from plugins.crm.services.conditions import failing, with_details, words_of
from plugins.crm.services.territories.finding import find, give_back, place
from plugins.crm.services.territories.known import Rule, known

_LEAD: Any = Lead


def find_anew(rows: Sequence[Any]) -> str:
    """Let the rules look at the leads again; those whose territory somebody chose stay."""
    territories = known()
    free = [lead for lead in rows if not lead.territory_by_hand]
    moved = sum(place(lead, territories) for lead in with_details(free, territories.details))
    said = _("%(count)s leads have another territory.", count=moved)
    chosen = len(rows) - len(free)
    return said + (" " + _("Left, because somebody chose: %(count)s.", count=chosen) if chosen else "")


def to_the_rules(rows: Sequence[Any]) -> str:
    """Let the rules say where the leads belong, although somebody chose."""
    territories = known()
    for lead in with_details(rows, territories.details):
        give_back(lead, territories)
    if len(rows) > 1:
        return _("The rules decide about %(count)s leads again.", count=len(rows))
    path = territories.path(rows[0].territory_id)
    return _("By the rules it belongs to “%(name)s”.", name=path) if path else _("No rule finds a territory for it.")


def is_by_hand(lead: Any) -> bool:
    """Did somebody choose its territory?"""
    return bool(lead.territory_by_hand)


def try_rule(rows: Sequence[TerritoryRule], lead: UUID) -> str:
    """Say what the rules would do with a lead, without doing it."""
    tried: Any = session.get_one(Lead, lead)
    territories, rule = known(), Rule.of(rows[0])
    failed = [words_of(one) for one in failing(tried, rule.conditions)]
    if failed:
        return _("No match for “%(lead)s”: %(conditions)s.", lead=tried, conditions="; ".join(failed))
    found = find(tried, territories)
    if found == rule.territory_id:
        said = _("It matches “%(lead)s”, which belongs to “%(name)s”.", lead=tried, name=territories.path(found))
    elif found is None:
        said = _("It matches “%(lead)s”, but it is not at work: the rule is switched off or its territory archived.",
                 lead=tried)  # fmt: skip
    else:
        path = territories.path(found)
        said = _("It matches “%(lead)s”, but “%(name)s” is more specific and comes first.", lead=tried, name=path)
    return said + (
        " " + _("Somebody chose another territory for it, and that stays.") if tried.territory_by_hand else ""
    )


def archive(rows: Sequence[Any]) -> str:
    """Out of sight: no lead comes any more, by rule or hand. Those it has stay, and so does who reaches them."""
    below = known().nodes.values()
    for row in rows:
        kept = [one.name for one in below if one.above == row.id and not one.is_archived]
        if kept:
            words = _("“%(name)s” has territories below it: %(names)s.", name=row.name, names=", ".join(sorted(kept)))
            raise ValueError(words + " " + _("Archive them first, or make them part of another one."))
        row.archived_at = row.archived_at or utcnow()
    left = count_leads([row.id for row in rows])
    if not left:
        return _("Archived.")
    return _("Archived. %(count)s leads stay there; give them to the rules by finding territories anew.", count=left)


def count_leads(ids: Sequence[UUID]) -> int:
    """The leads of these territories that are not in the trash."""
    mine = select(func.count()).select_from(Lead).where(_LEAD.territory_id.in_(ids), Lead.is_live())
    return session.scalar(mine) or 0


def is_at_work(row: Territory) -> bool:
    """Is it out of the archive?"""
    return row.archived_at is None  # type: ignore[attr-defined, no-any-return]
