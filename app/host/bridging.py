"""Bridges in one tenant: on by themselves where all that they join is on, read-only or off with the weakest of it.

    plugin = Plugin("crm_payments", title=_l("Payments of leads"), requires=("crm", "stripe_payments"), bridge=True)

What admins decide about a bridge by hand is the most it will be, until they decide otherwise. Archived ones are left
alone. A bridge never stands in the way of its sides: what breaks in one is noted, and the sides are switched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import select

from app.data import current_scope, db, utcnow
from app.host.declarations import FieldError, Plugin
from app.host.registry.installed import Registry
from app.tenancy.models import TenantPlugin

log = logging.getLogger(__name__)
RANK: Mapping[str, int] = {"archived": 0, "off": 0, "read_only": 1, "on": 2}
Tell = Callable[[str, Plugin, TenantPlugin], None]
"""Calls a hook of the life cycle; raises FieldError when the plugin refuses or breaks."""


def weakest_side(known: Registry, bridge: Plugin, states: Mapping[str, str]) -> str:
    """The most that a bridge can be: what the weakest of its sides is."""
    sides = [states.get(name, "off") for name in bridge.requires if name not in known.always_on]
    return _word(min((RANK[state] for state in sides), default=RANK["on"]))


def wanted(known: Registry, bridge: Plugin, states: Mapping[str, str], by_hand: str | None) -> str:
    """What a bridge should be, by the states of its sides and what was decided by hand."""
    most = weakest_side(known, bridge, states)
    return most if by_hand is None else _word(min(RANK[most], RANK[by_hand]))


def _word(rank: int) -> str:
    return ("off", "read_only", "on")[rank]


def standing_on(known: Registry, plugin: str) -> set[str]:
    """The bridges that a plugin carries, those included that stand on such a bridge."""
    return {bridge for bridge, sides in known.sides.items() if plugin in sides}


class Settling:
    """The bridges of the tenant in force, after the states of others have changed: `states` says how all stand, or
    will in a moment. `cause` is the plugin whose switch it is, `refused` gives those that may not come on."""

    def __init__(
        self, known: Registry, states: Mapping[str, str], tell: Tell, refused: Callable[[], Collection[str]],
        cause: str | None = None,
    ) -> None:  # fmt: skip
        self.known, self.states, self.tell, self.refused, self.cause = known, dict(states), tell, refused, cause
        names = [one.name for one in known.bridges]
        found = db.session.scalars(select(TenantPlugin).where(TenantPlugin.plugin_key.in_(names))) if names else ()
        self.rows: dict[str, TenantPlugin] = {row.plugin_key: row for row in found}
        self.failed: list[str] = []
        """Bridges that should have come on and could not."""

    def down(self) -> None:
        """Take back what stands on less than before: the last one first, as dependants go."""
        lower = []
        for bridge in self.known.bridges:
            target = self._target(bridge)
            if RANK[target] < RANK[self._state(bridge)]:
                lower.append((bridge, self._state(bridge), target))
                self.states[bridge.name] = target
        for bridge, before, target in reversed(lower):
            row = self.rows[bridge.name]
            row.state, row.along_with = target, self.cause
            db.session.flush()
            if target == "off" and before != "off":
                self._tell_it_went(bridge, row)

    def up(self) -> None:
        """Bring up what stands on more than before: the first one first. One that cannot be stays as it is."""
        higher = [one for one in self.known.bridges if RANK[self._target(one)] > RANK[self._state(one)]]
        refused = self.refused() if higher else ()
        for bridge in self.known.bridges:  # not of `higher` alone: one that comes on may carry others
            target = self._target(bridge)
            if RANK[target] > RANK[self._state(bridge)] and not self._raise(bridge, target, refused):
                self.failed.append(bridge.name)

    def _raise(self, bridge: Plugin, target: str, refused: Collection[str]) -> bool:
        if bridge.name in refused:
            return False
        before = self._state(bridge)
        try:
            with db.session.begin_nested():
                row = self.rows.get(bridge.name) or TenantPlugin(plugin_key=bridge.name)
                row.state, row.along_with = target, self.cause
                db.session.add(row)
                if before == "off":
                    self.tell("upgrading", bridge, row)
                if target == "on":
                    row.enabled_at, row.enabled_by = utcnow(), current_scope().actor_id
                    self.tell("enabled", bridge, row)
                db.session.flush()
        except FieldError as error:
            go_on_after(error)
            return False
        self.rows[bridge.name], self.states[bridge.name] = row, target
        return True

    def _tell_it_went(self, bridge: Plugin, row: TenantPlugin) -> None:
        try:
            with db.session.begin_nested():
                self.tell("disabled", bridge, row)
        except FieldError as error:
            go_on_after(error)

    def _state(self, bridge: Plugin) -> str:
        return self.states.get(bridge.name, "off")

    def _target(self, bridge: Plugin) -> str:
        """What it should be; an archived one stays as it is, and so does the one that is being switched by hand."""
        row = self.rows.get(bridge.name)
        if bridge.name == self.cause or self._state(bridge) == "archived":
            return self._state(bridge)
        return wanted(self.known, bridge, self.states, row.by_hand if row is not None else None)


def go_on_after(error: FieldError) -> None:
    """What a plugin refused, or broke at, while another thing is done is its own affair, unless the transaction was
    lost with it. Raises FieldError then."""
    if getattr(error.__cause__, "lost", False):
        raise error
    log.warning("A plugin was not switched as it should: %s", error.message)
