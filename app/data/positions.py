"""Where the database stands against what this process has loaded. Asked anew after a while: migrations are run by other
processes too.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from flask import current_app
from sqlalchemy import Connection, text

from app.data import migrate
from app.data.histories import History, is_behind
from app.data.owners import CORE

REMEMBERED, REMEMBERED_BEHIND = 15, 1
"""Seconds. What waits is looked at more often: it is to open soon after its migrations have run."""
EXTENSION = "tenantry.positions"
BY_THE_CLOCK = "tenantry_by_the_clock"
"""The option of statements that are sent whenever a while is over, whoever comes then: no page is charged for them."""
log = logging.getLogger(__name__)
_THERE = text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(:names)")


class Positions:
    """Which histories are behind the revisions that this process knows. A database that is further on counts as there:
    an old process beside it works on, and so does one whose plugin has a newer package on disk."""

    def __init__(self, owner_url: Callable[[], str], histories: Sequence[History]) -> None:
        self._owner_url = owner_url
        self._histories = histories
        self._lock = threading.Lock()
        self._behind: Mapping[str, str] = {}
        self._until, self._moves = 0.0, -1

    def behind(self) -> Mapping[str, str]:
        """The owners that are behind, each with the revision its tables are at; empty text where none ever ran. Raises
        when the database does not answer."""
        if time.monotonic() < self._until and self._moves == len(migrate.MOVED):
            return self._behind
        with self._lock:
            if time.monotonic() >= self._until or self._moves != len(migrate.MOVED):
                self._moves = len(migrate.MOVED)
                self._behind = self._ask()
                self._until = time.monotonic() + (REMEMBERED_BEHIND if self._behind else REMEMBERED)
        return self._behind

    def core_is_behind(self) -> bool:
        return CORE in self.behind()

    def _ask(self) -> Mapping[str, str]:
        with migrate.owner_engine(self._owner_url()).connect() as connection:
            here = where(connection.execution_options(**{BY_THE_CLOCK: True}), self._histories)
        return {one.owner: here[one.owner] for one in self._histories if is_behind(one, here[one.owner])}


def where(connection: Connection, histories: Sequence[History]) -> dict[str, str]:
    """The revision that the tables of each owner are at; empty text for none."""
    tables = {one.version_table: one.owner for one in histories}
    found = {one.owner: "" for one in histories}
    there = connection.execute(_THERE, {"names": list(tables)}).scalars().all()
    if there:
        asked = (f"SELECT '{tables[one]}' AS owner, version_num AS at FROM public.\"{one}\"" for one in sorted(there))
        found |= {row.owner: row.at for row in connection.execute(text(" UNION ALL ".join(asked)))}
    return found


def waiting_plugins() -> Mapping[str, str]:
    """The plugins whose tables are behind their code, in the application at hand. Where that cannot be asked, none:
    what else needs the database will say so."""
    positions: Positions | None = current_app.extensions.get(EXTENSION)
    if positions is None:
        return {}
    try:
        return positions.behind()
    except Exception as error:
        log.warning("where the migrations stand cannot be asked: %s", type(error).__name__)
        return {}
