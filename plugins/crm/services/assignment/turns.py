"""Taking turns by shares: exact over every round, evenly mixed, and never two at the same turn.

Smooth weighted round robin: at every turn each candidate's credit grows by their share; the highest one gets the lead
and pays the sum of all shares. Of six leads with shares 1, 2 and 3 they get one, two and three, whatever the order of
requests. Whoever is away keeps their credit and neither gains nor owes anything meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.sdk import current_tenant_id, session
from plugins.crm.models.assignment import Rotation

Credits = dict[str, int]
"""Credit by the hexadecimal id of a member."""


def next_turn(known: Credits, shares: Mapping[UUID, int]) -> UUID:
    """Whose turn it is, among members with a share of at least 1; moves the credits on. Ties go to the lower id."""
    for member, share in shares.items():
        known[member.hex] = known.get(member.hex, 0) + share
    chosen = max(sorted(shares), key=lambda member: known[member.hex])
    known[chosen.hex] -= sum(shares.values())
    return chosen


def lock_turns() -> dict[str, Credits]:
    """The tenant's turns by team. One statement makes the row, locks it to the end of the transaction, and reads what
    the transaction before it left."""
    row = insert(Rotation).values(tenant_id=current_tenant_id(), turns={})
    row = row.on_conflict_do_update(index_elements=["tenant_id"], set_={"turns": Rotation.turns})
    found: dict[str, Any] = session.scalars(row.returning(Rotation.turns)).one()
    return found


def store_turns(turns: Mapping[str, Credits]) -> None:
    """Keep the turns for the next transaction."""
    session.execute(update(Rotation).values(turns=dict(turns)).execution_options(synchronize_session=False))
