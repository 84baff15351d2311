"""Where a lead belongs: asked whenever it is saved with something that the rules look at, unless somebody chose."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import inspect

from app.sdk import FieldError, _
from plugins.crm.services.conditions import failing
from plugins.crm.services.territories.known import Territories, known

FOUND = "territory_found"
"""Where a lead that is being saved keeps what the rules said, so that it is not taken for somebody's choice."""


def settle(lead: Any, is_new: bool) -> None:
    """Before a lead is saved: note that somebody chose its territory, or let the rules find one. Raises FieldError for
    one that takes no leads any more."""
    was_chosen = _was_chosen(lead, is_new)
    if was_chosen:
        lead.territory_by_hand = lead.territory_id is not None
    territories = known()
    if was_chosen and lead.territory_by_hand:
        node = territories.nodes.get(lead.territory_id)
        if node is not None and node.is_archived:
            raise FieldError("territory", _("“%(name)s” is archived and takes no more leads.", name=node.name))
    elif not lead.territory_by_hand and (is_new or was_chosen or _has_changed(lead, territories)):
        place(lead, territories)


def place(lead: Any, territories: Territories) -> bool:
    """Put the lead where the rules say. Returns whether that is another territory."""
    found = find(lead, territories)
    has_moved = lead.territory_id != found
    if has_moved:
        lead.territory_id = found
    lead.__dict__[FOUND] = found
    return has_moved


def find(lead: Any, territories: Territories) -> UUID | None:
    """The territory of the most specific rule that the lead meets; None without one."""
    for rule in territories.rules:
        if not failing(lead, rule.conditions):
            return rule.territory_id
    return None


def give_back(lead: Any, territories: Territories) -> bool:
    """Let the rules say where a lead belongs, whoever chose. Returns whether that is another territory."""
    lead.territory_by_hand = False
    return place(lead, territories)


def _was_chosen(lead: Any, is_new: bool) -> bool:
    """Whether somebody says another territory than the one that is stored, or that the rules found just now."""
    if FOUND in lead.__dict__ and lead.__dict__[FOUND] == lead.territory_id:
        return False
    if is_new:
        return lead.territory_id is not None
    return bool(inspect(lead).attrs.territory_id.history.has_changes())


def _has_changed(lead: Any, territories: Territories) -> bool:
    attributes = inspect(lead).attrs
    return any(attributes[name].history.has_changes() for name in territories.inputs)
