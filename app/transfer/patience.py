"""Work on a whole file is one long statement or one long transaction: the time limits of requests do not fit it."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_UNHURRIED = text(
    "SELECT set_config(name, '0', true)"
    " FROM unnest(ARRAY['statement_timeout', 'idle_in_transaction_session_timeout']) AS name"
)


def take_time(session: Session) -> None:
    """No time limit for the transaction that is under way; jobs have limits of their own."""
    session.execute(_UNHURRIED)
